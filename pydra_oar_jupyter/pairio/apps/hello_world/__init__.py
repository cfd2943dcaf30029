"""Pairio's first app."""
