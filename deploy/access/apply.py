"""Bringing the access lists of a cluster to what the catalogue and the directory say."""

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # public, but not marked so
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from deploy.access.grants import Grant, wanted_grants
from deploy.access.principals import DEPLOYMENT
from deploy.stages import generated
from schemas.directory import Directory
from schemas.errors import LogError
from schemas.reading import quiet_logger
from schemas.settings import Settings
from schemas.topics import PERMANENT, Topic, receipts

if TYPE_CHECKING:
    from concurrent.futures import Future

_ANSWER_S = 30.0
_OURS = re.compile(r"ionics[.-]|reading\.")
_ENRICHED = re.compile(r"ionics\.enriched\.g(\d+)")


def apply_access(settings: Settings, directory: Directory) -> tuple[int, int]:
    """Make the grants that are missing and take back those that are not wanted; how many of each.

    Access lists of other resources than ours on the same cluster are left alone. Without `credentials` in the settings
    there is nobody to tell apart, and nothing is done.

    Args:
        settings: of a home that holds the deployment's credential.
        directory: as it is now; agencies that are suspended in it lose their access.

    Raises:
        LogError: the broker refused or did not answer.
    """
    if not settings.credentials:
        return 0, 0
    admin = AdminClient(settings.as_principal(DEPLOYMENT).client_config(), logger=quiet_logger())
    try:
        wanted = {_binding(grant) for grant in wanted_grants(*catalogue(settings, directory))}
        found = {each for each in _result(admin.describe_acls(_filter())) if _OURS.match(each.name)}
        missing, surplus = wanted - found, found - wanted
        _create(admin, missing)
        if surplus:
            for gone in admin.delete_acls([_only(each) for each in surplus]).values():
                _result(gone)
    except KafkaException as error:
        raise LogError(f"access lists cannot be set: {error.args[0].str()}") from error
    return len(missing), len(surplus)


def catalogue(settings: Settings, directory: Directory) -> tuple[list[Topic], list[str]]:
    """What `wanted_grants` is a function of: topics, with all generations that exist, and agencies that may take part.

    Raises:
        LogError: the broker did not answer.
    """
    agencies = [each.agency_id for each in directory.agencies.values() if not each.suspended]
    admin = AdminClient(settings.as_principal(DEPLOYMENT).client_config(), logger=quiet_logger())
    try:
        found = [_ENRICHED.fullmatch(name) for name in admin.list_topics(timeout=_ANSWER_S).topics]
    except KafkaException as error:
        raise LogError(f"the broker does not list its topics: {error.args[0].str()}") from error
    generations = sorted({directory.generation, *(int(each[1]) for each in found if each)})
    of_generations = [topic for generation in generations for topic in generated(generation)]
    return [*PERMANENT, *of_generations, *map(receipts, agencies)], agencies


def allow(admin: AdminClient, grants: Iterable[Grant]) -> None:
    """Make grants. Idempotent.

    Raises:
        LogError: the broker refused or did not answer.
    """
    try:
        _create(admin, {_binding(grant) for grant in grants})
    except KafkaException as error:
        raise LogError(f"access lists cannot be set: {error.args[0].str()}") from error


def _create(admin: AdminClient, bindings: set[AclBinding]) -> None:
    if bindings:
        for made in admin.create_acls(sorted(bindings)).values():
            _result(made)


def _binding(grant: Grant) -> AclBinding:
    pattern = ResourcePatternType.PREFIXED if grant.prefixed else ResourcePatternType.LITERAL
    return AclBinding(
        ResourceType[grant.resource],
        grant.name,
        pattern,
        f"User:{grant.principal}",
        "*",
        AclOperation[grant.operation],
        AclPermissionType.ALLOW,
    )


def _filter() -> AclBindingFilter:
    every: Any = None  # what its type does not say that it takes
    return AclBindingFilter(
        ResourceType.ANY, every, ResourcePatternType.ANY, every, every, AclOperation.ANY, AclPermissionType.ANY
    )


def _only(each: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        each.restype,
        each.name,
        each.resource_pattern_type,
        each.principal,
        each.host,
        each.operation,
        each.permission_type,
    )


def _result(future: "Future[Collection[AclBinding]]") -> Collection[AclBinding]:
    return future.result(timeout=_ANSWER_S) or ()
