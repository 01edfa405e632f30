"""A SERVICE clause → the SELECT query that its endpoint is asked, and the variables that come back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from harmgraph.store.federation.bindings import simple_prefix
from harmgraph.store.federation.solutions import Row, values_block
from harmgraph.store.query_text.groups import Groups, Unclear
from harmgraph.store.query_text.prologue import Prologue, is_absolute
from harmgraph.store.query_text.service_clauses import Clause

_LABELS: Final = re.compile(r"(.+?)(?:AltLabel|Label|Description)")
"""How the label service of Wikidata names what it adds for ``?item``."""


class RemoteQuery:
    """What one clause asks. ``variables`` are those that its pattern puts in scope, in a fixed order."""

    def __init__(self, text: str, groups: Groups, clause: Clause, prologue: Prologue) -> None:
        tokens = groups.tokens[clause.opening : clause.closing + 1]
        named = groups.variables(clause.opening, clause.closing)
        try:
            scope = groups.in_scope(clause.opening)
        except Unclear:
            scope = named
        self._chosen = "*"
        if any(token.keyword == "SERVICE" for token in tokens):
            # An extension of the endpoint may bind variables that the pattern does not show, and does it for
            # those that are selected.
            everywhere = groups.variables(0, len(groups.tokens))
            scope |= {name for name in everywhere if (label := _LABELS.fullmatch(name)) and label[1] in scope}
            self._chosen = " ".join(f"?{name}" for name in sorted(scope)) or "*"
        self.variables = tuple(sorted(scope))
        start, end = groups.tokens[clause.opening].start, groups.tokens[clause.closing].end
        self._pattern = text[start:end]
        self._head = ""
        if any(token.kind == "iri" and not is_absolute(token.text[1:-1]) for token in tokens):
            self._head = f"BASE <{prologue.base}>\n"
        used = {token.text.partition(":")[0] for token in tokens if token.kind == "name"}
        # A prefix that nobody here declares may be one that the endpoint knows by itself.
        for prefix in sorted(used & prologue.prefixes.keys()):
            self._head += f"PREFIX {prefix}: <{prologue.prefixes[prefix]}>\n"

        try:
            # Values in several calls would have it evaluated several times.
            whole = groups.is_subselect(clause.opening) or groups.wavers(clause.opening, clause.closing)
            elements = [] if whole else groups.elements(clause.opening)
            self.certain = groups.certain(elements)
            self._early = groups.certain(simple_prefix(elements))
        except Unclear:
            self.certain = self._early = set()

    def text(self, variables: tuple[str, ...] = (), rows: Sequence[Row] = ()) -> str:
        """The query; given values of variables that its pattern always binds, of the solutions that have these."""
        pattern = self._pattern
        if variables:
            block = values_block(variables, rows)
            # Engines make most of values at the front of the pattern, but only there may an OPTIONAL see them.
            inner = pattern[1:-1] if self._early.issuperset(variables) else pattern
            pattern = f"{{ {block} {inner}\n}}"
        return f"{self._head}SELECT {self._chosen} WHERE {pattern}"
