"""The SERVICE clauses of a query: where each stands, what it asks and whom.

Finds what may be followed. What must not pass is not its business: a clause that is overlooked here stays in the
text, and `service_check` refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass

from harmgraph.store.query_text.groups import Groups
from harmgraph.store.query_text.tokens import Token, decode_codepoints


@dataclass(frozen=True, slots=True)
class Clause:
    """One SERVICE clause. Places count tokens: of the word SERVICE, and of the braces of its pattern."""

    first: int
    opening: int
    closing: int
    silent: bool
    endpoint: Token
    """The IRI, prefixed name or variable that stands for the endpoint."""


def federates(text: str) -> bool:
    """Whether the query may hold a SERVICE clause, however it is written; never wrongly False.

    >>> federates("SELECT * { ?s ?p ?o }"), federates(r"SELECT * { \\u0053ervice <http://a/> {} }")
    (False, True)
    """
    while True:
        if "service" in text.lower():
            return True
        decoded = decode_codepoints(text) if "\\" in text else text
        if decoded == text:
            return False
        text = decoded


def clauses(groups: Groups) -> list[Clause]:
    """All SERVICE clauses in the order of the text, those in the patterns of others included.

    None at all if one of them is not written as it should be: then the engine has the word.
    """
    found = []
    tokens = groups.tokens
    for place, token in enumerate(tokens):
        if token.keyword == "SERVICE":
            rest = tokens[place + 1 : place + 4]
            silent = bool(rest) and rest[0].keyword == "SILENT"
            rest = rest[silent:]
            if len(rest) < 2 or rest[0].kind not in ("iri", "name", "variable") or rest[1].text != "{":
                return []
            opening = place + silent + 2
            found.append(Clause(place, opening, groups.partners[opening], silent, rest[0]))
    return found
