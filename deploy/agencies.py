"""Adding agencies with their first keys and focal points, where one person may sign for two: in a `dev-` deployment."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from confluent_kafka.admin import AdminClient

from deploy.access import DEPLOYMENT, make_credential
from deploy.changes import make_changes
from deploy.home import administrator_keys, key_path
from schemas.directory import OPEN_RIGHTS, Agency, Command, read_directory, read_members
from schemas.directory.commands import AgencyAdd, FocalPointSet, KeyRegister, RightGrant
from schemas.errors import DirectoryError
from schemas.keys import SigningKey
from schemas.reading import quiet_logger
from schemas.settings import Settings
from schemas.topics import agency_principal


def add_agencies(settings: Settings, agencies: Sequence[Agency]) -> list[str]:
    """Add the agencies that the directory lacks, each with a new key and a focal point of its name; returns their ids.

    Raises:
        DirectoryError: the deployment is no `dev-` deployment.
        IonicsError: keys, broker or directory cannot be used.
    """
    _check_development(settings)
    known = read_directory(settings)
    missing = [agency for agency in agencies if agency.agency_id not in known.agencies]
    if not missing:
        return []
    commands: list[Command] = []
    for agency in missing:
        path = key_path(settings, agency.agency_id)
        if not path.exists():
            SigningKey.generate().save(path)
        key = SigningKey.load(path)
        id_ = agency.agency_id
        commands += [
            AgencyAdd(agency_id=id_, name=agency.name, agency_type=agency.agency_type, country=agency.country),
            KeyRegister(agency_id=id_, key_id=key.key_id, public=key.public.hex()),
            *_focal_point(settings, id_, id_, ("read", "publish")),
        ]
    make_changes(settings, commands, *administrator_keys(settings))
    if settings.credentials:
        admin = AdminClient(settings.as_principal(DEPLOYMENT).client_config(), logger=quiet_logger())
        for agency in missing:
            make_credential(admin, Path(settings.credentials), agency_principal(agency.agency_id))
    return [agency.agency_id for agency in missing]


def add_focal_points(settings: Settings, agency_id: str, people: Mapping[str, Sequence[str]]) -> None:
    """Add the focal points, by id with their rights, that the directory lacks.

    Raises:
        DirectoryError: the deployment is no `dev-` deployment.
        IonicsError: keys, broker or directory cannot be used.
    """
    _check_development(settings)
    known = read_members(settings).focal_points
    commands = [
        command
        for id_, rights in people.items()
        if id_ not in known
        for command in _focal_point(settings, id_, agency_id, rights)
    ]
    if commands:
        make_changes(settings, commands, *administrator_keys(settings))


def _focal_point(settings: Settings, id_: str, agency_id: str, rights: Sequence[str]) -> list[Command]:
    issuer = settings.local_issuer
    open_ = [right for right in rights if right in OPEN_RIGHTS]
    return [
        FocalPointSet(
            focal_point_id=id_, agency_id=agency_id, role=id_.upper(), issuer=issuer, subject=id_, rights=open_
        ),
        *(RightGrant(focal_point_id=id_, right=right) for right in rights if right not in OPEN_RIGHTS),
    ]


def _check_development(settings: Settings) -> None:
    if not settings.is_development:
        raise DirectoryError(
            f"deployment {settings.deployment}: two administrators must sign; see `ionics directory propose --help`"
        )
