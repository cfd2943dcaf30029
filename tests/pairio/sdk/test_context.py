"""What a processor is called with: the job's files and parameters, checked."""

from __future__ import annotations

import pickle

import pytest

from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.keys import Key
from pydra_oar_jupyter.pairio.models import PairioJobDefinition
from pydra_oar_jupyter.pairio.sdk import BaseModel, Field, InputFile, OutputFile
from pydra_oar_jupyter.pairio.sdk.context import make_context
from pydra_oar_jupyter.pairio.sdk.settings import Access

ACCESS = Access("http://127.0.0.1:1", "job1", Key("very-private"))


class Inner(BaseModel):
    depth: int = 3
    source: InputFile
    log: OutputFile


class Context(BaseModel):
    one: InputFile
    many: list[InputFile]
    result: OutputFile
    text: str
    number: int = 7
    real: float = 1.5
    flags: list[bool] = Field(default=None)
    perhaps: float | None = 0.5
    needed: int | None
    chosen: str = Field(default="x", json_schema_extra={"options": ["x", "y"]})
    listed: list[int] = Field(default=[1], json_schema_extra={"options": [1, 2]})
    inner: Inner


def definition(inputs=("one", "inner.source"), outputs=("result", "inner.log"), **parameters):
    given = {"text": "words", **parameters}
    return PairioJobDefinition(
        appName="app",
        processorName="p",
        inputFiles=[
            {"name": name, "fileBaseName": f"{name}.txt", "url": f"http://x/{name}"}
            for name in inputs
        ],
        outputFiles=[{"name": name, "fileBaseName": f"{name}.csv"} for name in outputs],
        parameters=[{"name": name, "value": value} for name, value in given.items()],
    )


def made(**parameters):
    return make_context(Context, definition(**parameters), ACCESS)[0]


def test_it_is_the_users_model_with_its_defaults():
    context = made()
    assert isinstance(context, Context)
    assert (context.text, context.number, context.real, context.flags) == ("words", 7, 1.5, None)
    assert (context.perhaps, context.needed, context.inner.depth) == (0.5, None, 3)


def test_parameters_are_what_the_job_says():
    context = made(number=8, perhaps=None, needed=2, flags=[True], **{"inner.depth": 9})
    assert (context.number, context.perhaps, context.needed) == (8, None, 2)
    assert context.flags == [True]
    assert context.inner.depth == 9


def test_numbers_have_the_type_of_the_model():
    assert isinstance(made(real=2).real, float)
    assert isinstance(made(number=2.0).number, int)


def test_null_is_the_default_where_the_type_has_no_null():
    assert made(number=None, flags=None).number == 7


def test_lists_of_files_come_in_their_order():
    names = [f"many[{n}]" for n in range(11)]
    context, _ = make_context(
        Context, definition(inputs=["one", "inner.source", *reversed(names)]), ACCESS
    )
    assert [file.url for file in context.many] == [f"http://x/{name}" for name in names]


def test_files_are_those_of_the_job():
    context, outputs = make_context(Context, definition(), ACCESS)
    assert context.one.get_url() == "http://x/one"
    assert context.one.file_base_name == "one.txt"
    assert context.inner.source.url == "http://x/inner.source"
    assert outputs == [context.result, context.inner.log]
    assert outputs[0] is context.result  # its upload is noticed
    assert context.inner.log.file_base_name == "inner.log.csv"


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"number": "many"}, "number: Input should be a valid integer"),
        ({"inner.depth": [1]}, "inner.depth"),
        ({"text": None}, "text: Field required"),
        ({"chosen": "z"}, "'chosen' can't be 'z'; it is one of 'x', 'y'"),
        ({"listed": [1, 3]}, "'listed' can't be 3"),
    ],
)
def test_what_does_not_fit_is_said(parameters, words):
    with pytest.raises(PairioError) as caught:
        made(**parameters)
    assert words in str(caught.value)


def test_a_file_that_is_missing_is_said():
    with pytest.raises(PairioError, match=r"no input 'inner\.source'"):
        make_context(Context, definition(inputs=["one"]), ACCESS)
    with pytest.raises(PairioError, match="no output 'result'"):
        make_context(Context, definition(outputs=[]), ACCESS)


def test_the_key_is_shown_nowhere_but_goes_along_to_other_processes():
    context = made()
    shown = f"{context!r} {context} {context.model_dump()} {context.model_dump_json()} {ACCESS}"
    assert "very-private" not in shown
    assert pickle.loads(pickle.dumps(context.result))._access == ACCESS
