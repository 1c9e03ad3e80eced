from __future__ import annotations

import pytest

from archive.erasure import STATEMENTS
from archive.models import Kind


@pytest.mark.parametrize("kind", Kind)
def test_no_kind_of_record_exists_without_saying_how_personal_data_in_it_is_erased(kind):
    assert STATEMENTS[kind].endswith(".")
