"""``python -m pydra_oar_jupyter.runner DIRECTORY``: run the cell of a job."""

import sys

from pydra_oar_jupyter.runner.job import main

main(sys.argv[1])
