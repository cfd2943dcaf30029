"""Pairio: jobs of apps on a network of compute clients."""
