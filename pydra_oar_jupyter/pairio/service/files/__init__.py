"""The files of jobs: where they are kept, how they come in and how they go out.

For the rest of the service:

- `names.Place(service, job, kind, name)` checks a name; its ``url(base)`` is for downloads.
- `shelf.Shelf(settings)` is the store and the secret that signs upload URLs: ``State.shelf``.
- `tickets.new_ticket(session, job, kind, name, size)` allows one upload, to the URL that
  ``shelf.upload_url(base, ticket)`` signs.
- `shelf.remove(service, job)` removes a job's files; await it once the job is deleted.
- `routes.router` is to be mounted under the settings' prefix.
"""
