"""A query in a dialect → the form that is sent: prefixes declared, its dataset named, bookkeeping out of sight.

The query has been checked to parse, so what stands here reads tokens and braces, and nothing else of the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from harmgraph.iris import PREFIXES
from harmgraph.store.base import Query
from harmgraph.store.other_engines.dialects import Dialect
from harmgraph.store.query_text.dataset_clause import dataset_clause, graphs_of_clauses
from harmgraph.store.query_text.prologue import Prologue
from harmgraph.store.query_text.tokens import Token, significant

_NOWHERE: Final = "urn:x-harmgraph:no-graph"
"""The name of no graph."""


def form(query: Query, dialect: Dialect) -> dict[str, str | list[str]]:
    """The parameters of SPARQL 1.1 Protocol §2.1.2."""
    default, named = list(query.default_graphs), list(query.named_graphs)
    if not default and not named:
        stated = dataset_clause(query.text, query.base_iri)
        if not any(stated):
            return _over_everything(query, dialect)
        if dialect.opens_datasets:
            default, named = ([graph.value for graph in graphs] for graphs in stated)
    if dialect.opens_datasets:
        default, named = default or [_NOWHERE], named or [_NOWHERE]
    return _parameters(_declared(query, dialect), default, named)


def _over_everything(query: Query, dialect: Dialect) -> dict[str, str | list[str]]:
    """The parameters of a query that names no dataset."""
    declared = _declared(query, dialect)
    text = rewritten(declared, dialect)
    if dialect.default_graph is None:
        return _parameters(text, [], [])
    # An engine that is told its default graph finds others by a variable, but by their names only if it is told those.
    by_name = graphs_of_clauses(query.text, query.base_iri) if text == declared else []
    return _parameters(text, [dialect.default_graph], [graph.value for graph in by_name])


def rewritten(text: str, dialect: Dialect) -> str:
    """The query with ``GRAPH ?g`` kept from the graphs that the dialect hides.

    A filter beside the clause says so: it is in a group in which the clause binds the variable. An engine that has
    no solution for ``GRAPH ?g {}`` gets a pattern to find the graphs by. Where the engine has to be told the names of
    graphs, but a variable is to find all, a name becomes a variable that is filtered.

    >>> rewritten("SELECT ?g { GRAPH ?g { ?s a ?c } }", Dialect("any", hidden=("http://a/",)))
    'SELECT ?g { GRAPH ?g { ?s a ?c } FILTER(?g NOT IN (<http://a/>)) }'
    """
    if not dialect.hidden or "GRAPH" not in text.upper():
        return text
    clauses = list(_clauses(text))
    if not any(clause.variable for clause in clauses):
        return text
    hidden = ", ".join(f"<{graph}>" for graph in dialect.hidden)
    edits: list[tuple[int, int, int, str]] = []  # from, to, order at one place, text
    for number, clause in enumerate(clauses):
        (begin, end), after = clause.name, clause.after
        name = text[begin:end]
        if not clause.variable:
            if dialect.default_graph is not None:
                edits += [(begin, end, 0, f"?hg_{number}"), (after, after, 2, f" FILTER(?hg_{number} = {name})")]
            continue
        edits.append((after, after, 2, f" FILTER({name} NOT IN ({hidden}))"))
        if clause.empty and not dialect.lists_graphs:
            edits.append((clause.begin, clause.begin, 0, f"{{ SELECT DISTINCT {name} {{ "))
            edits += [(after - 1, after - 1, 1, " ?hg_s ?hg_p ?hg_o "), (after, after, 3, " } }")]
    return _edited(text, sorted(edits))


@dataclass(frozen=True, slots=True)
class _Clause:
    """One GRAPH clause: where it begins, where its name stands, where it has ended."""

    begin: int
    name: tuple[int, int]
    variable: bool
    after: int
    empty: bool


def _clauses(text: str) -> Iterator[_Clause]:
    tokens = significant(text)
    opened: list[int] = []
    for number, token in enumerate(tokens):
        if token.text == "{":
            opened.append(number)
        elif token.text == "}" and opened:
            brace = opened.pop()
            if brace > 1 and tokens[brace - 2].keyword == "GRAPH":
                name = tokens[brace - 1]
                place = (name.start, name.end)
                empty = brace == number - 1
                yield _Clause(tokens[brace - 2].start, place, name.kind == "variable", token.end, empty)


def _edited(text: str, edits: list[tuple[int, int, int, str]]) -> str:
    pieces, last = [], 0
    for begin, end, _, insertion in edits:
        pieces += [text[last:begin], insertion]
        last = end
    return "".join([*pieces, text[last:]])


def _parameters(text: str, default: list[str], named: list[str]) -> dict[str, str | list[str]]:
    return {"query": text, "default-graph-uri": default, "named-graph-uri": named}


def _declared(query: Query, dialect: Dialect) -> str:
    """The text of the query with our base and prefixes declared."""
    text = query.text
    if not dialect.base_first:
        base = f"BASE <{query.base_iri}>\n" if query.base_iri is not None else ""
        return base + _declarations(text) + text
    tokens = significant(text)
    own = Prologue.of(tokens, query.base_iri)
    rest = text[_prologue_end(tokens) :]
    base = f"BASE <{own.base}>\n" if own.base else ""
    used = (f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in own.prefixes.items() if _uses(rest, prefix))
    return base + "".join(used) + rest


def _prologue_end(tokens: list[Token]) -> int:
    """Where the query goes on after its last declaration."""
    end = 0
    for token in tokens:
        if token.kind == "iri":
            end = token.end
        elif token.kind != "name" and token.keyword not in ("BASE", "PREFIX"):
            break
    return end


def _uses(text: str, prefix: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(prefix)}:", text) is not None


def _declarations(text: str) -> str:
    """Those of our prefixes that the query uses and does not declare."""
    return "".join(
        f"PREFIX {prefix}: <{iri}>\n"
        for prefix, iri in PREFIXES.items()
        if _uses(text, prefix) and re.search(rf"\bPREFIX\s+{prefix}\s*:", text, re.IGNORECASE) is None
    )
