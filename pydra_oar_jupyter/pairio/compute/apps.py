"""The apps that this compute client has as programs on this machine, by their names."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydra_oar_jupyter.pairio.errors import PairioError

if TYPE_CHECKING:
    from collections.abc import Sequence

# How long an app may take to write down its specification, in seconds.
_PATIENCE = 120.0


def interpreter(python: str) -> str:
    """The whole path of an interpreter, by its path or its name on PATH.

    Raises:
        PairioError: there is none.
    """
    found = shutil.which(python)
    if found is None:
        raise PairioError(f"There is no interpreter {python}.")
    return str(Path(found).absolute())


def apps_here(paths: Sequence[Path], python: str) -> dict[str, Path]:
    """The ``main.py`` of each app: of those named, and of those that come with this package.

    Args:
        paths: each a ``main.py``, or the directory that has one.
        python: the path of the interpreter that runs them.

    Raises:
        PairioError: one can't be asked for its name, or two have the same.
    """
    from pydra_oar_jupyter.pairio.apps import APPS

    named: dict[str, Path] = {}
    for path in paths:
        main = (path / "main.py" if path.is_dir() else path).absolute()
        name = specification_of(main, python)["name"]
        if name in named:
            raise PairioError(f"Two apps are called {name!r}: {named[name]} and {main}.")
        named[name] = main
    return APPS | named


def specification_of(main: Path, python: str) -> dict[str, Any]:
    """What an app says of itself: at least its name.

    Raises:
        PairioError: it does not say it.
    """
    if not main.is_file():
        raise PairioError(f"There is no app at {main}: name its main.py, or the directory of it.")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name != "PAIRIO_API_KEY" and not name.startswith("JOB_")
    }
    path = f"{Path(python).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "spec.json"
        try:
            done = subprocess.run(
                [python, str(main)],
                env={**kept, "PATH": path, "SPEC_OUTPUT_FILE": str(told)},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=_PATIENCE,
                check=False,
            )
            read: dict[str, Any] = json.loads(told.read_text())
            return {**read, "name": str(read["name"])}
        except FileNotFoundError:
            lines = done.stderr.decode(errors="replace").strip().splitlines()[-5:]
            said = "\n".join(lines) or f"It ended with {done.returncode} and no word."
            raise PairioError(
                f"{main} does not tell its specification (run by {python}):\n{said}"
            ) from None
        except subprocess.TimeoutExpired:
            raise PairioError(
                f"{main} has not told its specification after {_PATIENCE:.0f} s."
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PairioError(f"{main} does not tell its specification: {error!r}.") from None
