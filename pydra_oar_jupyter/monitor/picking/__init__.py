"""Resources picked by eye: what is asked as a form and as oarsub's words, and what comes of it."""
