"""The app that all try first."""

from __future__ import annotations

import json

import pytest

from pydra_oar_jupyter.pairio.apps import APPS
from tests.pairio.conftest import SERVICE
from tests.pairio.sdk.started import Started, definition, specification

MAIN = APPS["hello_world"]


@pytest.fixture
def hello(service):
    """A service with the app as it is."""
    service.management.set_app(SERVICE, specification(MAIN))
    return service


def run(service, place, processor, inputs=None, outputs=None, **parameters):
    made = definition("hello_world", processor, inputs, outputs, **parameters)
    started = Started(service, service.submit(jobDefinition=made), MAIN, place)
    job = started.wait()
    assert job["status"] == "completed", job["error"]
    return started, job


def test_its_parameters_and_files_are_those_that_scripts_use():
    facts = {one["name"]: one for one in specification(MAIN)["processors"]}
    assert {
        name: (
            [file["name"] for file in one["inputs"]],
            [file["name"] for file in one["outputs"]],
            {p["name"]: (p["type"], p["defaultValue"]) for p in one["parameters"]},
        )
        for name, one in facts.items()
    } == {
        "hello_world_1": ([], [], {"name": ("str", "world")}),
        "hello_world_2": ([], ["output"], {"name": ("str", "world")}),
        "count_characters": (
            ["input"],
            ["output"],
            {"include_whitespace": ("bool", True)},
        ),
    }


def test_all_three(hello, tmp_path):
    started, _ = run(hello, tmp_path / "1", "hello_world_1", name="Zoë")
    assert started.console == "Hello, Zoë!\n"
    started, job = run(hello, tmp_path / "2", "hello_world_2", outputs={"output": "output.txt"})
    url = job["outputFileResults"][0]["url"]
    assert started.read(url) == b"Hello, world!"
    for whitespace, number in ((True, 13), (False, 12)):
        started, job = run(
            hello,
            tmp_path / f"3{whitespace}",
            "count_characters",
            {"input": url},
            {"output": "output.json"},
            include_whitespace=whitespace,
        )
        answer = json.loads(started.read(job["outputFileResults"][0]["url"]))
        assert answer == {"num_characters": number}
