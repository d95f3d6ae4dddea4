"""Paths and parameters tampered with, out of the API's own description: no answer is a failure of ours.

The requests are those of schemathesis, well-formed and malformed ones.
"""

import re

import httpx
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from projections.api import LocalIssuer
from projections.api.backend import Backend
from projections.api.limits import Limits
from schemas.directory import RIGHTS
from tests.integration.exchange import stages, until
from tests.integration.serving import serving, with_gateway_key
from tests.running import Running

_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
_OPERATIONS = 50
_AS_OF = "2020-01-01"
schemathesis.serializer.alias("application/avro", "application/octet-stream")


def _made(address: str, token: str) -> None:
    def answered() -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.get(f"{address}/milestones?as_of={_AS_OF}", headers=headers, timeout=30).is_success

    until(answered)


def test_no_request_makes_it_fail(running: Running) -> None:
    """Every answer is one that the description promises, and none an error of the server."""
    with_gateway_key(running.settings, "gc3")
    token = LocalIssuer(running.settings).token("analyst", list(RIGHTS), 60)
    backend = Backend(running.settings, Limits(1e6, 10**6))
    with stages(running.settings, "moments"), serving(backend) as address:
        _made(address, token)
        description = schemathesis.openapi.from_url(f"{address}/openapi.json")
        operations = [found.ok() for found in description.get_all_operations()]
        assert len(operations) == _OPERATIONS
        for operation in operations:
            cases = st.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)

            @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
            @given(case=cases)
            def attacked(case: schemathesis.Case) -> None:
                if isinstance((case.query or {}).get("wait"), int | float):
                    case.query["wait"] = 0  # half a minute well spent elsewhere
                if re.match(r"[0-9]{4}-", str((case.query or {}).get("as_of"))):
                    case.query["as_of"] = _AS_OF  # any other that is a moment is answered when its tables are made
                case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=_CHECKS)

            attacked()
