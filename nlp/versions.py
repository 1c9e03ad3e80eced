"""Which model it is: where models are kept, what one was made from, and whether it is current.

Reads files only, so that who merely asks need not load the machine.
"""

import hashlib
import json
from pathlib import Path

from nlp.posts import hash_corpus

HERE = Path(__file__).parent
MODELS = HERE / "models"
META = "meta.json"
PIPELINE = "pipeline"

#: Year, month and number of the way models are built; goes up when the features change meaning.
RELEASE = "2026.11.2"
#: Files that decide what a model learns; a change in one makes a trained model stale.
LEARNING = (
    "labels.py",
    "posts.py",
    "normalise.py",
    "lexicon.py",
    "features.py",
    "matrix.py",
    "words.py",
    "heads.py",
    "calibration.py",
    "fitting.py",
    "training.py",
)


def fingerprint(corpus_dir: Path) -> str:
    """SHA-256 of all a model is made from: the corpus, the lexicon and the code that learns."""
    digest = hashlib.sha256(hash_corpus(corpus_dir).encode())
    files = [HERE / name for name in LEARNING] + sorted((HERE / "lexicon").glob("*.txt"))
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def model_name(mark: str) -> str:
    """What a verdict says it was made by: the release and the start of the fingerprint."""
    return f"{RELEASE}+{mark[:8]}"


def is_current(corpus_dir: Path, models_dir: Path = MODELS) -> bool:
    """Whether the model in `models_dir` was made from exactly this corpus, lexicon and code."""
    try:
        meta = json.loads((models_dir / META).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(meta.get("fingerprint") == fingerprint(corpus_dir))
