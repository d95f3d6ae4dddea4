"""Adding agencies with their first keys, where one person may sign both steps: in a `dev-` deployment."""

from collections.abc import Sequence
from pathlib import Path

from confluent_kafka.admin import AdminClient

from deploy.deployment import ADMINISTRATORS, administrator_key, publish_acts
from schemas.directory import Agency, both_steps, read_directory
from schemas.errors import DirectoryError
from schemas.keys import SigningKey
from schemas.reading import quiet_logger
from schemas.settings import Settings
from schemas.topics import create_topics, receipts


def key_path(settings: Settings, agency_id: str) -> Path:
    """Where the SDK finds the key of an agency."""
    return settings.home / "keys" / f"{agency_id}.key"


def add_agencies(settings: Settings, agencies: Sequence[Agency]) -> list[str]:
    """Add the agencies that the directory lacks, each with a new key; returns the ids added.

    Raises:
        DirectoryError: the deployment is no `dev-` deployment.
        IonicsError: keys, broker or directory cannot be used.
    """
    if not settings.is_development:
        raise DirectoryError(
            f"deployment {settings.deployment}: two administrators must sign; this command is for dev-…"
        )
    known = read_directory(settings)
    missing = [agency for agency in agencies if agency.agency_id not in known.agencies]
    if not missing:
        return []
    admin = AdminClient(settings.client_config(), logger=quiet_logger())
    create_topics(admin, [receipts(agency.agency_id) for agency in missing], settings.replication)
    one, two = (administrator_key(settings, name) for name in ADMINISTRATORS)
    acts: list[dict[str, object]] = []
    for agency in missing:
        path = key_path(settings, agency.agency_id)
        if not path.exists():
            SigningKey.generate().save(path)
        key = SigningKey.load(path)
        command = {
            "agency_id": agency.agency_id,
            "name": agency.name,
            "agency_type": agency.agency_type,
            "country": agency.country,
        }
        registered = {"agency_id": agency.agency_id, "key_id": key.key_id, "public": key.public.hex(), "end_ms": None}
        acts += both_steps(settings.deployment, "AGENCY_ADD", f"agency:{agency.agency_id}", command, one, two)
        acts += both_steps(settings.deployment, "KEY_REGISTER", f"key:{key.key_id}", registered, one, two)
    publish_acts(settings, acts)
    return [agency.agency_id for agency in missing]
