"""The three examples of hello_world as a user's script has them.

Prints the jobs' ids, and what is in their outputs, as JSON in the last line.
"""

import json
import sys
from urllib.request import urlopen

from pairio.client import (
    PairioJobDefinition,
    PairioJobInputFile,
    PairioJobOutputFile,
    PairioJobParameter,
    PairioJobRequiredResources,
    submit_job,
)

resources = PairioJobRequiredResources(numCpus=1, numGpus=0, memoryGb=1, timeSec=60)
name = PairioJobParameter(name="name", value=sys.argv[1])

hello = submit_job(
    service_name="hello_world_service",
    job_definition=PairioJobDefinition(
        appName="hello_world",
        processorName="hello_world_1",
        inputFiles=[],
        outputFiles=[],
        parameters=[name],
    ),
    required_resources=resources,
    tags=["example"],
)
written = submit_job(
    service_name="hello_world_service",
    job_definition=PairioJobDefinition(
        appName="hello_world",
        processorName="hello_world_2",
        inputFiles=[],
        outputFiles=[PairioJobOutputFile(name="output", fileBaseName="output.txt")],
        parameters=[name],
    ),
    required_resources=resources,
)
counted = submit_job(
    service_name="hello_world_service",
    job_definition=PairioJobDefinition(
        appName="hello_world",
        processorName="count_characters",
        inputFiles=[
            PairioJobInputFile(
                name="input", fileBaseName="input.txt", url=written.get_output("output")
            )
        ],
        outputFiles=[PairioJobOutputFile(name="output", fileBaseName="output.json")],
        parameters=[PairioJobParameter(name="include_whitespace", value=True)],
    ),
    required_resources=resources,
)

texts = []
for job in (hello, written, counted):
    job.wait_until_done()
    print(job.job_url, job.status, job.isRunnable)
for job in (written, counted):
    with urlopen(job.get_output("output").url) as answer:
        texts.append(answer.read().decode())
print(
    json.dumps(
        {
            "ids": [hello.jobId, written.jobId, counted.jobId],
            "statuses": [hello.status, written.status, counted.status],
            "dependencies": counted.jobDependencies,
            "texts": texts,
        }
    )
)
