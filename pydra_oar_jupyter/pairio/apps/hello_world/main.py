"""Three processors to try Pairio with."""

from __future__ import annotations

import json
from pathlib import Path

from pydra_oar_jupyter.pairio.sdk import (
    App,
    BaseModel,
    Field,
    InputFile,
    OutputFile,
    ProcessorBase,
)


class HelloWorld1Context(BaseModel):
    """What hello_world_1 takes."""

    name: str = Field(description="The name to greet", default="world")


class HelloWorld1(ProcessorBase):
    """Prints a greeting."""

    name = "hello_world_1"
    description = "Say hello on the console"
    label = "Hello 1"
    image = ""
    executable = "/app/main.py"

    @staticmethod
    def run(context: HelloWorld1Context) -> None:
        """Greet."""
        print(f"Hello, {context.name}!")


class HelloWorld2Context(BaseModel):
    """What hello_world_2 takes."""

    output: OutputFile = Field(description="The greeting, as text")
    name: str = Field(description="The name to greet", default="world")


class HelloWorld2(ProcessorBase):
    """Writes a greeting."""

    name = "hello_world_2"
    description = "Say hello in an output file"
    label = "Hello 2"
    image = ""
    executable = "/app/main.py"

    @staticmethod
    def run(context: HelloWorld2Context) -> None:
        """Greet."""
        Path("output.txt").write_text(f"Hello, {context.name}!", encoding="utf-8")
        context.output.upload("output.txt")


class CountCharactersContext(BaseModel):
    """What count_characters takes."""

    input: InputFile = Field(description="A text file, in UTF-8")
    output: OutputFile = Field(description='JSON: {"num_characters": N}')
    include_whitespace: bool = Field(description="Count white space too", default=True)


class CountCharacters(ProcessorBase):
    """Counts."""

    name = "count_characters"
    description = "Count the characters of a text file"
    label = "Count characters"
    image = ""
    executable = "/app/main.py"

    @staticmethod
    def run(context: CountCharactersContext) -> None:
        """Count."""
        text = Path(context.input.download()).read_bytes().decode("utf-8")
        if not context.include_whitespace:
            text = "".join(text.split())
        Path("output.json").write_text(json.dumps({"num_characters": len(text)}))
        context.output.upload("output.json")


app = App("hello_world", description="Say hello, and count the characters of a text")
app.add_processor(HelloWorld1)
app.add_processor(HelloWorld2)
app.add_processor(CountCharacters)

if __name__ == "__main__":
    app.run()
