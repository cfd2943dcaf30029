"""The shared submission core: requests, jobs, the spool and the tracker.

It knows no notebook, no Pydra and no Pairio.
"""
