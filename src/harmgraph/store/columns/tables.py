"""Tables of solutions held as columns of numbers, and the operators of SPARQL 1.1 §18.5 over them.

A term is a number here, equal numbers are equal terms, and -1 stands where a solution leaves a variable unbound.
Multiplicities are kept: a solution that occurs twice is two rows. Knows nothing of terms or of the text of queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final, TypeVar

import numpy as np
import numpy.ma
from numpy.typing import NDArray

Ids = NDArray[np.int32]
"""One column."""
Numbers = NDArray[np.integer[Any]]
Integer = TypeVar("Integer", bound=np.integer[Any])

UNBOUND: Final = -1
MOST: Final = 8_000_000
"""Rows of a table; a join of more is left to the engine, which holds none of them."""
_ROOM: Final = 1 << 62
_DENSE: Final = 8
"""A key is looked up in an array over all values between the least and the greatest, if those are no more than so many
times the rows."""


class TooLarge(Exception):
    """The table would have more than `MOST` rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Solutions as columns of equal length; ``order`` are the variables, in order, by which the rows are sorted."""

    columns: Mapping[str, Ids]
    length: int
    partial: frozenset[str] = frozenset()
    """Variables that some rows may leave unbound."""
    order: tuple[str, ...] = ()

    @classmethod
    def of(cls, columns: Mapping[str, Ids]) -> Table:
        """A table of at least one column, each row of which binds every variable."""
        return cls(columns, len(next(iter(columns.values()))))

    @property
    def variables(self) -> frozenset[str]:
        """The variables in scope."""
        return frozenset(self.columns)

    def only(self, variables: Iterable[str]) -> Table:
        """The same rows with these of its variables alone."""
        kept = {name: self.columns[name] for name in variables if name in self.columns}
        return Table(
            kept, self.length, self.partial & kept.keys(), self.order if kept.keys() >= set(self.order) else ()
        )

    def rows(self, index: NDArray[Any]) -> Table:
        """The rows that an index or a mask picks; those of a mask stay in order."""
        columns = {name: column[index] for name, column in self.columns.items()}
        if index.dtype == np.bool_:
            return Table(columns, int(np.count_nonzero(index)), self.partial, self.order)
        return Table(columns, len(index), self.partial)

    def extended(self, variable: str, column: Ids) -> Table:
        """With one more column, which may have gaps."""
        partial = self.partial | {variable} if np.any(column == UNBOUND) else self.partial
        return Table({**self.columns, variable: column}, self.length, partial)


ONE_EMPTY_ROW: Final = Table({}, 1)
"""The solutions of the empty pattern, to which everything else is joined."""


def joined(left: Table, right: Table) -> Table:
    """Join(left, right); the variables that both have must be bound in every row."""
    left_rows, right_rows, _ = _pairs(left, right)
    taken, added = left.rows(left_rows), right.rows(right_rows)
    return Table({**added.columns, **taken.columns}, taken.length, left.partial | right.partial)


def left_joined(left: Table, right: Table) -> Table:
    """LeftJoin(left, right, true), under the same condition."""
    left_rows, right_rows, counts = _pairs(left, right)
    lonely = np.flatnonzero(counts == 0)
    if left.length + len(left_rows) > MOST:
        raise TooLarge
    taken, added = left.rows(np.concatenate((left_rows, lonely))), right.rows(right_rows)
    gap = np.full(len(lonely), UNBOUND, np.int32)
    new = {name: np.concatenate((column, gap)) for name, column in added.columns.items() if name not in left.columns}
    partial = left.partial | right.partial | (frozenset(new) if len(lonely) else frozenset())
    return Table({**new, **taken.columns}, taken.length, partial)


def with_partner(left: Table, right: Table) -> NDArray[np.bool_]:
    """Which rows of the left have a row on the right that agrees with them; under the same condition."""
    lows, highs, _ = _ranges(left, right)
    return highs > lows


def stacked(tables: Sequence[Table]) -> Table:
    """The rows of one table after those of another; all have the same variables and bind them."""
    length = sum(table.length for table in tables)
    if length > MOST:
        raise TooLarge
    columns = {name: np.concatenate([table.columns[name] for table in tables]) for name in tables[0].columns}
    return Table(columns, length)


def distinct(table: Table) -> Table:
    """Distinct(table): each row once."""
    if not table.columns:
        return Table({}, min(table.length, 1))
    _, first = np.unique(packed(list(table.columns.values())), return_index=True)
    return table.rows(first)


def grouped(table: Table, keys: Sequence[str]) -> tuple[Table, NDArray[np.intp]]:
    """One row for each group, and the group of each row. Without keys all rows, even none, are one group."""
    if not keys:
        return ONE_EMPTY_ROW, np.zeros(table.length, np.intp)
    chosen = table.only(keys)
    _, first, groups = np.unique(packed(list(chosen.columns.values())), return_index=True, return_inverse=True)
    return chosen.rows(first), groups


def counted(groups: NDArray[np.intp], number: int, column: Ids | None, *, is_distinct: bool) -> NDArray[np.int64]:
    """COUNT in each of so many groups: of rows, or of the rows or the values in which a column is bound."""
    if column is None:
        return np.bincount(groups, minlength=number)
    bound = column != UNBOUND
    members, values = groups[bound], column[bound]
    if is_distinct and len(values):
        base = int(values.max()) + 1
        members = uniques(members * base + values) // base
    return np.bincount(members, minlength=number)


def uniques(numbers: NDArray[Integer]) -> NDArray[Integer]:
    """Each number once, in order; several times as fast as `numpy.unique`, which has a hash table since 2.3."""
    ordered = np.sort(numbers)
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))] if len(ordered) else ordered


def packed(columns: Sequence[Numbers]) -> NDArray[np.int64]:
    """One number for each row, by which rows can be compared: equal for equal rows, and in the order of the columns."""
    return reduce(_with, (column.astype(np.int64) + 1 for column in columns))


def _with(key: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.int64]:
    base = int(column.max()) + 1 if len(column) else 1
    if len(key) and int(key.max()) >= _ROOM // base:
        key = np.unique(key, return_inverse=True)[1].astype(np.int64)
    return key * base + column


def _pairs(left: Table, right: Table) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """The rows that agree, as row numbers left and right, and how many partners each row on the left has."""
    lows, highs, sorting = _ranges(left, right)
    counts = highs - lows
    total = int(counts.sum())
    if total > MOST:
        raise TooLarge
    left_rows = np.repeat(np.arange(left.length), counts)
    starts = np.repeat(lows - (np.cumsum(counts) - counts), counts)
    right_rows = np.arange(total) + starts
    return left_rows, right_rows if sorting is None else sorting[right_rows], counts


def _ranges(left: Table, right: Table) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp] | None]:
    """For each row on the left, from where to where its partners stand on the right, and how to sort that for it."""
    shared = sorted(left.variables & right.variables, key=lambda name: (name not in right.order[:1], name))
    if not shared:
        return np.zeros(left.length, np.intp), np.full(left.length, right.length, np.intp), None
    wanted, given = _keys(left, right, shared)
    sorting = None
    if right.order[: len(shared)] != tuple(shared):
        sorting = np.argsort(given, kind="stable")
        given = given[sorting]
    lows, highs = _found(wanted, given)
    return lows, highs, sorting


def _keys(left: Table, right: Table, shared: Sequence[str]) -> tuple[Numbers, Numbers]:
    if len(shared) == 1:
        return left.columns[shared[0]], right.columns[shared[0]]
    both = packed([np.concatenate((left.columns[name], right.columns[name])) for name in shared])
    return both[: left.length], both[left.length :]


def _found(wanted: Numbers, given: Numbers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """From where to where each number stands in a sorted column."""
    if not len(given) or not len(wanted):
        return np.zeros(len(wanted), np.intp), np.zeros(len(wanted), np.intp)
    least, span = int(given[0]), int(given[-1]) - int(given[0]) + 1
    if span > _DENSE * (len(wanted) + len(given)):
        return np.searchsorted(given, wanted, "left"), np.searchsorted(given, wanted, "right")
    ends = np.zeros(span + 1, np.intp)
    np.cumsum(np.bincount(given - least, minlength=span), out=ends[1:])
    places = wanted.astype(np.int64) - least
    inside = (places >= 0) & (places < span)
    places[~inside] = 0
    return np.where(inside, ends[places], 0), np.where(inside, ends[places + 1], 0)
