from __future__ import annotations

import pytest

from monitoring.platforms import guarded


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds of waiting prove no more than one does."""
    monkeypatch.setattr(guarded, "TOTAL_SECONDS", 1.0)
