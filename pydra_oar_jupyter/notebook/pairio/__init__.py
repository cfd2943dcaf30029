"""Pairio jobs in a notebook: how they are followed and shown."""
