"""Settings of the archive: keys, and where checkpoints go. Explained in docs/archive-keys.md."""

from __future__ import annotations

from typing import Final

from webcare.deployment import DEMO, VAR_DIR
from webcare.env import read_int, read_list, read_path, read_text, read_url
from webcare.running import servers

# Signs checkpoints; its public half is on /echt/log. A rotation puts the old one in …_PREVIOUS.
ARCHIVE_SIGNING_KEY: Final = servers.read_or_make_key("ARCHIVE_SIGNING_KEY", VAR_DIR, demo=DEMO)
ARCHIVE_SIGNING_KEY_PREVIOUS: Final = read_text("ARCHIVE_SIGNING_KEY_PREVIOUS")
# Public keys (vkey) that signed our checkpoints before.
ARCHIVE_RETIRED_SIGNERS: Final = read_list("ARCHIVE_RETIRED_SIGNERS")
# Every checkpoint is left here too, outside the database: best on storage that only grows.
ARCHIVE_DROP: Final = read_path("ARCHIVE_DROP", VAR_DIR / "archive")
# Who gets the checkpoint of the day by e-mail.
ARCHIVE_MAIL_TO: Final = read_list("ARCHIVE_MAIL_TO")
# Neighbours that cosign for us: "https://host/witness vkey", comma-separated.
ARCHIVE_WITNESSES: Final = read_list("ARCHIVE_WITNESSES")
# Logs of neighbours that we cosign, by vkey, and the name we do it under.
ARCHIVE_WITNESSED: Final = read_list("ARCHIVE_WITNESSED")
ARCHIVE_WITNESS_NAME: Final = read_text("ARCHIVE_WITNESS_NAME")
# Time-stamping authority (RFC 3161) and its root certificates (PEM); none by default.
ARCHIVE_TSA_URL: Final = read_url("ARCHIVE_TSA_URL", "", ("http", "https"))
ARCHIVE_TSA_ROOTS: Final = read_text("ARCHIVE_TSA_ROOTS")
ARCHIVE_TSA_HOURS: Final = read_int("ARCHIVE_TSA_HOURS", 24, minimum=1, maximum=24 * 31)
# Questions one address may ask /echt per minute.
ECHT_PER_MINUTE: Final = read_int("ECHT_PER_MINUTE", 30, minimum=1, maximum=10_000)
