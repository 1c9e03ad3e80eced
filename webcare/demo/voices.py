"""How people type: the same sentence by a formal lady, a teenager or a shouting neighbour.

Mentions and tags are added afterwards, so that no habit breaks a handle.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache

from webcare.demo.residents import Resident
from webcare.demo.texts import read_lists

_DIALECT = {
    "niet": "nie",
    "dat": "da",
    "wat": "wa",
    "even": "effe",
    "altijd": "altied",
    "het": "'t",
    "een": "'n",
    "mijn": "m'n",
    "ook": "ok",
    "goed": "goe",
    "tijd": "tied",
    "kijk": "kiek",
    "kijken": "kieken",
    "jullie": "gullie",
    "huis": "huus",
    "buiten": "buuten",
    "nou": "noew",
}
_YOUTH = {
    "even": "ff",
    "inderdaad": "idd",
    "waarschijnlijk": "wss",
    "misschien": "mss",
    "iemand": "iem",
    "vandaag": "vndg",
    "gewoon": "gwn",
    "omdat": "omdt",
    "heel": "mega",
    "volgens mij": "vgm",
    "in ieder geval": "iig",
}
_MISTAKES = {
    "wordt": "word",
    "gebeurt": "gebeurd",
    "vindt": "vind",
    "hun": "hen",
    "sowieso": "zowiezo",
    "onmiddellijk": "onmidelijk",
    "gemeente": "gemeete",
    "parkeren": "parkeeren",
    "interessant": "intressant",
    "eigenlijk": "eigelijk",
    "verschrikkelijk": "verschikkelijk",
    "in principe": "in principen",
    "direct": "derect",
    "als": "dan",
    "waarschijnlijk": "waarschijnelijk",
    "jou": "jouw",
}
_GLAD = tuple("😅😊🙏😂👏🌳🎉👀👍🥳✨💪☀🤩")
_SORRY = tuple("😡🤔🙄👀😬🤷😢🤨😤😩🙏")
_ALARMED = tuple("😱😨🙏🚒😷😢👀")
_GLAD_THEMES = {
    "praise",
    "events",
    "football",
    "chatter",
    "swimming",
    "adverts",
    "thanks",
    "animals",
}
_ALARMED_THEMES = {"fire", "worries"}
_YOUTH_ENDS = (
    " fr",
    " echt ongelooflijk",
    " 😭",
    " lol",
    " geen grap",
    " jwz",
    " 💀",
    " man",
    " ik kan niet meer",
    " wtf",
)


def _swap_words(text: str, words: dict[str, str], rng: random.Random, chance: float) -> str:
    def swap(found: re.Match[str]) -> str:
        word = found.group(0)
        if rng.random() > chance:
            return word
        new = words[word.lower()]
        return new[0].upper() + new[1:] if word[0].isupper() else new

    return re.sub(rf"\b(?:{'|'.join(words)})\b", swap, text, flags=re.IGNORECASE)


def _lower(text: str, rng: random.Random) -> str:
    return text.lower().rstrip(".")


def _typos(text: str, rng: random.Random) -> str:
    text = _swap_words(text, _MISTAKES, rng, 0.5)
    letters = list(text)
    for _ in range(1 + len(text) // 90):
        at = rng.randrange(1, max(2, len(letters) - 1))
        if not (letters[at - 1].isalpha() and letters[at].isalpha()):
            continue
        match rng.randrange(3):
            case 0:
                letters[at - 1], letters[at] = letters[at], letters[at - 1]
            case 1:
                del letters[at]
            case _:
                letters.insert(at, letters[at])
    return "".join(letters)


def _with_emoji(text: str, theme: str, rng: random.Random) -> str:
    fitting = _GLAD if theme in _GLAD_THEMES else _SORRY
    fitting = _ALARMED if theme in _ALARMED_THEMES else fitting
    many = rng.choice(fitting) * rng.choice((1, 1, 1, 2, 3))
    if rng.random() < 0.25 and ". " in text:
        return text.replace(". ", f" {rng.choice(fitting)} ", 1) + " " + many
    return f"{text} {many}"


def _formal(text: str, rng: random.Random) -> str:
    return text.replace("!!", ".").replace("jullie", "u").replace("Jullie", "U")


def _dialect(text: str, rng: random.Random) -> str:
    return _swap_words(text, _DIALECT, rng, 0.75)


def _youth(text: str, rng: random.Random) -> str:
    text = _swap_words(text, _YOUTH, rng, 0.8)
    return text.rstrip(".") + rng.choice(_YOUTH_ENDS) if rng.random() < 0.6 else text


def _shouting(text: str, rng: random.Random) -> str:
    text = re.sub(r"[.!]+$", "!!!" if rng.random() < 0.5 else "!!", text)
    if rng.random() < 0.35:
        return text.upper()
    words = text.split(" ")
    for at in rng.sample(range(len(words)), min(len(words), 2)):
        words[at] = words[at].upper()
    return " ".join(words)


def _dots(text: str, rng: random.Random) -> str:
    text = re.sub(r"\. ", lambda _: rng.choice(("... ", ".. ", "... ", ". ")), text)
    return text.rstrip(".") + rng.choice(("...", "..", "....", "."))


def _plain(text: str, rng: random.Random) -> str:
    return text


_HABITS: dict[str, Callable[[str, random.Random], str]] = {
    "plain": _plain,
    "formal": _formal,
    "dialect": _dialect,
    "youth": _youth,
    "typos": _typos,
    "dots": _dots,
    "lower": _lower,
    "shouting": _shouting,
}


def type_as(resident: Resident, text: str, theme: str, rng: random.Random) -> str:
    """Return `text` as this resident types it today; people are not equally sloppy every day.

    `theme` decides which emoji fit: nobody cheers at a fire.
    """
    for habit, change in _HABITS.items():
        dutch_only = habit in ("dialect", "youth", "typos") and resident.language != "nl"
        if habit in resident.habits and not dutch_only and rng.random() < 0.85:
            text = change(text, rng)
    if "emoji" in resident.habits and rng.random() < 0.85:
        text = _with_emoji(text, theme, rng)
    return text


_NEUTER = re.compile(r"\b([Dd])e (?=\{(straat2?)\})")


def fill(text: str, slots: dict[str, str]) -> str:
    """Return `text` with its slots filled; squares, paths and fields are `het`, not `de`."""

    def article(found: re.Match[str]) -> str:
        neuter = slots[found[2]].lower().endswith(("plein", "pad", "veld", "land"))
        return {"D": "Het ", "d": "het "}[found[1]] if neuter else found[0]

    text = _NEUTER.sub(article, text)
    for slot, value in slots.items():
        text = text.replace("{" + slot + "}", value)
    return text


@cache
def dressing() -> dict[str, list[str]]:
    """Openers, closers and names of the days, by language."""
    return read_lists("dressing")


def dress(text: str, language: str, rng: random.Random, times: int) -> str:
    """Add an opener or a closer (with slots), the more the larger `times`: the way out when a
    sentence has been said before."""
    lists = dressing()
    openers, closers = lists[f"{language} openers"], lists[f"{language} closers"]
    if times % 2:
        return f"{text} {rng.choice(closers)}"
    if times or rng.random() < 0.5:
        opener = rng.choice(openers)
        if opener[-1] in ",:" and text[1:2].islower():
            text = text[0].lower() + text[1:]
        text = f"{opener} {text}"
    return f"{text} {rng.choice(closers)}" if times else text
