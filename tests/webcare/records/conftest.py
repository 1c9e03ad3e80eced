from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def drop(settings, tmp_path):
    settings.ARCHIVE_DROP = tmp_path / "drop"
    return settings.ARCHIVE_DROP
