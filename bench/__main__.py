"""Run the benchmarks, print their tables and write ``bench/results.json``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

from bench import arrays, latency, loading, monitor, pairio, startup, transfer, workflows

SECTIONS = {
    "loading": loading.run,
    "latency": latency.run,
    "arrays": arrays.run,
    "transfer": transfer.run,
    "workflows": workflows.run,
    "startup": startup.run,
    "pairio": pairio.run,
    "monitor": monitor.run,
}


def main() -> None:
    """Run the sections named on the command line, all of them by default."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], default=[])
    chosen = parser.parse_args().sections or list(SECTIONS)
    path = Path(__file__).with_name("results.json")
    results = json.loads(path.read_text()) if path.exists() else {}
    results["machine"] = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    missed = []
    for name in chosen:
        table = SECTIONS[name]()
        print(table, flush=True)
        results[name] = table.facts()
        missed += table.missed()
    path.write_text(json.dumps(results, indent=2) + "\n")
    if missed:
        sys.exit("Not reached: " + "; ".join(missed))


main()
