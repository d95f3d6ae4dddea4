"""What can be changed in the directory, and by whose signature: one model a kind.

The command of an act is canonical JSON of one of these. `act_id` is random: a signed step counts once, so the same
change made again later is signed anew.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from schemas.directory.command import Command, Hex32, KeyName, Label, Moment, Name, agency_type
from schemas.directory.entries import OPEN_RIGHTS, RIGHTS
from schemas.directory.subscribing import SubscriptionEnd, SubscriptionSet, WebhookHostsSet
from schemas.keys import key_id


class _OfAgency(Command):
    about = ("agency", "agency_id")
    agency_id: Name


class AgencyAdd(_OfAgency):
    """A new agency; international organisations, the secretariat and others may have no country."""

    kind = "AGENCY_ADD"
    name: Label
    agency_type: Annotated[str, AfterValidator(agency_type)]
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None


class AgencyRemove(_OfAgency):
    """The agency leaves: its keys are revoked, its focal points see nothing; what it reported stays."""

    kind = "AGENCY_REMOVE"


class AgencySuspend(_OfAgency):
    """The agency neither publishes nor sees, until two restore it."""

    kind = "AGENCY_SUSPEND"
    signers = "one"


class AgencyRestore(_OfAgency):
    """Undoes a suspension."""

    kind = "AGENCY_RESTORE"


class _OfKey(Command):
    about = ("key", "key_id")
    key_id: KeyName


class _WithPublic(_OfKey):
    public: Hex32

    def model_post_init(self, _: object) -> None:
        """A key is named by its own hash.

        Raises:
            ValueError: it is named otherwise.
        """
        if key_id(bytes.fromhex(self.public)) != self.key_id:
            raise ValueError("key_id is not the name of this public key")


class KeyRegister(_WithPublic):
    """A first, a recovery or a gateway key of an agency. With a gateway key the HTTP API signs for the agency."""

    kind = "KEY_REGISTER"
    agency_id: Name
    end_ms: Moment | None = None
    use: Literal["agency", "gateway"] = "agency"


class KeyRotate(_WithPublic):
    """A new key of an agency, signed by its old one, which ends."""

    kind = "KEY_ROTATE"
    signers = "agency"
    agency_id: Name


class KeyRevoke(_OfKey):
    """The key is good no more. Events admitted under it since it was compromised are in doubt; none is removed."""

    kind = "KEY_REVOKE"
    signers = "one"
    compromised_since_ms: Moment | None = None


class KeyRestore(_OfKey):
    """Undoes a revocation."""

    kind = "KEY_RESTORE"


class AdministratorAdd(_WithPublic):
    """A new administrator."""

    kind = "ADMINISTRATOR_ADD"
    about = ("administrator", "key_id")


class AdministratorRemove(_OfKey):
    """One administrator less; two always remain."""

    kind = "ADMINISTRATOR_REMOVE"
    about = ("administrator", "key_id")


class GroupSet(Command):
    """A group of agencies, with the members that it has from now on."""

    kind = "GROUP_SET"
    signers = "one"
    closed = True
    group_id: Name
    name: Label
    about = ("group", "group_id")
    members: Annotated[list[Name], Field(max_length=1_000)]


class OperationSet(Command):
    """A time-bound joint operation."""

    kind = "OPERATION_SET"
    signers = "one"
    closed = True
    operation_id: Name
    name: Label
    about = ("operation", "operation_id")
    start_ms: Moment | None = None
    end_ms: Moment | None = None


class _OfFocalPoint(Command):
    closed = True
    about = ("focal-point", "focal_point_id")
    focal_point_id: Name


class FocalPointSet(_OfFocalPoint):
    """A focal point with its agency, role, identity and the rights that one administrator may give.

    Rights that need two administrators are lost by it: whoever they were granted to may be another person now.
    """

    kind = "FOCAL_POINT_SET"
    signers = "one"
    agency_id: Name
    role: Label
    issuer: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    subject: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    rights: list[Literal[OPEN_RIGHTS]]  # type: ignore[valid-type]  # the names stand once, in entries


class FocalPointSuspend(_OfFocalPoint):
    """The focal point may do nothing, until two restore it."""

    kind = "FOCAL_POINT_SUSPEND"
    signers = "one"


class FocalPointRestore(_OfFocalPoint):
    """Undoes a suspension."""

    kind = "FOCAL_POINT_RESTORE"


class RightGrant(_OfFocalPoint):
    """A right more; `sees-all`, `audit` and `administer` are granted in no other way."""

    kind = "RIGHT_GRANT"
    right: Literal[RIGHTS]  # type: ignore[valid-type]  # the same


class RightWithdraw(_OfFocalPoint):
    """A right less."""

    kind = "RIGHT_WITHDRAW"
    signers = "one"
    right: Literal[RIGHTS]  # type: ignore[valid-type]  # the same


class GenerationSet(Command):
    """Readers and stages go over to a generation of derived topics and tables."""

    kind = "GENERATION_SET"
    signers = "one"
    about = ("generation", "number")
    number: Annotated[int, Field(ge=1, lt=1_000_000)]


COMMANDS: dict[str, type[Command]] = {
    command.kind: command
    for command in (
        AgencyAdd,
        AgencyRemove,
        AgencySuspend,
        AgencyRestore,
        KeyRegister,
        KeyRotate,
        KeyRevoke,
        KeyRestore,
        AdministratorAdd,
        AdministratorRemove,
        GroupSet,
        OperationSet,
        FocalPointSet,
        FocalPointSuspend,
        FocalPointRestore,
        RightGrant,
        RightWithdraw,
        GenerationSet,
        WebhookHostsSet,
        SubscriptionSet,
        SubscriptionEnd,
    )
}
"""Kind → model."""
