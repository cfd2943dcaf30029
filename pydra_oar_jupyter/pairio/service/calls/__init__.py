"""The calls of the protocol: ``POST /api/<name>``, one file for each subject."""
