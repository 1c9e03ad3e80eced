"""The letter to whoever opens an export, perhaps in 2055, and its BagIt description."""

from __future__ import annotations

from typing import Final

from django.utils import timezone

LETTER: Final = """LEES MIJ  (English below)
========

Dit is een uitgifte van het archief {origin}.
Gevraagd: {selection}. Het logboek telde op dat moment {size} records.

Wat is wat
----------
data/records/*.json    de records zelf: inhoud, kop en zout, in de vorm van RFC 8785
data/readable/*.html   dezelfde records om te lezen, met elke browser
data/media/            bijlagen
proofs/*.json          per record: plaats, pad in de boom, controlegetal, controlepunt
checkpoint.txt         het ondertekende controlepunt, met wie het mede ondertekende
public-key.txt         de openbare sleutel van de gemeente (ook als public-key.pem)
timestamps/            tijdstempels volgens RFC 3161, als die er zijn
index.csv              alle records op een rij
export.txt             ondertekende verklaring: wat is uitgegeven, en wanneer
manifest-sha256.txt, tagmanifest-sha256.txt   SHA-256 van elk bestand (BagIt, RFC 8493)
controle/              het programma dat alles controleert

Controleren
-----------
Nodig: Python 3.11 of nieuwer en het pakket "cryptography".
    cd controle
    python -m archive.verifier .. --public-key SLEUTEL
SLEUTEL is de sleutel die de gemeente elders bekendmaakt, niet die uit deze map.
Het programma zegt per record: authentiek, gewijzigd (wat) of onbekend.
Uitkomst: 0 alles klopt, 1 gewijzigd, 2 niet te controleren, 3 niet alles te bewijzen.

Zonder dat programma, in elke programmeertaal
---------------------------------------------
Van een record zijn "kop" (header) en "inhoud" (content) de bytes zoals ze in het bestand staan.
1. inhoud     hexadecimaal SHA-256( zout + inhoud ) staat in de kop als content_hash.
2. bijlage    SHA-256( zout + SHA-256(bestand) ) staat in de kop onder media.
3. blad       SHA-256( 0x00 + 0x01 + SHA-256(controlegetal) + kop )
4. boom       met "path" en "index" uit proofs/ volgt de wortel (RFC 9162, 2.1.3.2);
              twee knopen samen: SHA-256( 0x01 + links + rechts ).
5. controlepunt   drie regels: naam, aantal, wortel (base64). Daaronder, na een lege regel, de
              handtekening: Ed25519 over die drie regels met hun regeleinden; van de base64
              achter de naam zijn de eerste 4 bytes het nummer van de sleutel en de rest de
              handtekening (C2SP signed-note).
6. tijdstempel    openssl ts -verify -in timestamps/N.tsr -data timestamps/N.txt -CAfile CA.pem

Is inhoud gewist, dan staat er null. Een record van de soort "erasure" verklaart dan wanneer en
op welke grond; het bewijs van het gewiste record blijft geldig.


READ ME
=======

This is an export of the archive {origin}.
Asked: {selection}. The log held {size} records at that moment.

Check it with Python 3.11 or newer and the package "cryptography":
    cd controle
    python -m archive.verifier .. --lang en --public-key KEY
KEY is the key the municipality publishes elsewhere, not the one in this folder.
Result: 0 all is right, 1 altered, 2 cannot be checked, 3 not everything can be proved.

By hand: content_hash in the header is SHA-256(salt + content), with content and header as the
bytes stand in the file; the leaf is SHA-256(0x00 + 0x01 + SHA-256(control) + header); path and
index in proofs/ lead to the root (RFC 9162, 2.1.3.2), which the checkpoint states in its third
line and which is signed with Ed25519 over its three lines (C2SP signed-note).
"""


def write_letter(origin: str, size: int, selection: str) -> str:
    asked = "alles / everything" if selection == "all" else selection
    return LETTER.format(origin=origin, size=size, selection=asked)


def write_bag_info(origin: str, selection: str) -> str:
    today = timezone.localdate().isoformat()
    return (
        f"Source-Organization: {origin.split('/')[0]}\n"
        f"External-Identifier: {origin}\n"
        f"External-Description: archive export, {selection}\n"
        f"Bagging-Date: {today}\n"
        "Bag-Software-Agent: Stadspraat\n"
    )
