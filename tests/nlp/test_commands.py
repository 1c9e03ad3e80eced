"""The commands as people and scripts run them. None of these tests has a database."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Nobody listens there: a command that wants a server fails at once.
NOWHERE = {
    "DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def run(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        input=given,
        capture_output=True,
        env=os.environ | NOWHERE,
        timeout=120,
        check=False,
    )


def test_classify_answers_on_standard_output(models_dir: Path) -> None:
    done = run("classify", "--model", str(models_dir), given=b'{"text": "Hoe laat?"}\n')
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["intent"]


def test_classify_ends_with_an_error_after_a_bad_line(models_dir: Path) -> None:
    done = run("classify", "--model", str(models_dir), given=b'x\n{"text": "Hoe laat?"}\n')
    first, second = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 1
    assert first["line"] == 1
    assert second["intent"]
    assert b"1 line could not be classified" in done.stderr
    assert b"Traceback" not in done.stderr


def test_classify_without_a_model_names_the_command(tmp_path: Path) -> None:
    done = run("classify", "--model", str(tmp_path))
    assert done.returncode == 1
    assert b"manage.py train" in done.stderr
    assert b"Traceback" not in done.stderr


def test_train_makes_a_model_and_leaves_a_current_one_alone(
    corpus_dir: Path, tmp_path: Path
) -> None:
    words = ("train", "--if-needed", "--corpus", str(corpus_dir), "--to", str(tmp_path))
    made, left = run(*words), run(*words)
    assert b"is ready" in made.stdout, made.stderr
    assert left.stdout.strip() == b"the language model is up to date"


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_evaluate_prints_the_table(corpus_dir: Path, models_dir: Path, words: tuple) -> None:
    done = run("evaluate", "--corpus", str(corpus_dir), "--model", str(models_dir), *words)
    assert done.returncode == 0, done.stderr
    if words:
        assert json.loads(done.stdout)["posts"] == 16
    else:
        assert b"cal.err" in done.stdout


def test_train_says_what_is_wrong_with_a_corpus(tmp_path: Path) -> None:
    (tmp_path / "part.jsonl").write_text("{}\n", encoding="utf-8")
    done = run("train", "--corpus", str(tmp_path), "--to", str(tmp_path / "out"))
    assert done.returncode == 1
    assert b"part.jsonl:1" in done.stderr
    assert b"Traceback" not in done.stderr
