"""An app: what a main.py makes, and runs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.pairio.errors import PairioError
from pydra_oar_jupyter.pairio.sdk.specification import processor_specification

if TYPE_CHECKING:
    from pydra_oar_jupyter.pairio.sdk.processor import ProcessorBase


class App:
    """Processors under one name."""

    def __init__(self, app_name: str, *, description: str) -> None:
        self._name, self._description = app_name, description
        self._processors: dict[str, type[ProcessorBase]] = {}
        self._specifications: list[dict[str, Any]] = []

    def add_processor(self, processor_class: type[ProcessorBase]) -> None:
        """Add a processor.

        Raises:
            PairioError: it is none, or there is one of its name already.
        """
        specification = processor_specification(processor_class)
        if (name := specification["name"]) in self._processors:
            raise PairioError(f"The app {self._name} has two processors called {name!r}.")
        self._processors[name] = processor_class
        self._specifications.append(specification)

    @property
    def spec(self) -> dict[str, Any]:
        """The app's specification, as the protocol has it."""
        return {
            "name": self._name,
            "description": self._description,
            "processors": self._specifications,
        }

    def run(self) -> None:
        """The end of a main.py: do what the environment asks for.

        With SPEC_OUTPUT_FILE, write the specification there. With JOB_ID, run that job, and exit
        with 1 if it failed; with JOB_INTERNAL=1, be the child that computes it.

        Raises:
            PairioError: the environment asks for nothing, or for something impossible.
        """
        file = os.environ.get("SPEC_OUTPUT_FILE")
        job = os.environ.get("JOB_ID")
        if file and job:
            raise PairioError("SPEC_OUTPUT_FILE and JOB_ID are both set: which of them is it?")
        if file:
            Path(file).write_text(json.dumps(self.spec, indent=4))
        elif not job:
            raise PairioError(
                "An app is run by a compute client, which sets JOB_ID. "
                "Its specification is written where SPEC_OUTPUT_FILE says."
            )
        elif os.environ.get("JOB_INTERNAL") == "1":
            from pydra_oar_jupyter.pairio.sdk.child import run_child

            run_child(self._processors)
        else:
            from pydra_oar_jupyter.pairio.sdk.parent import run_parent

            if code := run_parent():
                sys.exit(code)
