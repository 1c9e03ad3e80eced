"""Brings mentions in from a file: all of it or nothing, and the same file twice changes nothing.

Files are read by `files`, lines are judged by `lines`, `run` previews and stores. What came in is
classified and triaged like everything else: a `direct` mention opens a case.
"""
