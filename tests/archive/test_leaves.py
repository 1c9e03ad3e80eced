"""The leaf, byte by byte as docs/archive-log.md says, against vectors that never change."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import pytest

from archive import recheck
from archive.leaves import hash_record, write_leaf
from archive.merkle import fold, hash_children

VECTORS = json.loads((Path(__file__).parent / "vectors" / "leaf-v1.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["leaves"])
def test_a_leaf_is_version_hash_of_control_number_and_header(vector):
    header, control = vector["header"].encode(), bytes.fromhex(vector["control"])
    attribute = bytes.fromhex(json.loads(header)["attribute"].replace("-", ""))
    key = bytes.fromhex(VECTORS["control_key"])
    assert control == hmac.digest(key, attribute + header, "sha256")
    assert write_leaf(header, control).hex() == vector["leaf"]
    assert hash_record(header, control).hex() == vector["leaf_hash"]
    salt, body = bytes.fromhex(vector["salt"]), vector["body"].encode()
    said = json.loads(header)["content_hash"]
    assert hashlib.sha256(salt + body).hexdigest() == said


def test_three_leaves_make_the_root_of_the_vectors_with_both_codes():
    hashes = [bytes.fromhex(vector["leaf_hash"]) for vector in VECTORS["leaves"]]
    pair = hash_children(hashes[0], hashes[1])
    assert fold([pair, hashes[2]]).hex() == VECTORS["root_of_three"]
    levels = recheck._build(hashes)
    assert recheck.join(recheck._stack_at(levels, 3)).hex() == VECTORS["root_of_three"]
