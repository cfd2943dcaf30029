"""Services, apps and processors as objects, and calls that are checked before they are sent."""

from __future__ import annotations

import inspect
import pydoc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from pydra_oar_jupyter import RequestError
from pydra_oar_jupyter.pairio import PairioError
from pydra_oar_jupyter.pairio.client import Call, Connection, apps, service, services
from pydra_oar_jupyter.pairio.client.arguments import definition_of, identifier
from pydra_oar_jupyter.pairio.models import PairioAppProcessor
from tests.conftest import PATIENCE
from tests.pairio.client.conftest import Worker
from tests.pairio.conftest import SERVICE, Served

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.client import App


def values(call: Call) -> dict[str, Any]:
    return {one.name: one.value for one in call.definition.parameters}


def test_a_call_is_a_job(service: Served, hello: App) -> None:
    call = hello.hello_world_2(name="you", output="hello.txt")
    job = call.submit(tags=["mine"])
    assert job.tags == ["mine"]
    assert job.name == "hello_world.hello_world_2"
    assert job.jobDefinition.outputFiles[0].fileBaseName == "hello.txt"
    assert "you" in repr(call)
    assert "you" in call._repr_html_()


def test_defaults_are_sent(hello: App) -> None:
    assert values(hello.hello_world_2()) == {"name": "world"}
    # With a value or without: the same job.
    again = hello.hello_world_2(name="world").submit()
    assert hello.hello_world_2().submit().jobId == again.jobId
    assert hello.hello_world_2().definition.outputFiles[0].fileBaseName == "output"


class TestArguments:
    def test_nested_ones_are_dicts_or_dotted(self, hello: App) -> None:
        asked = {"ratio": 0.5, "words": ["a"], "most": None, "mode": "fast"}
        nested = hello.many(outer={"inner": 3})
        assert values(nested) == {"outer.inner": 3, **asked}
        assert values(hello.many(**{"outer.inner": 3})) == values(nested)
        nested.submit()

    def test_numpy_is_taken_as_plain_data(self, hello: App) -> None:
        import numpy as np

        call = hello.many(
            outer={"inner": np.int64(3)}, ratio=np.float32(0.5), words=np.array(["a", "b"])
        )
        assert values(call)["outer.inner"] == 3
        assert values(call)["words"] == ["a", "b"]
        assert type(values(call)["ratio"]) is float
        call.submit()

    @pytest.mark.parametrize(
        ("processor", "arguments", "words"),
        [
            ("hello_world_1", {"nam": "you"}, "takes no 'nam'.*Did you mean 'name'"),
            ("hello_world_1", {"qqqq": 1}, "takes no 'qqqq'.*It takes name"),
            ("count_characters", {}, r"needs input=…"),
            ("many", {}, r"needs outer\.inner=…"),
            ("many", {"outer": {"innr": 1}}, r"Did you mean 'outer\.inner'"),
            ("many", {"outer": 1}, "takes no 'outer'"),
            ("hello_world_1", {"name": 3}, r"'name' takes str, not 3 \(int\)"),
            ("hello_world_1", {"name": "a\ud800"}, "'name' has half a character"),
            ("hello_world_1", {"name": None}, "'name' takes str, not None"),
            ("many", {"outer": {"inner": "3"}}, r"'outer\.inner' takes int"),
            ("many", {"outer": {"inner": True}}, r"'outer\.inner' takes int"),
            ("many", {"outer": {"inner": 1.5}}, r"'outer\.inner' takes int"),
            ("many", {"outer.inner": 1, "ratio": float("nan")}, "'ratio' takes float"),
            ("many", {"outer.inner": 1, "words": "abc"}, r"'words' takes List\[str\]"),
            ("many", {"outer.inner": 1, "words": ["a", 1]}, r"'words' takes List\[str\]"),
            ("many", {"outer.inner": 1, "mode": "fats"}, "one of 'fast', 'slow'.*mean 'fast'"),
            ("hello_world_2", {"output": "a/b"}, "takes the name that its file gets"),
            ("hello_world_2", {"output": 3}, "takes the name that its file gets"),
        ],
    )
    def test_that_are_wrong_are_told(
        self, hello: App, processor: str, arguments: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(RequestError, match=f"(?s){words}"):
            hello[processor](**arguments)

    @given(
        st.dictionaries(
            st.sampled_from(["a", "b", "c", "l", "file", "files", "out", "x.y", "x", "q"]),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
                lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
                max_leaves=4,
            ),
        )
    )
    def test_make_a_definition_or_a_plain_refusal(self, arguments: dict[str, Any]) -> None:
        kinds = {"a": "int", "b": "float", "c": "Optional[bool]", "l": "List[int]", "x.y": "str"}
        processor = PairioAppProcessor.model_validate(
            {
                "name": "p", "description": "", "label": "", "image": "", "executable": "",
                "inputs": [{"name": "file", "description": ""},
                           {"name": "files", "description": "", "list": True}],
                "outputs": [{"name": "out", "description": ""}],
                "parameters": [{"name": name, "type": kind, "description": "", "defaultValue": None}
                               for name, kind in kinds.items()],
                "attributes": [],
            }
        )  # fmt: skip
        arguments = {"file": "https://a/b", "files": [], **arguments}
        try:
            made = definition_of("app", processor, arguments)
        except RequestError:
            return
        assert {one.name for one in made.parameters} == set(kinds)
        made.model_dump_json()


class TestInputs:
    URL = "https://somewhere/data/in%20put.txt?x=1"

    def test_are_urls(self, hello: App) -> None:
        (file,) = hello.count_characters(input=self.URL).definition.inputFiles
        assert (file.name, file.fileBaseName, file.url) == ("input", "in put.txt", self.URL)

    def test_are_outputs_or_jobs_with_one(self, service: Served, hello: App) -> None:
        first = hello.hello_world_2().submit()
        by_output = hello.count_characters(input=first.outputs["output"]).submit()
        by_job = hello.count_characters(input=first).submit()
        assert by_output.jobId == by_job.jobId
        assert by_job.jobDependencies == [first.jobId]
        Worker.claim(service, first).complete(output=b"Hello")
        Worker.claim(service, by_job).complete(output=b'{"num_characters": 5}')
        assert by_job.result(PATIENCE)["output"].json() == {"num_characters": 5}

    def test_may_be_lists(self, hello: App) -> None:
        first = hello.hello_world_2().submit()
        job = hello.join(input=[self.URL, first]).submit()
        names = [one.name for one in job.jobDefinition.inputFiles]
        assert names == ["input[0]", "input[1]"]
        assert job.jobDependencies == [first.jobId]
        assert len(hello.join(input=self.URL).definition.inputFiles) == 1

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            ("data.txt", "is no URL"),
            ("/data.txt", "is no URL"),
            ("file:///data.txt", "is no URL"),
            (Path("data.txt"), "is a path on this machine"),
            (3, "is no file"),
            ([URL], "one file, not a list"),
        ],
    )
    def test_that_are_none_are_told_with_what_to_do(
        self, hello: App, value: Any, words: str
    ) -> None:
        with pytest.raises(RequestError, match=words):
            hello.count_characters(input=value)

    def test_of_a_job_without_outputs_are_told(self, hello: App) -> None:
        with pytest.raises(RequestError, match="has 0 outputs"):
            hello.count_characters(input=hello.hello_world_1().submit())


class TestLooks:
    def test_signature_and_help(self, hello: App) -> None:
        assert str(inspect.signature(hello.count_characters)) == (
            "(*, input: file, include_whitespace: bool = True, output: str = 'output')"
        )
        shown = pydoc.plain(pydoc.render_doc(hello.many))
        assert "hello_world.many(" in shown
        assert "mode (str, one of 'fast', 'slow', default 'fast')" in shown
        assert "outer: dict" in shown
        assert "hello_world_2" in pydoc.plain(pydoc.render_doc(hello))

    def test_in_ipython(self, hello: App) -> None:
        shell = InteractiveShell()
        shell.user_ns["hello"] = hello

        def completions(text: str) -> list[str]:
            with provisionalcompleter():
                return [one.text for one in shell.Completer.completions(text, len(text))]

        assert completions("hello.cou") == ["count_characters"]
        assert "mode=" in completions("hello.many(mo")
        shown = shell.object_inspect_mime("hello.count_characters", detail_level=0)["text/plain"]
        assert "include_whitespace" in shown
        assert "Inputs" in shown

    def test_unknown_names_have_hints(self, connection: Connection, hello: App) -> None:
        with pytest.raises(AttributeError, match="Did you mean 'hello_world_2'"):
            _ = hello.hello_word_2
        with pytest.raises(KeyError, match="no processor"):
            _ = hello["nothing"]
        with pytest.raises(PairioError, match="no_such_service"):
            service("no_such_service", connection=connection)

    def test_tables(self, connection: Connection, monkeypatch) -> None:
        assert [one.serviceName for one in services(connection=connection)] == [SERVICE]
        assert SERVICE in services(connection=connection)._repr_html_()
        monkeypatch.setenv("PAIRIO_SERVICE_NAME", SERVICE)
        found = apps(connection=connection)
        assert [one.__name__ for one in found] == ["hello_world"]
        assert "hello_world_2" in found._repr_html_()
        of_all = service(connection=connection)
        assert len(of_all) == 1
        assert "hello_world" in of_all._repr_html_()
        assert "hello_world" in of_all.__doc__
        assert "many" in found[0]._repr_html_()
        assert "ratio" in found[0].many._repr_html_()

    def test_no_service_is_told(self, connection: Connection, monkeypatch) -> None:
        monkeypatch.delenv("PAIRIO_SERVICE_NAME", raising=False)
        with pytest.raises(RequestError, match="services"):
            service(connection=connection)


@given(st.text())
def test_every_name_can_be_written(name: str) -> None:
    word = identifier(name)
    assert word.isidentifier()
    inspect.Parameter(word, inspect.Parameter.KEYWORD_ONLY)
