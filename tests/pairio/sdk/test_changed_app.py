"""An app of the published SDK runs after a change of its import alone."""

from __future__ import annotations

from pathlib import Path

from tests.pairio.conftest import SERVICE
from tests.pairio.sdk.started import Started, definition, specification

PUBLISHED = Path(__file__).parent.parent / "published_app" / "main.py"


def test_it_runs_as_before(service, tmp_path):
    main = tmp_path / "main.py"
    text = PUBLISHED.read_text()
    assert text.count("from pairio.sdk import") == 1
    main.write_text(
        text.replace("from pairio.sdk import", "from pydra_oar_jupyter.pairio.sdk import")
    )
    service.management.set_app(SERVICE, told := specification(main))

    def run(number, inputs, **parameters):
        made = definition(told["name"], "join", inputs, {"joined": "joined.txt"}, **parameters)
        started = Started(service, service.submit(jobDefinition=made), main, tmp_path / number)
        return started, started.wait()

    _, nothing = run("1", {}, between="")
    url = nothing["outputFileResults"][0]["url"]
    assert nothing["outputFileResults"][0]["size"] == 0
    started, job = run("2", {"texts[0]": url, "texts[1]": url}, between="<>", times=2)
    assert job["status"] == "completed", job["error"]
    assert started.read(job["outputFileResults"][0]["url"]) == b"<><><>"
    assert started.console == "Joining 4 texts in job none\n"
    (other,) = job["otherFileOutputs"]
    assert (other["name"], started.read(other["url"])) == ("notes/count.txt", b"4")
