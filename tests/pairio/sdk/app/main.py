"""An app that does what its job's parameter says, in Python."""

from __future__ import annotations

from pydra_oar_jupyter.pairio.sdk import (
    App,
    BaseModel,
    Field,
    InputFile,
    OutputFile,
    ProcessorBase,
)


class DoContext(BaseModel):
    inputs: list[InputFile] = Field(description="What the code may read")
    code: str = Field(description="Python's, with this context as its variable `context`")


class Do(ProcessorBase):
    name = "do"
    description = "Run code"
    label = "Do"
    image = ""
    executable = "/app/main.py"

    @staticmethod
    def run(context: DoContext) -> None:
        exec(context.code, {"context": context})


class MakeContext(DoContext):
    output: OutputFile = Field(description="What the code may write")


class Make(Do):
    name = "make"

    @staticmethod
    def run(context: MakeContext) -> None:
        exec(context.code, {"context": context})


app = App("trial", description="Do what is said")
app.add_processor(Do)
app.add_processor(Make)

if __name__ == "__main__":
    app.run()
