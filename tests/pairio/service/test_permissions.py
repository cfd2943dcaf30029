"""Who may do what, and who learns what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pydra_oar_jupyter.pairio.models import PairioServiceUser
from tests.pairio.conftest import HELLO_WORLD, SERVICE, definition_of

if TYPE_CHECKING:
    from tests.pairio.conftest import Served

RESOURCES = {"numCpus": 1, "numGpus": 0, "memoryGb": 1, "timeSec": 60}
ORDER = {
    "serviceName": SERVICE,
    "jobDefinition": definition_of("hello_world_1"),
    "requiredResources": RESOURCES,
}


@pytest.fixture
def bob(service: Served) -> str:
    """The key of another user, who may do nothing here."""
    return service.management.add_user("bob")


def test_both_forms_of_the_header_are_understood(service: Served) -> None:
    body = {"type": "createJobRequest", **ORDER}
    for form in ("Bearer {}", "Bearer: {}", "bearer {}"):
        answer = httpx.post(
            f"{service.url}/api/createJob",
            json=body,
            headers={"Authorization": form.format(service.key)},
        )
        assert answer.status_code == 200, answer.text
    for form in ("", "{}", "Basic {}", "Bearer x{}", "Bearer"):
        answer = httpx.post(
            f"{service.url}/api/createJob",
            json=body,
            headers={"Authorization": form.format(service.key)},
        )
        assert answer.status_code == 401, form
        assert set(answer.json()) == {"error"}


def test_rights_in_a_service_are_given_and_taken(service: Served, bob: str) -> None:
    rights: list[tuple[str, str, dict[str, Any]]] = [
        ("createJobs", "createJob", ORDER),
        (
            "processJobs",
            "createComputeClient",
            {"computeClientName": "bob's", "serviceNames": [SERVICE]},
        ),
        ("admin", "setServiceAppInfo", {"serviceName": SERVICE, "appName": "hello_world"}),
    ]
    for right, name, fields in rights:
        assert service.post(name, bob, **fields).status_code == 401
        others = {one: True for one, *_ in rights if one != right and one != "admin"}
        service.management.allow(SERVICE, PairioServiceUser(userId="bob", **others))
        assert service.post(name, bob, **fields).status_code == 401
        service.management.allow(
            SERVICE, PairioServiceUser.model_validate({"userId": "bob", right: True})
        )
        assert service.post(name, bob, **fields).status_code == 200
        service.management.allow(SERVICE, PairioServiceUser(userId="bob"))
        assert service.post(name, bob, **fields).status_code == 401


def test_what_belongs_to_one_user_is_for_that_user(service: Served, bob: str) -> None:
    job = service.submit()
    client = {"computeClientId": service.client_id}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("cancelJob", {"jobId": job["jobId"]}),
        ("deleteJobs", {"userId": "alice", "jobIds": [job["jobId"]]}),
        ("deleteJobs", {"userId": "bob", "jobIds": [job["jobId"]]}),
        ("createJob", {**ORDER, "userId": "alice"}),
        ("addService", {"serviceName": "new", "userId": "alice"}),
        ("setServiceInfo", {"serviceName": SERVICE, "users": []}),
        ("deleteService", {"serviceName": SERVICE}),
        ("deleteServiceApp", {"serviceName": SERVICE, "appName": "hello_world"}),
        ("setComputeClientInfo", {**client, "description": "bob's"}),
        ("deleteComputeClient", client),
        ("getRunnableJobsForComputeClient", client),
        ("getPubsubSubscription", client),
        ("resetUserApiKey", {"userId": "alice"}),
        ("setUserInfo", {"userId": "alice", "name": "Bob"}),
        ("addUser", {"userId": "carol"}),
    ]
    for name, fields in calls:
        for key in (bob, None):
            answer = service.post(name, key, **fields)
            assert answer.status_code == 401, (name, answer.text)
            assert set(answer.json()) == {"error"}
    assert service.job(job["jobId"]) == job


def test_an_administrator_manages_users(service: Served) -> None:
    root = service.management.add_user("root", admin=True)
    service.call("addUser", root, userId="carol")
    assert service.post("addUser", root, userId="carol").status_code == 400
    key = service.call("resetUserApiKey", root, userId="carol")["apiKey"]
    service.call("setUserInfo", key, userId="carol", name="Carol")
    service.call("addService", key, serviceName="carols")
    assert service.call("getServices", userId="carol")["services"] == [
        {"serviceName": "carols", "userId": "carol", "users": []}
    ]


def test_a_new_key_makes_the_old_one_void(service: Served) -> None:
    new = service.call("resetUserApiKey", service.key, userId="alice")["apiKey"]
    assert service.post("createJob", service.key, **ORDER).status_code == 401
    assert service.post("createJob", new, **ORDER).status_code == 200


def test_a_service_goes_with_all_that_is_in_it(service: Served) -> None:
    job = service.submit()
    service.call("deleteService", service.key, serviceName=SERVICE)
    assert service.post("getJob", jobId=job["jobId"]).status_code == 404
    assert service.post("getService", serviceName=SERVICE).status_code == 404
    assert service.post("getServiceApps", serviceName=SERVICE).status_code == 404
    assert service.ask() == {
        "type": "getRunnableJobsForComputeClientResponse", "runnableJobs": [], "runningJobs": []
    }  # fmt: skip


def test_apps_are_added_changed_and_removed(service: Served) -> None:
    app = {
        "serviceName": SERVICE, "appName": "second", "appSpecificationUri": "u",
        "appSpecificationCommit": "c", "appSpecification": {**HELLO_WORLD, "name": "second"},
    }  # fmt: skip
    service.call("addServiceApp", service.key, serviceApp=app)
    assert service.post("addServiceApp", service.key, serviceApp=app).status_code == 400
    names = {"serviceName": SERVICE, "appName": "second"}
    found = service.call("getServiceApp", **names)["serviceApp"]
    assert found["appSpecificationUri"] == "u"
    assert len(found["appSpecification"]["processors"]) == 5
    few = {"name": "second", "description": "", "processors": []}
    service.call("setServiceAppInfo", service.key, **names, appSpecification=few)
    found = service.call("getServiceApp", **names)["serviceApp"]
    assert (found["appSpecification"], found["appSpecificationCommit"]) == (few, "c")
    apps = service.call("getServiceApps", serviceName=SERVICE)["serviceApps"]
    assert [one["appName"] for one in apps] == ["hello_world", "second"]
    service.call("deleteServiceApp", service.key, **names)
    assert service.post("getServiceApp", **names).status_code == 404


def test_nobody_learns_a_key_or_a_secret_that_is_not_meant_for_them(
    service: Served, bob: str
) -> None:
    made = service.submit(secrets=[{"name": "TOKEN", "value": "top-secret"}])
    named = {"jobId": made["jobId"]}
    asked = service.ask()
    (job,) = asked["runnableJobs"]
    private = job["jobPrivateKey"]
    assert private
    assert service.tell(job, "starting").status_code == 200
    said = [json.dumps(made), json.dumps(asked).replace(private, "")]
    for key in (None, bob, service.key, service.client_key, private):
        secrets = "top-secret" if key == private else None
        answer = service.call("getJob", key, **named)
        found = answer["job"]["secrets"]
        assert (found[0]["value"] if found else None) == secrets
        assert answer["job"]["jobPrivateKey"] is None
        if key != private:
            said.append(json.dumps(answer))
        own = {**named, "includePrivateKey": True, "computeClientId": service.client_id}
        answer = service.post("getJob", key, **own).json()
        if key == service.client_key:
            assert answer["job"]["jobPrivateKey"] == private
            assert answer["job"]["secrets"] is None
        else:
            assert set(answer) == {"error"}
        said.append(json.dumps(service.call("findJobs", key)))
        said.append(json.dumps(service.call("getComputeClients", key)))
        said.append(json.dumps(service.call("getServices", key)))
    definition = {"serviceName": SERVICE, "jobDefinition": made["jobDefinition"]}
    said.append(json.dumps(service.call("findJobByDefinition", **definition)))
    said.append(json.dumps(service.submit()))
    for word in ("top-secret", private, service.key, service.client_key, bob):
        assert word not in "".join(said)


def test_the_key_of_another_compute_client_is_not_enough(service: Served) -> None:
    other = service.management.create_client("alice", "other", [SERVICE])
    service.submit()
    (job,) = service.ask()["runnableJobs"]
    assert service.tell(job, "starting").status_code == 200
    for client_id, key in (other, (service.client_id, other[1]), (other[0], service.client_key)):
        asked = {"jobId": job["jobId"], "includePrivateKey": True, "computeClientId": client_id}
        assert service.post("getJob", key, **asked).status_code == 401


def test_a_compute_client_may_not_choose_whose_jobs_it_runs(service: Served) -> None:
    own = {"computeClientId": service.client_id}
    key = service.client_key
    service.call("setComputeClientInfo", key, **own, description="a machine")
    for fields in ({"serviceNames": []}, {"processJobsForUsers": None}):
        assert service.post("setComputeClientInfo", key, **own, **fields).status_code == 401


def test_keys_are_kept_as_digests_only(service: Served) -> None:
    from sqlalchemy import text

    with service.state.read() as session:
        rows = session.execute(text("SELECT * FROM users")).all()
        rows += session.execute(text("SELECT * FROM compute_clients")).all()
    assert "alice" in str(rows)
    for key in (service.key, service.client_key):
        assert key not in str(rows)
