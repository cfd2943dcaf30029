"""``python -m bench``, on an OAR cluster: figures beside their floors of the same run."""
