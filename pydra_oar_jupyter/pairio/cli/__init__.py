"""The command line: ``python -m pydra_oar_jupyter pairio …``.

What is asked for goes to stdout, all else to stderr. It exits with 0, with 1 where something
could not be done, and with 2 where the words are wrong.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pydra_oar_jupyter.core.errors import OarError
from pydra_oar_jupyter.pairio.cli.words import parser

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(words: Sequence[str]) -> int:
    """Do what the words say; the exit code.

    Raises:
        SystemExit: they are wrong, or ask for help.
    """
    asked = parser().parse_args(words)
    from pydra_oar_jupyter.pairio.needed import need_pairio

    try:
        need_pairio()
        asked.do(asked)
    except OarError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
