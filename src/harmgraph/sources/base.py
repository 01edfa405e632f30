"""What every source adapter is: reading without interpretation, then interpreting without files.

`Fields` makes reading strict: an adapter takes each field by name, and what it has neither taken nor named as
ignored becomes a Problem. Nothing of a source is lost in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

from harmgraph.errors import Problem, Severity
from harmgraph.model import Interpreted, Licence, Snapshot, SourceRecord
from harmgraph.vocabulary import Vocabulary

__all__ = ["Fields", "Licence", "Source"]


class Fault(NamedTuple):
    """A `Problem` met while reading, when the record's local name is not known yet."""

    field: str
    value: str
    kind: str
    message: str
    severity: Severity

    def of(self, source: str, record: str) -> Problem:
        """The problem, once its record has a name."""
        return Problem(source, record, *self)


class Source(Protocol):
    """One format of one database. ``name`` is what the command line and the IRIs of its records call it."""

    name: str
    title: str
    licence: Licence
    priority: int
    """Whose title and wording win where records of one incident differ: the higher."""

    def records(self, snapshot: Snapshot) -> Iterator[SourceRecord]:
        """Read: every entry of the snapshot, in its order. Raises `SnapshotUnreadable`."""
        ...

    def incident(self, record: SourceRecord, vocabulary: Vocabulary) -> Interpreted:
        """Interpret: pure, touches no file. A record that cannot be interpreted comes back with incident None."""
        ...


class Fields:
    """The fields of one record, each to be taken once by name.

    >>> fields = Fields("aiaaic-sheet", "AIAAIC0850", {"Sector": "Govt - defence", "Size": "44"})
    >>> fields.pop("Sector")
    'Govt - defence'
    >>> [str(problem) for problem in fields.problems()]
    ["aiaaic-sheet AIAAIC0850: Size '44': no rule reads this field; add it to the adapter or to its ignored fields"]
    """

    def __init__(self, source: str, record: str, values: Mapping[str, str]) -> None:
        self.source = source
        self.record = record
        self._left = dict(values)
        self._problems: list[Problem] = []

    def pop(self, *names: str) -> str:
        """The stripped value of the first of these fields that is there, or an empty string; all of them are taken."""
        values = [self._left.pop(name, "") for name in names]
        return next((value.strip() for value in values if value.strip()), "")

    def ignore(self, *names: str) -> None:
        """Leave these fields out on purpose. The raw string stays in the record's graph all the same."""
        for name in names:
            self._left.pop(name, None)

    def report(self, field: str, value: str, kind: str, message: str, severity: str = "warning") -> None:
        """Note a fault in one value of this record."""
        self._problems.append(
            Problem(self.source, self.record, field, value, kind, message, severity)  # type: ignore[arg-type]  # a literal at every call
        )

    def problems(self) -> tuple[Problem, ...]:
        """Everything reported, and one Problem for each field that nobody took."""
        unread = tuple(
            Problem(
                self.source,
                self.record,
                name,
                value,
                "unread-field",
                "no rule reads this field; add it to the adapter or to its ignored fields",
            )
            for name, value in self._left.items()
            if value.strip()
        )
        return (*self._problems, *unread)
