"""Preparing a deployment on running servers: topics, schemas, the directory's first administrators, the read store."""

from confluent_kafka.admin import AdminClient

from projections.migrate import migrate
from schemas.codec import codec, frame
from schemas.dictionary import publish_schemas, read_dictionary
from schemas.directory import read_directory, signed_act
from schemas.errors import DirectoryError
from schemas.keys import SigningKey
from schemas.publishing import publish
from schemas.reading import quiet_logger
from schemas.registry import Registry
from schemas.settings import Settings
from schemas.topics import DIRECTORY, PERMANENT, create_topics, enriched

ADMINISTRATORS = ("administrator-1", "administrator-2")


def prepare(settings: Settings) -> None:
    """Make everything that is missing. Idempotent.

    Raises:
        IonicsError: a server cannot be reached, refuses, or holds another deployment's data.
    """
    admin = AdminClient(settings.client_config(), logger=quiet_logger())
    create_topics(admin, [*PERMANENT, enriched(settings.generation)], settings.replication)
    Registry(settings.require("registry_url")).require_full_transitive()
    publish_schemas(settings)
    found_directory(settings)
    migrate(settings.require("database_url"), settings.generation)


def administrator_key(settings: Settings, name: str) -> SigningKey:
    """The key of an administrator, from the home directory.

    Raises:
        IdentityError: it is missing or cannot be used.
    """
    return SigningKey.load(settings.home / "keys" / f"{name}.key")


def found_directory(settings: Settings) -> None:
    """Write the genesis of the directory, if it has none, with two administrators' new keys.

    Raises:
        DirectoryError: the directory has a record that is no genesis of this deployment.
    """
    directory = read_directory(settings)
    if directory.administrators:
        return
    if directory.next_offset:
        raise DirectoryError(
            f"{DIRECTORY.name} is of another deployment than {settings.deployment}; use its own cluster"
        )
    keys = []
    for name in ADMINISTRATORS:
        path = settings.home / "keys" / f"{name}.key"
        if not path.exists():
            SigningKey.generate().save(path)
        keys.append(SigningKey.load(path))
    command = {"administrators": {key.key_id: key.public.hex() for key in keys}}
    act = signed_act(settings.deployment, "GENESIS", "GENESIS", "administrator:genesis", command, keys[0])
    publish_acts(settings, [act])


def publish_acts(settings: Settings, acts: list[dict[str, object]]) -> None:
    """Append signed acts to the directory, in order.

    Raises:
        LogError: the broker did not acknowledge them.
    """
    head = frame(read_dictionary(settings).id_of("directory_act"))
    records = [(str(act["entry_id"]).encode(), head + codec("directory_act").encode(act)) for act in acts]
    publish(settings, DIRECTORY.name, records)
