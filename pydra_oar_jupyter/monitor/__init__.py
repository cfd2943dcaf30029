"""All jobs of this user as rows that are kept up to date, and what can be asked of them.

A viewer speaks with a `session.Session`, in the messages of ``js/src/protocol.ts``. Nothing here
knows IPython or Jupyter.
"""
