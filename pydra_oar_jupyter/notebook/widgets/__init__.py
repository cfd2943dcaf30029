"""The job monitor and the picker of resources as a cell's output.

``static`` holds what is built from ``js/src/cell`` and ``js/style``.
"""
