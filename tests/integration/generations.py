"""A generation that tests have for themselves, beside those of other tests in the same deployment."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from confluent_kafka.admin import AdminClient

from deploy.generations import drop_generation
from deploy.stages import generated
from projections.migrate import migrate
from schemas.reading import quiet_logger
from schemas.settings import Settings
from schemas.topics import create_topics
from tests.integration.exchange import stages


@contextmanager
def own_generation(settings: Settings, number: int, *names: str, **changes: Any) -> Iterator[Settings]:
    """The settings of a generation with its topics and tables, and with stages as threads; gone in the end.

    Args:
        settings: of the deployment.
        number: of the generation, which no other file of tests uses.
        names: of the stages.
        changes: of other settings.
    """
    ours = replace(settings, generation=number, **changes)
    create_topics(AdminClient(ours.client_config(), logger=quiet_logger()), generated(number))
    migrate(ours.database_url, number)
    try:
        with stages(ours, *names):
            yield ours
    finally:
        drop_generation(settings, number)
