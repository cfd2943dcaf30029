"""How a run looks in a notebook: sections of text and HTML, drawn while it goes."""
