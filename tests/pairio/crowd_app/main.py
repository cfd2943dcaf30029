"""An app whose jobs write down that they run."""

import os

from pydra_oar_jupyter.pairio.sdk import App, BaseModel, Field, ProcessorBase


class NoteContext(BaseModel):
    path: str = Field(description="The file to write to")
    text: str = Field(description="The line to write")


class Note(ProcessorBase):
    name = "note"
    description = "Add a line to a file"
    label = "note"
    image = "example/crowd:0.1"
    executable = "/app/main.py"
    attributes = {}  # noqa: RUF012

    @staticmethod
    def run(context: NoteContext) -> None:
        file = os.open(context.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(file, f"{context.text}\n".encode())  # whole lines, whoever else writes
        os.close(file)


app = App("crowd", description="An app whose jobs write down that they run")
app.add_processor(Note)

if __name__ == "__main__":
    app.run()
