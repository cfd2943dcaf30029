"""Pydra's workflows on a cluster: a worker that runs tasks as OAR's jobs, and runs in sight.

A run is one Pydra task, mostly a workflow, on its way through one of Pydra's workers, whichever.
"""
