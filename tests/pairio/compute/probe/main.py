"""An app that shows what becomes of it: it writes into a folder that its test has named."""

import os
import time
from pathlib import Path

from pydra_oar_jupyter.pairio.sdk import App, BaseModel, Field, ProcessorBase


class ProbeContext(BaseModel):
    place: str = Field(description="The folder that is shared with the test")
    stay: bool = Field(description="Whether to wait for the file 'go' there", default=True)


class Probe(ProcessorBase):
    name = "probe"
    description = "Say which process it is, and wait"
    label = "probe"
    image = "example/probe"
    executable = "/app/main.py"

    @staticmethod
    def run(context: ProbeContext) -> None:
        place = Path(context.place)
        told = place / f"{os.environ['JOB_ID']}.pids"
        token = place / f"{os.environ['JOB_ID']}.token"
        token.write_text(os.environ.get("TOKEN", ""))
        Path("left behind").touch()
        told.with_suffix(".new").write_text(f"{os.getppid()} {os.getpid()} {Path.cwd()}")
        told.with_suffix(".new").rename(told)
        while context.stay and not (place / "go").exists():
            time.sleep(0.05)


app = App("probe", description="For tests of the compute client")
app.add_processor(Probe)

if __name__ == "__main__":
    app.run()
