"""Pydra's worker for OAR: its tasks as jobs, packed, gathered into arrays, and their results."""
