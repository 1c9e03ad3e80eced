"""One small model for all tests of the language room."""

from pathlib import Path

import pytest

from nlp.model import Model
from nlp.training import train

from .small_corpus import write_corpus


@pytest.fixture(scope="session")
def corpus_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="session")
def models_dir(corpus_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    train(corpus_dir, folder, say=lambda line: None)
    return folder


@pytest.fixture(scope="session")
def model(models_dir: Path) -> Model:
    return Model.load(models_dir)
