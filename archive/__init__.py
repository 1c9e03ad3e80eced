"""What was registered, sealed so that it can be proved: see docs/archive.md.

`from archive.records import Entry, record, record_many` is the whole way in; this module imports
no models, so that Django can load it as an app.
"""
