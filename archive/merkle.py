"""The Merkle tree of RFC 6962, section 2.1 (RFC 9162, 2.1), as arithmetic without storage.

A tree of `size` leaves is cut into ranges of leaves `[start, end)`; every range that a proof needs
falls apart into complete subtrees `(level, index)`, which are stored once and never change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

EMPTY: Final = hashlib.sha256(b"").digest()

#: A complete subtree: `index` counts the subtrees of 2**level leaves from the left.
Node = tuple[int, int]
Range = tuple[int, int]


class InvalidProof(ValueError):
    """The proof does not lead to the root, or does not even have the right length."""


def hash_leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def nodes_of(start: int, end: int) -> Iterator[Node]:
    """Complete subtrees that make up `[start, end)`, largest first.

    `start` must be a multiple of the largest power of two that fits, as in every range of a proof.
    """
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash of a range from those of `nodes_of` it; of no leaves at all, `EMPTY`."""
    if not hashes:
        return EMPTY
    *rest, result = hashes
    for left in reversed(rest):
        result = hash_children(left, result)
    return result


def _middle(start: int, end: int) -> int:
    """Where RFC 6962 splits: the largest power of two smaller than the number of leaves."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """PATH(index, D[size]) as ranges, from the leaf up. Raises ValueError outside the tree."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = _middle(start, end)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """PROOF(old, D[new]) as ranges. Empty for old = 0 or old = new; ValueError for old > new."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} cannot extend one of {old}")
    if old in (0, new):
        return []
    start, end, whole, path = 0, new, True, []
    while end != old:
        middle = _middle(start, end)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start, whole = middle, False
    if not whole:
        path.append((start, end))
    return path[::-1]


def gather(ranges: Iterable[Range], read: Callable[[list[Node]], dict[Node, bytes]]) -> list[bytes]:
    """The hash of each range; `read` is asked once for all the complete subtrees together."""
    parts = [list(nodes_of(start, end)) for start, end in ranges]
    found = read([node for part in parts for node in part])
    return [fold([found[node] for node in part]) for part in parts]


def grow(
    size: int, peaks: dict[int, bytes], leaves: Sequence[bytes]
) -> Iterator[tuple[int, int, list[bytes]]]:
    """The complete subtrees that appear when `leaves` join a tree of `size`.

    `peaks` are the hashes of the old tree's own complete subtrees by level. Yields per level from
    1 up: level, index of the first new subtree, hashes.
    """
    level, first, hashes = 0, size, list(leaves)
    while hashes:
        if first % 2:
            hashes.insert(0, peaks[level])
            first -= 1
        hashes = [hash_children(hashes[at], hashes[at + 1]) for at in range(0, len(hashes) - 1, 2)]
        level, first = level + 1, first // 2
        if hashes:
            yield level, first, hashes


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """RFC 9162, 2.1.3.2. Raises `InvalidProof`."""
    if not 0 <= index < size:
        raise InvalidProof("the leaf lies outside the tree")
    at, last, result = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise InvalidProof("the path is too long")
        if at % 2 or at == last:
            result = hash_children(sibling, result)
            while not at % 2 and at:
                at, last = at >> 1, last >> 1
        else:
            result = hash_children(result, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise InvalidProof("the path is too short")
    if result != root:
        raise InvalidProof("the path does not lead to the root")


def check_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> None:
    """RFC 9162, 2.1.4.2. Raises `InvalidProof`."""
    if not 0 <= old <= new:
        raise InvalidProof("a tree never shrinks")
    if old == new or old == 0:
        if path or (old == new and old_root != new_root) or (old == 0 and old_root != EMPTY):
            raise InvalidProof("the two trees differ")
        return
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not hashes:
        raise InvalidProof("the path is empty")
    at, last = old - 1, new - 1
    while at % 2:
        at, last = at >> 1, last >> 1
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise InvalidProof("the path is too long")
        if at % 2 or at == last:
            first, second = hash_children(sibling, first), hash_children(sibling, second)
            while not at % 2 and at:
                at, last = at >> 1, last >> 1
        else:
            second = hash_children(second, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise InvalidProof("the path is too short")
    if first != old_root or second != new_root:
        raise InvalidProof("the two trees differ")
