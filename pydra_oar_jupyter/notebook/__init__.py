"""The magics and what they show: the only part that knows IPython."""
