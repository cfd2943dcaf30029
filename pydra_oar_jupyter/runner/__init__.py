"""What runs on the node: it reads a job's payload, runs the cell in IPython, tells what happens in
the job's events as it happens, and leaves the result. It starts fast and imports little; whatever
the cell does (exits, dies, forks, fills the disk), its events, its result or its exit code say so.
"""
