"""Whatever is sent, it is answered, and never by a fault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pairio.conftest import SERVICE, definition_of
from tests.pairio.postgresql import each_database

if TYPE_CHECKING:
    import httpx

    from tests.pairio.conftest import Served

pytestmark = each_database


NONSENSE = [
    b"", b"{", b"[]", b"null", b'"', b"\xff", b"{}", b'{"type": "getJobRequest"}',
    b'{"type": "getJobRequest", "jobId": 1}', b'{"type": "createJobRequest", "jobId": "a"}',
    b'{"type": "getJobRequest", "jobId": "a\\u0000b"}',
    b'{"type": "getJobRequest", "jobId": "\\ud800"}',
    b'{"type": "getJobRequest", "jobId": "a", "x": NaN}',
    b'{"type": "getJobRequest", "jobId": "a", "x": 1e999}',
    b'{"type": "getJobRequest", "jobId": "a", "x": -Infinity}',
    b'{"type": "getJobRequest", "jobId": "a", "x": 9223372036854775808}',
    b'{"type": "getJobRequest", "jobId": "a", "x": ' + b"9" * 5000 + b"}",
    b'{"type": "getJobRequest", "jobId": "a", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"type": "getJobRequest", "jobId": "a", "x": ' + b"[" * 60 + b"]" * 60 + b"}",
    b'{"type": "getJobRequest", "jobId": "' + b"a" * 11_000_000 + b'"}',
]  # fmt: skip


def test_a_body_that_makes_no_sense_is_refused(service: Served) -> None:
    for body in NONSENSE:
        assert send(service, "getJob", body).status_code == 400, body[:100]


def send(service: Served, name: str, body: bytes, **headers: str) -> httpx.Response:
    """The answer to these bytes, which must be one of those that there are."""
    given = {"Content-Type": "application/json", "Authorization": f"Bearer {service.key}"}
    answer = service.http.post(
        f"{service.url}/api/{name}", content=body, headers={**given, **headers}
    )
    assert answer.status_code in (200, 400, 401, 404), answer.text
    if answer.status_code != 200:
        assert set(answer.json()) == {"error"}
    return answer


def test_a_body_that_says_nothing_of_being_json_is_refused(service: Served) -> None:
    body = b'{"type": "getJobRequest", "jobId": "a"}'
    assert send(service, "getJob", body).status_code == 404
    assert send(service, "getJob", body, **{"Content-Type": "text/plain"}).status_code == 400


def test_paths_and_methods_that_there_are_not(service: Served) -> None:
    assert service.post("none").status_code == 404
    assert service.post("none").json()["error"]
    for method in ("GET", "PUT", "DELETE"):
        answer = service.http.request(method, f"{service.url}/api/getJob")
        assert answer.status_code == 405
        assert answer.json()["error"]


def test_a_host_that_is_none_is_refused(service: Served) -> None:
    order = {
        "type": "createJobRequest", "serviceName": SERVICE,
        "jobDefinition": definition_of("hello_world_1"),
        "requiredResources": {"numCpus": 1, "numGpus": 0, "memoryGb": 1, "timeSec": 1},
    }  # fmt: skip
    body = json.dumps(order).encode()
    for host in ('"><script>', "a/b", "a:b", "", "x@y"):
        assert send(service, "createJob", body, Host=host).status_code == 400
    assert send(service, "createJob", body, Host="[::1]:80").status_code == 200


NUMBERS = [0, -1, 2**31, 2**63 - 1, -(2**63), 2**64, 0.5, 1e308, -0.0, True]
VALUES = st.recursive(
    st.none() | st.sampled_from(NUMBERS) | st.text(max_size=8) | st.sampled_from(["a" * 5000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
_FEW = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@_FEW
@given(data=st.data())
def test_a_job_with_any_field_changed_is_made_or_refused(service: Served, data: Any) -> None:
    definition = definition_of("many", {}, {}, {"outer.inner": 1, "words": ["a"]})
    order: dict[str, Any] = {
        "serviceName": SERVICE, "batchId": "", "tags": [], "jobDefinition": definition,
        "requiredResources": {"numCpus": 1, "numGpus": 0, "memoryGb": 1, "timeSec": 1},
        "secrets": [{"name": "A", "value": "b"}], "jobDependencies": [],
        "targetComputeClientIds": None, "skipCache": True,
    }  # fmt: skip
    places: list[tuple[Any, Any]] = [(order, key) for key in order]
    places += [(definition, key) for key in definition]
    places += [(definition["parameters"][0], key) for key in ("name", "value")]
    places += [(order["requiredResources"], key) for key in order["requiredResources"]]
    places += [(order["secrets"][0], key) for key in ("name", "value")]
    place, key = data.draw(st.sampled_from(places))
    place[key] = data.draw(VALUES)
    body = json.dumps({"type": "createJobRequest", **order}).encode()
    answer = send(service, "createJob", body)
    if answer.status_code == 200:
        job = answer.json()["job"]
        assert service.job(job["jobId"]) == job
        service.call("findJobs", tags=job["tags"], batchId=job["batchId"])


FILTERS = dict.fromkeys(("userId", "jobId", "tags", "status", "limit", "inputFileUrl"), VALUES)


@_FEW
@given(filters=st.fixed_dictionaries({}, optional=FILTERS))
def test_any_filters_are_answered(service: Served, filters: dict[str, Any]) -> None:
    body = json.dumps({"type": "findJobsRequest", **filters}).encode()
    send(service, "findJobs", body)
