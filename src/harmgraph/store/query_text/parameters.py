"""A query and the values of its parameters → the query with these values in it, each as one RDF term.

A parameter is a term that a comment of the query declares (``# parameter: country = country:USA``), which is replaced
wherever it stands, or else a variable, which is bound by VALUES at the end of the pattern. What is given becomes a
term first and is written as N-Triples has it, so nothing that is given can be anything but a term.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode

from harmgraph.errors import QueryRefused
from harmgraph.iris import XSD
from harmgraph.store.query_text.groups import Groups, Unclear
from harmgraph.store.query_text.prologue import Prologue, is_absolute
from harmgraph.store.query_text.query_tokens import QueryTokens
from harmgraph.store.query_text.tokens import Token, significant

_DECLARATION: Final = re.compile(r"^# parameter: (\w+) = (.+)$", re.MULTILINE)
_NUMBERS: Final = {r"[+-]?\d+": XSD.integer, r"[+-]?\d*\.\d+": XSD.decimal, "true|false": XSD.boolean}
_LEXICAL: Final[dict[NamedNode, Callable[[str], object]]] = {
    XSD.date: date.fromisoformat,
    XSD.integer: int,
    XSD.decimal: float,
    XSD.gYear: int,
}
"""What a value of these types has to go through: an engine takes an ill-typed one, and finds nothing."""

Term = NamedNode | Literal


def declared(text: str) -> dict[str, str]:
    """The parameters that the comments of a query declare, each with the term that stands for it.

    >>> declared("# parameter: country = country:USA\\nASK { ?i hg:jurisdiction country:USA }")
    {'country': 'country:USA'}
    """
    return {match[1]: match[2].strip() for match in _DECLARATION.finditer(text)}


def bound(text: str, values: Mapping[str, Sequence[str]]) -> str:
    """The query with these values of its parameters; raises `QueryRefused` for a name or a value that does not fit.

    >>> bound("# parameter: country = country:USA\\nASK { ?i hg:jurisdiction country:USA }", {"country": ["FRA"]})
    '# parameter: country = country:USA\\nASK { ?i hg:jurisdiction <https://w3id.org/harmgraph/id/country/FRA> }'
    >>> bound("SELECT * { ?i hg:issue ?x }", {"x": ["hgc-issue:privacy"]})
    'SELECT * { ?i hg:issue ?x VALUES ?x { <https://w3id.org/harmgraph/id/concept/issue/privacy> } }'
    """
    defaults = declared(text)
    for name, given in values.items():
        if name not in defaults:
            text = _joined(text, name.lstrip("?$"), given)
        elif len(given) == 1:
            text = _replaced(text, name, defaults[name], given[0])
        else:
            raise QueryRefused(f"the parameter {name} has {len(given)} values; it takes one")
    return text


def _replaced(text: str, name: str, default: str, given: str) -> str:
    """The query with the term of a declared parameter replaced wherever it stands."""
    found, sought = significant(text), [token.text for token in significant(default)]
    term = str(_term_like(given, default, name, Prologue.of(found, None)))
    places = [n for n in range(len(found)) if [token.text for token in found[n : n + len(sought)]] == sought]
    if not places:
        raise QueryRefused(f"the query declares the parameter {name}, but {default} does not stand in it")
    for place in reversed(places):
        last = found[place + len(sought) - 1]
        text = text[: found[place].start] + term + text[last.end :]
    return text


def _joined(text: str, name: str, given: Sequence[str]) -> str:
    """The query with its pattern joined with these values of a variable."""
    found = significant(text)
    prologue = Prologue.of(found, None)
    try:
        groups = Groups(found)
        opening = _pattern(found, groups)
        scope = groups.in_scope(opening)
    except Unclear as cause:
        raise QueryRefused(f"?{name} cannot be bound: {cause}") from cause
    if name not in scope:
        names = ", ".join([*declared(text), *(f"?{each}" for each in sorted(scope))]) or "none"
        raise QueryRefused(f"there is no parameter {name!r}: there are {names}")
    block = f"VALUES ?{name} {{ {' '.join(str(_term(each, name, prologue)) for each in given)} }} "
    first, last = found[opening], found[groups.partners[opening]]
    pattern = text[first.end : last.start]
    if groups.is_subselect(opening):
        pattern = f"{{{pattern}}} "
    elif "\n" in pattern:  # on a line of its own, whatever comment may stand before it
        pattern, block = f"{pattern.rstrip()}\n  ", f"{block.rstrip()}\n"
    return f"{text[: first.end]}{pattern}{block}{text[last.start :]}"


def _pattern(found: list[Token], groups: Groups) -> int:
    """The brace of the WHERE clause: the first one that opens no template."""
    place = 0
    while place < len(found):
        if found[place].text == "{" and found[place - 1].keyword != "CONSTRUCT":
            return place
        place = groups.partners[place] + 1 if found[place].text in ("{", "(", "[") else place + 1
    raise Unclear("the query has no pattern")


def _term_like(given: str, default: str, name: str, prologue: Prologue) -> Term:
    """What is given as a term of the default's kind: an IRI, or a literal of its type or language."""
    like = significant(default)
    if like[0].kind in ("iri", "name"):
        iri = _iri(given, prologue)
        if iri is None and like[0].kind == "name" and not re.search(r"[\s<>:\"]", given):
            iri = prologue.iri(like[0]).removesuffix(default.partition(":")[2]) + quote(given, safe="-._~!$&*+,;=@/")
        if iri is None:
            raise QueryRefused(f"{name}={given} is no IRI; write it like {default} or <https://…>")
        return _node(iri, name)
    if given.startswith('"'):
        return _term(given, name, prologue)
    model = _term(default, name, prologue)
    assert isinstance(model, Literal)  # an IRI was seen to above
    return _fitting(Literal(given, language=model.language, datatype=None if model.language else model.datatype), name)


def _term(given: str, name: str, prologue: Prologue) -> Term:
    """What is given as the term that it looks like; whatever looks like nothing else is a plain string."""
    if given.startswith('"'):
        literal = _literal(given, prologue)
        if literal is None:
            raise QueryRefused(f'{name}={given} is no literal; write "text", "text"@en or "2023-01-01"^^xsd:date')
        return _fitting(literal, name)
    if (iri := _iri(given, prologue)) is not None:
        return _node(iri, name)
    datatype = next((each for pattern, each in _NUMBERS.items() if re.fullmatch(pattern, given)), None)
    return Literal(given, datatype=datatype)


def _iri(given: str, prologue: Prologue) -> str | None:
    """The IRI that is given, bare, in angle brackets or with a known prefix."""
    if given.startswith("<"):
        inner = given.removeprefix("<").removesuffix(">")
        return inner if is_absolute(inner) else None
    prefix, colon, local = given.partition(":")
    if colon and prefix in prologue.prefixes and not local.startswith("//"):
        return prologue.prefixes[prefix] + local
    return given if re.match(r"https?://|urn:", given) else None


def _node(iri: str, name: str) -> NamedNode:
    try:
        return NamedNode(iri)
    except ValueError as cause:
        raise QueryRefused(f"{name}: {iri} is not a valid IRI: {cause}") from cause


def _literal(given: str, prologue: Prologue) -> Literal | None:
    """The literal that is written in full; None where that is no literal."""
    tokens = significant(given)
    if not tokens or tokens[0].kind != "string":
        return None
    value = QueryTokens(given, None).string(0)
    match [(token.kind, token.text) for token in tokens[1:]]:
        case []:
            return Literal(value)
        case [("language", tag)]:
            return Literal(value, language=tag[1:])
        case [(_, "^^"), ("iri" | "name", _)]:
            try:
                return Literal(value, datatype=NamedNode(prologue.iri(tokens[2])))
            except (KeyError, ValueError):
                return None
    return None


def _fitting(literal: Literal, name: str) -> Literal:
    """The literal, whose text has to fit its type."""
    try:
        if (check := _LEXICAL.get(literal.datatype)) is not None:
            check(literal.value)
    except ValueError as cause:
        kind = literal.datatype.value.rpartition("#")[2]
        raise QueryRefused(f"{name}={literal.value} is no xsd:{kind}: {cause}") from cause
    return literal
