"""``python -m pydra_oar_jupyter pairio …``: Pairio's service, its accounts and compute clients."""

import sys

from pydra_oar_jupyter.pairio.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
