"""What `archive.verifier` needs and nothing else; copied into every export."""
