"""What runs on the compute node: one task, or a whole workflow on one job's cores."""
