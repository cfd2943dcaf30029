"""A notebook cell as a job: which names go with it, how it is packed into the job's directory, how
its output is followed while it runs, and what comes back. Nothing here knows a notebook: code comes
in as text and what happened goes out as values.
"""
