"""What a store says of its own state, for metrics and readiness; a store that says nothing is fine too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Vitals:
    """The state of a store at one moment. Counts only ever grow."""

    kind: str
    """``memory``, ``disk``, or ``none`` while no keeper holds the release."""
    waiting: int
    idle: int
    young: int
    old: int
    kills: int
    keeper_restarts: int
    fault: str | None
    """Why the release cannot be relied on; None while nothing is known against it."""


@runtime_checkable
class Observed(Protocol):
    """A store that tells its `Vitals`."""

    def vitals(self) -> Vitals:
        """The state at this moment."""
        ...
