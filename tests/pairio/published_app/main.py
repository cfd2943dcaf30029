"""An app as its users write them, with the SDK of the published package."""

import os
import time
from pathlib import Path
from typing import List  # noqa: UP035 - the published SDK knows no other spelling

from pairio.sdk import (
    App,
    BaseModel,
    Field,
    InputFile,
    OutputFile,
    ProcessorBase,
    upload_additional_job_output,
)


class JoinContext(BaseModel):
    texts: List[InputFile] = Field(description="What is joined")  # noqa: UP006
    joined: OutputFile = Field(description="All the texts, one after the other")
    between: str = Field(description="What is put between two texts", default=", ")
    times: int = Field(
        description="How often each is said", default=1, json_schema_extra={"options": [1, 2]}
    )


class Join(ProcessorBase):
    name = "join"
    description = "Join texts"
    label = "join"
    image = "example/published:0.1"
    executable = "/app/main.py"
    attributes = {"kind": "text"}  # noqa: RUF012

    @staticmethod
    def run(context: JoinContext) -> None:
        texts = []
        for number, text in enumerate(context.texts):
            text.download(f"text{number}")
            texts += [Path(f"text{number}").read_text()] * context.times
        print(f"Joining {len(texts)} texts in job {os.environ.get('OAR_JOB_ID', 'none')}")
        Path("joined.txt").write_text(context.between.join(texts))
        Path("count.txt").write_text(str(len(texts)))
        upload_additional_job_output("count.txt", "notes/count.txt")
        context.joined.upload("joined.txt")


class WaitContext(BaseModel):
    pid: str = Field(description="A file that is to hold the id of this process")


class Wait(ProcessorBase):
    name = "wait"
    description = "Wait until somebody ends it"
    label = "wait"
    image = "example/published:0.1"
    executable = "/app/main.py"
    attributes = {}  # noqa: RUF012

    @staticmethod
    def run(context: WaitContext) -> None:
        new = Path(context.pid + ".new")
        new.write_text(str(os.getpid()))
        new.rename(context.pid)
        print("Waiting")
        time.sleep(600)


app = App("published", description="An app that is written with the published SDK")
app.add_processor(Join)
app.add_processor(Wait)

if __name__ == "__main__":
    app.run()
