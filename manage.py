#!/usr/bin/env python
"""Django's command line: `./manage.py help` lists what the desk can do."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webcare.settings")
    from webcare.commandline import main

    raise SystemExit(main(sys.argv))
