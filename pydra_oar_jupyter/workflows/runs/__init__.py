"""Runs: submitted with any of Pydra's workers, kept in the spool, stopped, and found again."""
