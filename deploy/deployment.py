"""Preparing a deployment on running servers: topics, schemas, the directory's first administrators, the read store."""

from dataclasses import replace
from pathlib import Path

import psycopg
from confluent_kafka.admin import AdminClient

from deploy.access import BACKBONE, DEPLOYMENT, apply_access, make_credential
from deploy.agencies import add_agencies, add_focal_points
from deploy.changes import publish_acts
from deploy.home import ADMINISTRATORS, key_path
from deploy.stages import generated
from projections.catalogue_check import check_catalogue, check_schema
from projections.deliveries import SCHEMA as DELIVERIES
from projections.deliveries import make_tables
from projections.members import project_members
from projections.migrate import migrate
from schemas.dictionary import publish_schemas
from schemas.directory import Agency, read_directory, signed_act
from schemas.errors import DirectoryError
from schemas.keys import SigningKey
from schemas.reading import quiet_logger
from schemas.registry import Registry
from schemas.settings import Settings
from schemas.topics import DIRECTORY, PERMANENT, create_topics
from stream_processors.match import bind_model, find_model, shipped_model

COORDINATION = Agency("gc3", "Coordination centre (development)", "SECRETARIAT", None)
ANALYST, AUDITOR, OPERATOR = "analyst", "auditor", "operator"
_PEOPLE = {
    ANALYST: ("read", "coordinate", "publish"),
    AUDITOR: ("read", "audit"),
    OPERATOR: ("read", "administer"),
}


def prepare(settings: Settings) -> None:
    """Make everything that is missing. Idempotent.

    Raises:
        IonicsError: a server cannot be reached, refuses, or holds another deployment's data.
    """
    bootstrap(settings)
    directory = read_directory(settings)
    settings = replace(settings, generation=settings.generation or directory.generation)
    apply_access(settings, directory)
    if settings.is_development:
        add_agencies(settings, [COORDINATION])
        add_focal_points(settings, COORDINATION.agency_id, _PEOPLE)
    migrate(settings.require("database_url"), settings.generation)
    make_tables(settings.require("database_url"))
    project_members(settings.as_principal("members"))
    with psycopg.connect(settings.require("database_url")) as connection:
        check_catalogue(connection, settings.generation)
        check_schema(connection, DELIVERIES, "the schema of deliveries")


def bootstrap(settings: Settings) -> bool:
    """Begin a new deployment on servers that hold nothing yet: topics, schemas, and the directory's genesis.

    Returns:
        Whether the directory began now.

    Raises:
        IonicsError: a server cannot be reached, refuses, or holds another deployment's data.
    """
    settings = settings.as_principal(DEPLOYMENT)
    admin = AdminClient(settings.client_config(), logger=quiet_logger())
    create_topics(admin, PERMANENT, settings.replication)
    if settings.credentials:
        for principal in BACKBONE:
            make_credential(admin, Path(settings.credentials), principal)
    Registry(settings.require("registry_url")).require_full_transitive()
    publish_schemas(settings)
    began = found_directory(settings)
    generation = settings.generation or read_directory(settings).generation
    create_topics(admin, generated(generation), settings.replication)
    if find_model(settings, generation) is None:
        bind_model(settings, generation, shipped_model())
    return began


def found_directory(settings: Settings) -> bool:
    """Write the genesis of the directory, if it has none, with two administrators' new keys; whether it did.

    Raises:
        DirectoryError: the directory has a record that is no genesis of this deployment.
    """
    directory = read_directory(settings)
    if directory.administrators:
        return False
    if directory.next_offset:
        raise DirectoryError(
            f"{DIRECTORY.name} is of another deployment than {settings.deployment}; use its own cluster"
        )
    keys = []
    for name in ADMINISTRATORS:
        path = key_path(settings, name)
        if not path.exists():
            SigningKey.generate().save(path)
        keys.append(SigningKey.load(path))
    command = {"administrators": {key.key_id: key.public.hex() for key in keys}}
    act = signed_act(settings.deployment, "GENESIS", "GENESIS", "administrator:genesis", command, keys[0])
    publish_acts(settings, [act])
    return True
