"""A compute client that does next to nothing: it claims jobs, "works" a moment and completes them.

``python crowd_client.py URL ID KEY LOG``: ended by whoever started it. Each step of each job is a
line of the log, ``STEP JOB KEY PROCESS``, written before the next begins:

- claimed: the service has given it the job, which was pending
- resumed: the job was this client's, from before it was killed or from before an answer was lost
- worked: the work is done
- completed: the service has taken it as completed
- lost: the service has refused a step: the job is somebody else's, or an answer was lost
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import random
import sys
import time
from typing import Any
from urllib.parse import urlsplit


class Client:
    def __init__(self, url: str, client_id: str, key: str, log: str) -> None:
        self.where = urlsplit(url)
        self.id, self.key = client_id, key
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.connection = http.client.HTTPConnection(self.where.netloc, timeout=30)

    def run(self) -> None:
        while True:
            found = self.call("getRunnableJobsForComputeClient", self.key)
            jobs = [*found["runningJobs"], *found["runnableJobs"]]
            for job in jobs:
                self.work(job)
            if not jobs:
                time.sleep(random.uniform(0.1, 0.4))

    def work(self, job: dict[str, Any]) -> None:
        """One job, from where it is to its end."""
        if job["status"] == "pending":
            if not self.set_status(job, "starting"):
                return
            self.note("claimed", job)
        else:
            self.note("resumed", job)
        if job["status"] != "running" and not self.set_status(job, "running"):
            return
        time.sleep(random.uniform(0, 0.05))
        self.note("worked", job)
        if self.set_status(job, "completed"):
            self.note("completed", job)

    def set_status(self, job: dict[str, Any], status: str) -> bool:
        fields = {"jobId": job["jobId"], "status": status}
        if "error" in self.call("setJobStatus", job["jobPrivateKey"], **fields):
            self.note("lost", job)
            return False
        return True

    def note(self, step: str, job: dict[str, Any]) -> None:
        key = hashlib.sha256(job["jobPrivateKey"].encode()).hexdigest()[:12]
        os.write(self.log, f"{step} {job['jobId']} {key} {os.getpid()}\n".encode())

    def call(self, name: str, key: str, **fields: Any) -> dict[str, Any]:
        """The service's answer, asked for until there is one."""
        body = json.dumps({"type": f"{name}Request", "computeClientId": self.id, **fields})
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        while True:
            try:
                self.connection.request("POST", f"{self.where.path}/api/{name}", body, headers)
                answer = self.connection.getresponse()
                found: dict[str, Any] = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                self.connection.close()
                time.sleep(random.uniform(0.05, 0.2))
                continue
            if answer.status < 500:
                return found
            os.write(self.log, f"error {answer.status} {name} {found}\n".encode())
            time.sleep(0.2)


if __name__ == "__main__":
    Client(*sys.argv[1:5]).run()
