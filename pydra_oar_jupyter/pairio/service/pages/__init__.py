"""The service's pages for people: they work without script, and follow what happens with it."""
