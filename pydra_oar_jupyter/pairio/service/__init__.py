"""A Pairio service: users, services, apps, compute clients, and the jobs between them."""
