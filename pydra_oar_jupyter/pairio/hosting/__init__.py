"""A service and a compute client in one process: for a try, and for one user's notebooks."""
