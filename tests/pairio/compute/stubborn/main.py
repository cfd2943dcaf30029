"""An app that knows no SDK: it never says a word to the service, whatever happens."""

import json
import os
import sys
import time
from pathlib import Path

if file := os.environ.get("SPEC_OUTPUT_FILE"):
    place = {"name": "place", "type": "str", "description": ""}
    facts = dict.fromkeys(("description", "label", "image"), "")
    facts |= {"inputs": [], "outputs": [], "attributes": [], "executable": "/app/main.py"}
    processors = [
        {"name": name, "parameters": [place], **facts} for name in ("sleep", "fail", "end")
    ]
    spec = {"name": "stubborn", "description": "", "processors": processors}
    Path(file).write_text(json.dumps(spec))
    sys.exit()

import httpx

url, job_id = os.environ["PAIRIO_API_URL"], os.environ["JOB_ID"]
job = httpx.post(f"{url}/api/getJob", json={"type": "getJobRequest", "jobId": job_id}).json()["job"]
definition = job["jobDefinition"]
place = Path(definition["parameters"][0]["value"])
told = place / f"{job_id}.pids"
told.with_suffix(".new").write_text(f"{os.getppid()} {os.getpid()} {Path.cwd()}")
told.with_suffix(".new").rename(told)
if definition["processorName"] == "sleep":
    time.sleep(600)
if definition["processorName"] == "fail":
    sys.exit("It has come to nothing: " + os.environ["JOB_PRIVATE_KEY"])
