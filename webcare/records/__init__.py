"""The archive as the desk uses it: sealing, checking, showing, erasing; the public page /echt."""
