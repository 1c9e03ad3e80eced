"""Our tree against the published vectors of Certificate Transparency, and against its definition.

The vectors are those of google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc
(Apache-2.0): eight leaves, the roots of all sizes, inclusion paths and consistency proofs.
"""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.merkle import (
    InvalidProof,
    check_consistency,
    check_inclusion,
    consistency_ranges,
    fold,
    gather,
    grow,
    hash_children,
    hash_leaf,
    inclusion_ranges,
    nodes_of,
)

LEAVES = [
    bytes.fromhex(text)
    for text in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
PATHS = {
    (0, 1): [],
    (0, 8): [A, B, C],
    (5, 8): [D, E, ROOTS[4]],
    (2, 3): [ROOTS[2]],
    (1, 5): [ROOTS[1], B, D],
}
PROOFS = {(1, 1): [], (1, 8): [A, B, C], (6, 8): [F, E, ROOTS[4]], (2, 5): [B, D]}


def define(leaves):
    """MTH of RFC 6962, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hash_leaf(leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hash_children(define(leaves[:split]), define(leaves[split:]))


class Tree:
    """Complete subtrees in memory, added the way the sequencer adds them."""

    def __init__(self):
        self.size, self.nodes = 0, {}

    def add(self, leaves):
        peaks = {level: self.nodes[level, index] for level, index in nodes_of(0, self.size)}
        hashes = [hash_leaf(leaf) for leaf in leaves]
        self.nodes |= {(0, self.size + at): value for at, value in enumerate(hashes)}
        for level, first, found in grow(self.size, peaks, hashes):
            self.nodes |= {(level, first + at): value for at, value in enumerate(found)}
        self.size += len(leaves)

    def read(self, nodes):
        return {node: self.nodes[node] for node in nodes}

    def root(self, size):
        return fold([self.nodes[node] for node in nodes_of(0, size)])


@pytest.fixture
def tree():
    tree = Tree()
    tree.add(LEAVES)
    return tree


def test_the_published_roots_come_out(tree):
    assert [tree.root(size).hex() for size in range(9)] == ROOTS


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_the_published_inclusion_paths_come_out_and_hold(tree, index, size):
    path = gather(inclusion_ranges(index, size), tree.read)
    assert [one.hex() for one in path] == PATHS[index, size]
    root = bytes.fromhex(ROOTS[size])
    check_inclusion(hash_leaf(LEAVES[index]), index, size, path, root)


@pytest.mark.parametrize(("old", "new"), PROOFS)
def test_the_published_consistency_proofs_come_out_and_hold(tree, old, new):
    path = gather(consistency_ranges(old, new), tree.read)
    assert [one.hex() for one in path] == PROOFS[old, new]
    check_consistency(old, new, bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new]), path)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_a_tree_grown_in_pieces_is_the_tree_by_definition(pieces):
    leaves, tree = [], Tree()
    for piece in pieces:
        more = [str(len(leaves) + number).encode() for number in range(piece)]
        tree.add(more)
        leaves += more
        assert tree.root(len(leaves)) == define(leaves)


@given(st.data(), st.integers(1, 70))
def test_every_proof_holds_and_no_proof_survives_a_change(data, size):
    tree = Tree()
    tree.add([str(number).encode() for number in range(size)])
    index = data.draw(st.integers(0, size - 1))
    leaf, path = (
        tree.nodes[0, index],
        gather(inclusion_ranges(index, size), tree.read),
    )
    check_inclusion(leaf, index, size, path, tree.root(size))
    old = data.draw(st.integers(1, size))
    proof = gather(consistency_ranges(old, size), tree.read)
    check_consistency(old, size, tree.root(old), tree.root(size), proof)
    other = hashlib.sha256(leaf).digest()
    with pytest.raises(InvalidProof):
        check_inclusion(other, index, size, path, tree.root(size))
    with pytest.raises(InvalidProof):
        check_inclusion(leaf, index, size, [*path, leaf], tree.root(size))
    with pytest.raises(InvalidProof):
        check_consistency(old, size, other, tree.root(size), proof)
    with pytest.raises(InvalidProof):
        check_consistency(old, size, tree.root(old), other, proof)
    if path:
        with pytest.raises(InvalidProof):
            check_inclusion(leaf, index, size, path[:-1], tree.root(size))
    if size > 1:
        with pytest.raises(InvalidProof):
            check_inclusion(leaf, (index + 1) % size, size, path, tree.root(size))
