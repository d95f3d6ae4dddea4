"""What every change of the directory has in common: a model, what it is about, and by whose signature it is made."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from schemas.codes import codes
from schemas.errors import IdentityError
from schemas.identity import check_name

Signers = Literal["two", "one", "agency", "own"]
"""Two administrators; one; the agency by its old key; one administrator or the agency by any key of its own."""


def _name(value: str) -> str:
    try:
        return check_name("entry", value)
    except IdentityError as error:
        raise ValueError(str(error)) from error


def agency_type(value: str) -> str:
    """Check a type of agency.

    Raises:
        ValueError: it is none of the list.
    """
    if value not in codes("agency_type"):
        raise ValueError(f"agency type {value} is not one of {', '.join(sorted(codes('agency_type')))}")
    return value


Name = Annotated[str, AfterValidator(_name)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
KeyName = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Moment = Annotated[int, Field(ge=0, lt=2**53)]


class Command(BaseModel):
    """A change. Its entry is what the record's key names."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    kind: ClassVar[str]
    signers: ClassVar[Signers] = "two"
    closed: ClassVar[bool] = False
    """Whether it goes to `ionics.directory-closed`."""

    about: ClassVar[tuple[str, str]]
    """What it is about: the beginning of the entry's id, and the field that ends it."""

    act_id: str | None = None

    @property
    def entry_id(self) -> str:
        """What it is about, such as ``agency:nzl-customs``."""
        beginning, name = self.about
        return f"{beginning}:{getattr(self, name)}"

    def body(self) -> dict[str, Any]:
        """The command as it is signed, without what is not given."""
        return self.model_dump(mode="json", exclude_none=True)
