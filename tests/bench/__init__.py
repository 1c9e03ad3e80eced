"""Benchmarks: each module here has `run()`, which yields one dict per figure."""
