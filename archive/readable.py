"""A record as a page that people can read with nothing but a browser, also in 2055."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")
KINDS: Final = {
    "incoming": "Bericht van een inwoner",
    "own_post": "Bericht van de gemeente",
    "edit": "Wijziging van een bericht",
    "deletion": "Verwijdering van een bericht",
    "erasure": "Verklaring: inhoud gewist",
}
LABELS: Final = {
    "platform": "Platform",
    "url": "Adres",
    "posted_at": "Geplaatst",
    "seen_at": "Gezien",
    "id": "Kenmerk op het platform",
    "in_reply_to": "In antwoord op",
    "signed_by": "Ondertekend door",
    "private": "Vertrouwelijk",
}
_PAGE: Final = """<!doctype html>
<html lang="nl"><head><meta charset="utf-8"><title>{title}</title><style>
body{{font:1.05rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}}
blockquote{{border-left:.3rem solid #555;margin:1rem 0;padding:.2rem 1rem;white-space:pre-wrap}}
th{{text-align:left;vertical-align:top;padding-right:1.5rem;font-weight:600}}
td{{overflow-wrap:anywhere}}</style></head><body>
<h1>{title}</h1>
{words}
<table>{rows}</table>
<p>Dit is een leesbare weergave. Het bewijs staat in <code>{record}</code> en <code>{proof}</code>;
zie <code>LEESMIJ.txt</code>.</p>
</body></html>
"""


def write_page(
    header: Mapping[str, Any], body: bytes | None, name: str, index: int, media: Sequence[str]
) -> str:
    content = json.loads(body) if body is not None else None
    words = "<p><em>De inhoud is gewist; wat rest bewijst dat er iets was.</em></p>"
    if isinstance(content, dict):
        text = content.get("text")
        words = f"<blockquote>{html.escape(_show(text))}</blockquote>" if text is not None else ""
    rows = [("Plaats in het logboek", str(index)), ("Berichtkenmerk", header["attribute"])]
    rows += [("Geregistreerd", _moment(header["registered_at"]))]
    rows += list(_describe(content)) if isinstance(content, dict) else []
    rows += [(_label(key), _show(value)) for key, value in header["metadata"].items()]
    rows += [("Bijlage", file) for file in media]
    return _PAGE.format(
        title=html.escape(KINDS.get(header["kind"], header["kind"])),
        words=words,
        rows="".join(
            f"<tr><th>{html.escape(label)}</th><td>{html.escape(value)}</td></tr>"
            for label, value in rows
        ),
        record=f"data/records/{name}.json",
        proof=f"proofs/{name}.json",
    )


def _describe(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    author = content.get("author")
    if isinstance(author, dict):
        yield "Van", f"{_show(author.get('name'))} {_show(author.get('handle'))}".strip()
    for key, value in content.items():
        if key in ("text", "author") or value in (None, "", []):
            continue
        yield _label(key), _moment(value) if key.endswith("_at") else _show(value)


def _label(key: str) -> str:
    return LABELS.get(key, key)


def _moment(text: Any) -> str:
    try:
        at = datetime.fromisoformat(text).astimezone(AMSTERDAM)
    except (TypeError, ValueError):
        return _show(text)
    return f"{at:%d-%m-%Y %H:%M:%S} ({at.tzname()})"


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nee"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)
