"""The graph of a workflow, laid out and drawn as SVG and as text."""
