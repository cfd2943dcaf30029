"""The service's own description of its calls, and whatever can be sent by it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

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

from pydra_oar_jupyter.pairio.service.management import Management
from tests.pairio.postgresql import each_database
from tests.pairio.serving import NOTHING, SERVICE, SLOT, ServiceProcess, job_fields

if TYPE_CHECKING:
    from pathlib import Path

    from schemathesis import APIOperation, Case

_EXAMPLES = {"sqlite": 30, "postgresql": 10}
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# Without an end; and what would take away what the other calls are about, which comes last.
_ENDLESS = "/api/events"
_LAST = ("cancel", "delete", "reset")


@each_database
def test_no_call_breaks_the_service(database_url: str, tmp_path: Path) -> None:
    examples = _EXAMPLES["postgresql" if database_url else "sqlite"]
    with closing(ServiceProcess(tmp_path / "service", database_url)) as service:
        known, keys = _world(service)
        schema = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
        operations = [result.ok() for result in schema.get_all_operations()]
        called = [one for one in operations if one.path != _ENDLESS]
        assert len(called) > 25
        called.sort(key=lambda one: one.path.rpartition("/")[2].startswith(_LAST))
        for operation in called:
            _call_at_random(operation, known, keys, examples)


def _world(service: ServiceProcess) -> tuple[dict[str, Any], list[str]]:
    """Ids that there are, by the names of their fields; and the keys of all kinds."""
    service.add_app(NOTHING)
    client, client_key = service.add_compute_client("client", [SLOT])
    parameters = [{"name": "text", "value": "…"}]
    fields = job_fields(
        {"appName": "nothing", "processorName": "nothing", "parameters": parameters}
    )
    service.call("createJob", service.key, **fields)
    offered = service.call("getRunnableJobsForComputeClient", client_key, computeClientId=client)
    (job,) = offered["runnableJobs"]
    known = {name: fields[name] for name in ("serviceName", "jobDefinition", "requiredResources")}
    known |= {"jobId": job["jobId"], "jobIds": [job["jobId"]], "jobDependencies": [job["jobId"]]}
    known |= {"appName": "nothing", "userId": "alice", "computeClientId": client}
    known |= {"serviceNames": [SERVICE], "appSpecification": NOTHING, "computeSlots": [SLOT]}
    with closing(Management(service.settings)) as management:
        admin_key = management.add_user("admin", admin=True)
    keys = [service.key, admin_key, client_key, job["jobPrivateKey"], "nobodys", ""]
    return known, keys


def _call_at_random(
    operation: APIOperation[Any, Any, Any, Any],
    known: dict[str, Any],
    keys: list[str],
    examples: int,
) -> None:
    cases = [
        operation.as_strategy(generation_mode=mode)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    ]

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=st.one_of(cases),
        key=st.sampled_from(keys),
        names=st.just(set(known)) | st.sets(st.sampled_from(sorted(known))),
    )
    def call(case: Case, key: str, names: set[str]) -> None:
        case.body = _with_known(case.body, {name: known[name] for name in names})
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        case.call_and_validate(headers=headers, checks=_CHECKS, timeout=30)

    call()


def _with_known(value: Any, known: dict[str, Any]) -> Any:
    """The value, with what is known in place of what was made up."""
    if not isinstance(value, dict):
        return value
    return {
        name: known[name] if name in known else _with_known(one, known)
        for name, one in value.items()
    }
