"""A black-box proof of `docs/delivery.md`: real processes, real faults, and a checker; not shipped.

Nothing here imports the product. What it knows of it is what every client knows: the HTTP API,
the command lines, and the database file that is left at the end.
"""
