"""The tree of one log as it stands in the database: complete subtrees, each written once.

Leaf hashes are in `archive_leaf`, complete subtrees from level 1 up in `archive_node`; everything
else a proof needs is computed from at most two dozen of them, so memory never grows with the log.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from archive.merkle import (
    Node,
    consistency_ranges,
    fold,
    gather,
    grow,
    inclusion_ranges,
    nodes_of,
)

_READ = """
SELECT g.level, g.index,
    CASE WHEN g.level = 0
         THEN (SELECT l.hash FROM archive_leaf l WHERE l.log_id = %s AND l.index = g.index)
         ELSE (SELECT n.hash FROM archive_node n
               WHERE n.log_id = %s AND n.level = g.level AND n.index = g.index) END
FROM unnest(%s::smallint[], %s::bigint[]) AS g (level, index)
"""
_ADD_LEAVES = """
INSERT INTO archive_leaf (log_id, index, record_id, hash)
SELECT %s, %s + g.at - 1, g.record_id, g.hash
FROM unnest(%s::bigint[], %s::bytea[]) WITH ORDINALITY AS g (record_id, hash, at)
"""
_ADD_NODES = """
INSERT INTO archive_node (log_id, level, index, hash)
SELECT %s, g.level, g.index, g.hash
FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[]) AS g (level, index, hash)
"""


class BrokenTree(RuntimeError):
    """A hash that must be in the database is not: see `archive_verify`."""


class Tree:
    """The tree of the log with this number; every method takes the sizes it is about."""

    def __init__(self, log_id: int) -> None:
        self.log_id = log_id

    def read(self, nodes: list[Node]) -> dict[Node, bytes]:
        """The hashes of complete subtrees, in one query. Raises `BrokenTree`."""
        if not nodes:
            return {}
        levels, indices = zip(*nodes, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(_READ, [self.log_id, self.log_id, list(levels), list(indices)])
            found = {(level, index): value for level, index, value in cursor.fetchall()}
        if None in found.values():
            raise BrokenTree(f"log {self.log_id} misses a part of its tree")
        return {node: bytes(value) for node, value in found.items()}

    def root(self, size: int) -> bytes:
        nodes = list(nodes_of(0, size))
        found = self.read(nodes)
        return fold([found[node] for node in nodes])

    def prove_inclusion(self, index: int, size: int) -> list[bytes]:
        return gather(inclusion_ranges(index, size), self.read)

    def prove_consistency(self, old: int, new: int) -> list[bytes]:
        return gather(consistency_ranges(old, new), self.read)

    def append(self, size: int, record_ids: Sequence[int], hashes: Sequence[bytes]) -> bytes:
        """Put these leaves after the first `size`, in the caller's transaction; the new root."""
        peaks = {level: value for (level, _), value in self.read(list(nodes_of(0, size))).items()}
        added = [
            (level, first + at, value)
            for level, first, found in grow(size, peaks, hashes)
            for at, value in enumerate(found)
        ]
        with connection.cursor() as cursor:
            cursor.execute(_ADD_LEAVES, [self.log_id, size, list(record_ids), list(hashes)])
            if added:
                columns = [list(column) for column in zip(*added, strict=True)]
                cursor.execute(_ADD_NODES, [self.log_id, *columns])
        return self.root(size + len(hashes))
