"""What an app says of itself: the same as with the published SDK, and more types."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Literal, Optional

import pytest

from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.models import PARAMETER_TYPES, PairioAppSpecification
from pydra_oar_jupyter.pairio.sdk import App, BaseModel, Field, InputFile, OutputFile, ProcessorBase
from tests.pairio.published import published_environment

# As users of the published SDK write them: one of everything that it has.
MAIN = """
from typing import List, Optional, Union
from {sdk} import App, BaseModel, Field, InputFile, OutputFile, ProcessorBase

class Inner(BaseModel):
    depth: int = Field(description="How deep", default=3)
    source: InputFile = Field(description="A file further in")

class Outer(BaseModel):
    inner: Inner
    scale: float = Field(description="How much", default=1)

class Context(BaseModel):
    one: InputFile = Field(description="One file")
    many: List[InputFile] = Field(description="Many files")
    plain: InputFile
    result: OutputFile = Field(description="What comes out")
    text: str = Field(description="Words")
    number: int = Field(description="A number", default=0)
    real: float = Field(description="A real one", default=2.5)
    flag: bool = Field(description="Yes or no", default=False)
    texts: List[str] = Field(description="Many words", default=["a", "b"])
    numbers: List[int] = Field(description="Many numbers", default_factory=list)
    reals: List[float] = Field(description="Many real ones", default=[1, 2.5])
    flags: List[bool] = Field(description="Many flags", default=None)
    perhaps: Optional[int] = Field(description="Perhaps a number", default=None)
    maybe: Union[float, None] = Field(description="Perhaps a real one", default=0.5)
    some: Optional[List[str]] = Field(description="Perhaps words", default=None)
    chosen: str = Field(
        description="One of these", default="x", json_schema_extra={{"options": ["x", "y"]}}
    )
    size: int = Field(description="Of these", default=1, json_schema_extra={{"options": [1, 2]}})
    outer: Outer

class Everything(ProcessorBase):
    name = "everything"
    description = "One of everything – " + "e" * 100
    label = "Everything"
    image = "example/image:1"
    executable = "/app/main.py"
    attributes = {{"wip": True, "nothing": None, "nested": {{"a": [1, None]}}}}

    @staticmethod
    def run(context: Context):
        print(context.text)

class NothingContext(BaseModel):
    pass

class Nothing(Everything):
    name = "nothing"
    attributes = {{}}

    @staticmethod
    def run(context: NothingContext):
        pass

app = App("mine", description="An app")
app.add_processor(Everything)
app.add_processor(Nothing)

if __name__ == "__main__":
    app.run()
"""


def specification(python, sdk, folder):
    folder.mkdir()
    (folder / "main.py").write_text(MAIN.format(sdk=sdk))
    told = folder / "spec.json"
    # The environment's own directory: a program there must not find this package by chance.
    subprocess.run(
        [python, "main.py"],
        check=True,
        cwd=folder,
        env={**os.environ, "SPEC_OUTPUT_FILE": str(told)},
        timeout=120,
    )
    return told.read_text()


def test_it_is_the_same_as_with_the_published_sdk(tmp_path):
    published = specification(
        published_environment() / "bin" / "python", "pairio.sdk", tmp_path / "published"
    )
    ours = specification(sys.executable, "pydra_oar_jupyter.pairio.sdk", tmp_path / "ours")
    assert ours == published
    PairioAppSpecification.model_validate(json.loads(ours))


def processor(context, **facts):
    class Made(ProcessorBase):
        name = "made"
        description = "Made for a test"
        label = "Made"
        image = ""
        executable = "main.py"

    def run(context):
        pass

    run.__annotations__ = {"context": context}
    Made.run = staticmethod(run)
    for name, value in facts.items():
        setattr(Made, name, value)
    return Made


def parameters(context):
    app = App("app", description="An app")
    app.add_processor(processor(context))
    return {one["name"]: one for one in app.spec["processors"][0]["parameters"]}


def test_types_can_be_written_in_each_way():
    class Context(BaseModel):
        a: str | None = None
        b: Optional[bool] = None  # noqa: UP045 - as many write it
        c: list[str]
        d: None | list[float] = None  # noqa: RUF036 - as some write it
        e: "list[int] | None" = None  # noqa: UP037

    assert {name: one["type"] for name, one in parameters(Context).items()} == {
        "a": "Optional[str]",
        "b": "Optional[bool]",
        "c": "List[str]",
        "d": "Optional[List[float]]",
        "e": "Optional[List[int]]",
    }


@pytest.mark.parametrize("name", PARAMETER_TYPES)
def test_each_type_of_the_protocol_can_be_had(name):
    import typing

    class Context(BaseModel):
        x: eval(name, vars(typing))

    assert parameters(Context)["x"]["type"] == name


@pytest.mark.parametrize(
    "type_", [bytes, dict[str, int], list, list[list[int]], int | str, Literal["a"], set[str]]
)
def test_other_types_are_refused_by_name(type_):
    class Context(BaseModel):
        odd: type_

    with pytest.raises(PairioError, match="odd has the type"):
        parameters(Context)


class Good(BaseModel):
    output: OutputFile


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (processor(Good, description="x" * 201), "longer than 200 characters"),
        (processor(dict), "takes one argument, annotated with a pydantic model"),
        (processor(Good, image=3), "image"),
    ],
)
def test_what_is_no_processor_is_refused(made, words):
    with pytest.raises(PairioError, match=words):
        App("app", description="An app").add_processor(made)


def test_a_processor_says_what_it_lacks():
    class Bare:
        name = "bare"

        @staticmethod
        def run(context: Good):
            pass

    with pytest.raises(PairioError, match="no description, no label, no image, no executable"):
        App("app", description="An app").add_processor(Bare)


def test_files_have_no_default():
    class Context(BaseModel):
        input: InputFile = Field(default=InputFile(name="x"))

    with pytest.raises(PairioError, match="input is a file"):
        parameters(Context)


def test_two_processors_of_one_name_are_refused():
    app = App("app", description="An app")
    app.add_processor(processor(Good))
    with pytest.raises(PairioError, match="two processors called 'made'"):
        app.add_processor(processor(Good))
