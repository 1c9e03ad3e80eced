"""How the programs of the desk begin, wait for what they need, are watched, and end.

`programs` says which there are, `supervision` keeps them going, `servers` and `embedded` bring
PostgreSQL and Redis where none are named, and `keeper` stays with those for as long as they are
used. Described in docs/running.md.
"""
