"""Nerve cells: recordings, the spikes in them, and what many recordings have in common."""
