"""Every refusal is told in the language of its reader: written in Dutch, its English beside it.

What is refused in a new place is found here by reading the source, so no sentence is forgotten.
"""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import translation

from tests.cast import Cast
from tests.webcare.desk.makers import make_case
from webcare.desk import cases
from webcare.desk.models import Case
from webcare.env import BASE_DIR
from webcare.organisation.models import Person

# The first argument of these is read by people.
REFUSALS = {
    "APIException",
    "AuthenticationFailed",
    "Conflict",
    "FileProblem",
    "NotAuthenticated",
    "NotFound",
    "ParseError",
    "PermissionDenied",
    "PreconditionFailed",
    "Refused",
    "Throttled",
    "ValidationError",
    "WindowError",
    "_Wrong",
}
# Written in the archive, which knows no languages; translated where it is told (records/api.py).
TOLD_ELSEWHERE = {"CannotErase"}
TRANSLATES = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext"}
# For whoever installs the desk or drives the demo, not for a reader of the screen.
OTHER_READERS = re.compile(r"/(demo|management|migrations)/|/founding\.py$")
CATALOGUE = BASE_DIR / "webcare" / "locale" / "en" / "LC_MESSAGES" / "django.mo"


@cache
def sources() -> tuple[tuple[Path, ast.Module], ...]:
    paths = [
        path
        for room in ("webcare", "monitoring")
        for path in sorted((BASE_DIR / room).rglob("*.py"))
        if not OTHER_READERS.search(path.as_posix())
    ]
    return tuple((path, ast.parse(path.read_text())) for path in paths)


def called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def calls(names: set[str]) -> Iterator[tuple[Path, ast.Call]]:
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) in names:
                yield path, node


def untranslated(node: ast.AST) -> Iterator[ast.AST]:
    """The pieces of text under `node` that no translation goes around; keys are not read."""
    if isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    ):
        yield node
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from untranslated(value)
    elif isinstance(node, ast.DictComp):
        yield from untranslated(node.value)
    elif isinstance(node, ast.BinOp):
        # "…" % {…}: what goes in is a name or a number.
        yield from untranslated(node.left)
    elif isinstance(node, ast.List | ast.Tuple | ast.IfExp | ast.Starred):
        for child in ast.iter_child_nodes(node):
            yield from untranslated(child)


def where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(BASE_DIR)}:{getattr(node, 'lineno', '?')}: {ast.unparse(node)}"


def test_every_refusal_is_written_to_be_translated() -> None:
    bare = [
        where(path, piece)
        for path, call in calls(REFUSALS)
        if call.args
        for piece in untranslated(call.args[0])
    ]
    assert bare == []


def sentences() -> dict[str, str]:
    """What is translated somewhere in the program → where."""
    found = {
        arg.value: where(path, call)
        for path, call in calls(TRANSLATES)
        for arg in call.args[:1]
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str) and arg.value
    }
    archive = ast.parse((BASE_DIR / "archive" / "erasing.py").read_text())
    for node in ast.walk(archive):
        if isinstance(node, ast.Call) and called(node) in TOLD_ELSEWHERE:
            arg = node.args[0]
            assert isinstance(arg, ast.Constant), ast.unparse(node)
            assert isinstance(arg.value, str)
            found[arg.value] = "archive/erasing.py"
    return found


def test_every_sentence_has_its_english() -> None:
    with CATALOGUE.open("rb") as file:
        english = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    assert {text: at for text, at in sentences().items() if not english.get(text)} == {}


def test_the_english_keeps_every_name_that_goes_in() -> None:
    with CATALOGUE.open("rb") as file:
        english: dict[Any, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    slots = re.compile(r"%\(\w+\)\w")
    wrong = {
        text
        for text, translated in english.items()
        if isinstance(text, str)
        and sorted(slots.findall(text)) != sorted(slots.findall(translated))
    }
    assert wrong == set()


def test_a_sentence_without_translation_would_be_found() -> None:
    tree = ast.parse('ValidationError({"text": f"Nee, {name}."}); PermissionDenied(_("Nee."))')
    first, second = (
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and called(node) != "_"
    )
    assert len(list(untranslated(first.args[0]))) == 1
    assert list(untranslated(second.args[0])) == []


@pytest.fixture
def case(cast: Cast) -> Case:
    return make_case(cast.account)


@pytest.mark.parametrize(
    ("language", "words"),
    [("nl", "Schrijf eerst een notitie."), ("en", "Write a note first.")],
)
def test_a_refusal_comes_in_the_language_of_the_person(
    cast: Cast, case: Case, client: Client, language: str, words: str
) -> None:
    Person.objects.filter(pk=cast.agent.pk).update(language=language)
    client.force_login(cast.agent)
    # What the browser prefers is no choice: many municipal computers run English.
    answer = client.post(
        f"/api/v1/cases/{case.pk}/notes",
        {"text": " "},
        content_type="application/json",
        headers={"accept-language": "de"},
    )
    assert (answer.status_code, answer.json()["detail"]) == (400, words)


def test_a_refusal_with_a_name_in_it_keeps_the_name(cast: Cast, case: Case) -> None:
    with translation.override("en"), pytest.raises(ValidationError) as refused:
        cases.assign_case(cast.agent, case.pk, cast.other_agent.pk)
    assert refused.value.message_dict["personId"][0].startswith("Fatma Kaya does not work")


def test_another_teams_case_is_refused_in_english_too(cast: Cast, case: Case) -> None:
    with translation.override("en"), pytest.raises(PermissionDenied, match="another team"):
        cases.take_case(cast.other_agent, case.pk)
