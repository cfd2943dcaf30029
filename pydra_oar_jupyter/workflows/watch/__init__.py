"""What Pydra's own books, its cache and our jobs tell of a run, as snapshots."""
