"""Run by test_bytes: a town of its own in which one resident's message and our answer are erased.

Prints, as JSON, in which files of the database each word lies before and after.
"""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path

WORDS = ("Zeldzaamwoord", "inwonerxyz", "Antwoordwoord", "Geheimfoto")


def find_words(data: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {word: [] for word in WORDS}
    for path in data.rglob("*"):
        if not path.is_file():
            continue
        content = path.read_bytes()
        for word in WORDS:
            if word.encode() in content or word.lower().encode() in content:
                found[word].append(path.relative_to(data).as_posix())
    return found


def main() -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection, transaction
    from django.utils import timezone

    from archive.models import Record
    from archive.records import Entry, File, record_many
    from archive.sequencer import seal_all
    from monitoring.platforms.base import Author
    from tests.makers import make_account, make_municipality, make_person, make_team
    from tests.webcare.desk.makers import make_case
    from webcare.desk.models import Reply
    from webcare.desk.sealing import seal_reply
    from webcare.records import erasing
    from webcare.running import servers

    servers.ensure_running(settings.VAR_DIR, ["postgres"])
    call_command("migrate", verbosity=0)
    municipality = make_municipality("Elzendrecht", slug="elzendrecht")
    team = make_team(municipality, central=True)
    account = make_account(team)
    author = Author("inwonerxyz@plein.example", "Inwonerxyz")
    raw = {"content": "Zeldzaamwoord in de Dorpsstraat", "acct": "inwonerxyz"}
    case = make_case(account, "Zeldzaamwoord in de Dorpsstraat " * 200, author=author, raw=raw)
    for number in range(50):
        make_case(account, f"Gewoon bericht {number}")
    reply = Reply.objects.create(
        case=case,
        account=account,
        in_reply_to=case.first_mention,
        author=make_person(municipality, teams=[team]),
        text="Antwoordwoord, morgen komt de monteur",
        state=Reply.State.SENT,
        sent_at=timezone.now(),
    )
    with transaction.atomic():
        seal_reply(reply)
        record_many(
            [
                Entry(
                    municipality.pk,
                    "edit",
                    "reply",
                    reply.pk,
                    {"text": "x"},
                    "1",
                    files=[File("image/png", b"Geheimfoto" * 500)],
                )
            ]
        )
    seal_all()
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    data = Path(settings.VAR_DIR) / "postgres" / "data"
    before = find_words(data)
    officer = make_person(municipality, "privacy_officer")
    archivist = make_person(municipality, "archivist")
    victims = Record.objects.filter(subject_type="reply", subject_id=reply.pk, kind="own_post")
    mention = Record.objects.get(subject_type="mention", subject_id=case.first_mention_id)
    for record in (mention, victims.get()):
        erasing.request_erasure(record, "request", officer)
        erasing.approve_erasure(record, archivist)
    erasing.sweep()
    seal_all()
    after = find_words(data)
    said = io.StringIO()
    with redirect_stdout(said):
        call_command("archive_verify", stdout=said)
        call_command("archive_export", to=Path(sys.argv[1]), stdout=said)
    print(json.dumps({"before": before, "after": after, "said": said.getvalue()}))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webcare.settings")
    main()
