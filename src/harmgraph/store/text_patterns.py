"""Finds `hg:matches` in the text of a query and puts what the index of text finds in its place.

    ?thing hg:matches "face recognition"
    ?thing hg:matches ("face recognition" 20)          the best twenty
    (?thing ?score) hg:matches "face recognition"      with how well each fits

The engine has no property functions, so the pattern becomes a sub-select of VALUES, where it stands. A DISTINCT
sub-select, because the planner goes through plain VALUES anew for each row of a small pattern. Reads tokens, not text:
strings, comments, templates of CONSTRUCT and the term in any other place are left as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NoReturn
from urllib.parse import urljoin

from harmgraph.errors import QueryRefused
from harmgraph.iris import HG, PREFIXES
from harmgraph.store.service_check import decode_codepoints
from harmgraph.store.text_index import MOST, Hit

Search = Callable[[str, int | None], list[Hit]]
"""Finds what matches a text: the best so many, or all."""

_TOKEN: Final = re.compile(
    r"""(?P<blank>\s+|\#[^\r\n]*)
      | (?P<iri><[^<>"{}|^`\\\x00-\x20]*(?:\\[uU][0-9A-Fa-f]{4,8}[^<>"{}|^`\\\x00-\x20]*)*>)
      | (?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\" | '''(?:[^'\\]|\\.|'(?!''))*'''
                 | "(?:[^"\\\r\n]|\\.)*" | '(?:[^'\\\r\n]|\\.)*')
      | (?P<variable>[?$]\w+)
      | (?P<name>(?:[^\W\d][\w.-]*)?:(?:(?:[\w:.-]|%[0-9A-Fa-f]{2}|\\.)*(?:[\w:-]|%[0-9A-Fa-f]{2}|\\.))?)
      | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | @[A-Za-z]+(?:-[A-Za-z0-9]+)* | \w+ | \^\^ | \|\| | && | [!<>]=
      | \S""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_FORMS: Final = (
    'write ?thing hg:matches "words", ?thing hg:matches ("words" 20) or (?thing ?score) hg:matches "words", '
    "as statements of their own"
)


def mentions_matches(text: str) -> bool:
    """Whether the query may hold the pattern at all; cheap, and true for a comment as well."""
    return "matches" in text or ("\\" in text and "matches" in decode_codepoints(text))


def with_hits(text: str, base_iri: str | None, search: Search) -> str:
    """The query with each pattern replaced by what it finds.

    Raises `QueryRefused` for a pattern that has another form, and as ``search`` does.
    """
    if not mentions_matches(text):
        return text
    pieces: list[str] = []
    position = 0
    for pattern in _Patterns(text, base_iri).found():
        pieces += text[position : pattern.start], pattern.replacement(search(pattern.words, pattern.most))
        position = pattern.end
    return "".join((*pieces, text[position:]))


def refuse_matches(text: str, base_iri: str | None, reason: str) -> None:
    """Raise `QueryRefused` with this reason if the query holds the pattern: for a store that has no index of text."""

    def refuse(_words: str, _most: int | None) -> NoReturn:
        raise QueryRefused(reason)

    with_hits(text, base_iri, refuse)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One pattern: what it says and which part of the text it takes."""

    thing: str
    score: str | None
    words: str
    most: int | None
    start: int
    end: int
    before: str
    after: str

    def replacement(self, hits: Iterable[Hit]) -> str:
        if self.score is None:
            head, rows = self.thing, (f"<{hit.iri}>" for hit in hits)
            variables = head
        else:
            head, rows = f"({self.thing} {self.score})", (f"(<{hit.iri}> {hit.score:.6e})" for hit in hits)
            variables = f"{self.thing} {self.score}"
        return f"{self.before}{{ SELECT DISTINCT {variables} {{ VALUES {head} {{ {' '.join(rows)} }} }} }}{self.after}"


@dataclass(slots=True)
class _Bracket:
    """A bracket that is open: what is in it, and the statement that is being read there."""

    at: int
    holds: Literal["patterns", "template", "both", "data", "terms", "properties"]
    subject: int | None = field(default=None)
    fresh: bool = field(default=True)
    """Whether the next term begins a statement."""


class _Patterns:
    """A walk over the tokens of one query."""

    def __init__(self, text: str, base_iri: str | None) -> None:
        self._tokens = [match for match in _TOKEN.finditer(text) if match["blank"] is None]
        self._base = base_iri or ""
        self._prefixes = dict(PREFIXES)
        self._open: list[_Bracket] = []
        self._closed: _Bracket | None = None
        """The bracket that the token before closed."""
        self._formed = False
        """Whether the first group of the query was seen."""

    def found(self) -> Iterator[_Pattern]:
        """The patterns, in order of the text."""
        skip = 0
        for at, token in enumerate(self._tokens):
            if at < skip:
                continue
            here = self._open[-1] if self._open else None
            if here is not None and self._is_matches(at) and self._is_verb(at, here):
                pattern, skip = self._pattern(at, here)
                yield pattern
                # What follows is put behind the subject again, so it goes on with the same one.
                here.fresh = self._word(skip - 1) != ";"
            elif token[0] in "{([":
                self._enter(at, here)
            elif token[0] in "})]":
                self._leave(at)
            elif token[0] == "." and here is not None:
                here.fresh = True
            elif here is not None and here.fresh and (token["variable"] or token["iri"] or token["name"]):
                here.subject, here.fresh = at, False
            self._declare(at)

    def _enter(self, at: int, here: _Bracket | None) -> None:
        bracket = self._tokens[at][0]
        # An expression follows a word (FILTER, BIND, a function); a collection or a blank node may be a subject.
        if bracket != "{" and here is not None and here.fresh and self._word(at - 1) in {"{", "}", ".", ")"}:
            here.subject, here.fresh = at, False
        if bracket == "{":
            self._open.append(_Bracket(at, self._held(at)))
        else:
            self._open.append(_Bracket(at, "terms" if bracket == "(" else "properties", fresh=False))

    def _held(self, at: int) -> Literal["patterns", "template", "both", "data"]:
        behind = self._closed.at if self._closed is not None and self._word(at - 1) == ")" else at - 1
        if self._word(behind - 1) == "VALUES":
            return "data"
        if not self._open and not self._formed:
            self._formed = True
            if any(self._word(each) == "CONSTRUCT" for each in range(at)):
                return "template" if self._word(at - 1) == "CONSTRUCT" else "both"
        return "patterns"

    def _leave(self, at: int) -> None:
        if not self._open:
            return
        self._closed = self._open.pop()
        if self._open and self._tokens[at][0] != "]":
            # After a group, a filter or a list of values a statement begins; after a collection one goes on.
            here = self._open[-1]
            here.fresh = here.fresh or self._tokens[at][0] == "}" or self._word(at + 1) not in {";", ",", ".", "}"}

    def _pattern(self, at: int, here: _Bracket) -> tuple[_Pattern, int]:
        """The pattern whose verb is here, and the first token that is none of it."""
        if here.holds == "both":
            raise self._refusal("the short form CONSTRUCT WHERE")
        thing, score, first = self._subject(at, here)
        words, most, end = self._object(at + 1)
        if (self._word(end) or "").startswith(("@", "^^", ",")):
            raise self._refusal(f"{self._tokens[end][0]!r} after its text")
        stop = end
        while self._word(stop) == ";":
            stop += 1
        goes_on = stop > end and self._word(stop) not in {".", "}", None}
        if goes_on and score is not None:
            raise self._refusal("a semicolon after a pattern with a score")
        continued = self._word(at - 1) == ";"  # then the statement before it ends here
        start = self._tokens[at - 1 if continued else first].start()
        before, after = " . " if continued else "", f" {thing} " if goes_on else ""
        return _Pattern(thing, score, words, most, start, self._tokens[stop - 1].end(), before, after), stop

    def _subject(self, at: int, here: _Bracket) -> tuple[str, str | None, int]:
        """Its variable, that of the score, and its first token."""
        first = here.subject if self._word(at - 1) == ";" else at - 1
        if self._word(at - 1) == ")" and self._closed is not None:
            first = self._closed.at
            inner = [token["variable"] for token in self._tokens[first + 1 : at - 1]]
            if len(inner) == 2 and all(inner) and inner[0][1:] != inner[1][1:]:
                return inner[0], inner[1], first
        if first is None or not self._is(first, "variable"):
            raise self._refusal("a subject that is no variable")
        return self._tokens[first][0], None, first

    def _object(self, at: int) -> tuple[str, int | None, int]:
        """Its words, how many things it wants, and the token after it."""
        if self._is(at, "string"):
            return self._string(at), None, at + 1
        if self._word(at) == "(" and self._is(at + 1, "string") and self._word(at + 3) == ")":
            most = self._word(at + 2) or ""
            if most.isascii() and most.isdigit() and 0 < int(most) <= MOST:
                return self._string(at + 1), int(most), at + 4
        raise self._refusal(f"an object that is neither a plain string nor a list of one and a number up to {MOST:,}")

    def _is_verb(self, at: int, here: _Bracket) -> bool:
        """Whether the term stands where a verb stands: else it is only talked about."""
        if here.holds not in {"patterns", "both", "properties", "terms"}:
            return False
        if self._word(at - 1) in {"/", "|", "^"} or self._word(at + 1) in {"/", "|", "*", "+", "?"}:
            raise self._refusal("a property path")
        if here.holds == "terms":
            return False
        if self._word(at - 1) in {";", "["}:
            return True
        told = self._is(at + 1, "string") or self._word(at + 1) == "(" or self._is(at + 1, "variable")
        before = self._closed.at if self._closed is not None and self._word(at - 1) in {")", "]"} else at - 1
        return told and here.subject == before

    def _is_matches(self, at: int) -> bool:
        token = self._tokens[at]
        if token["iri"]:
            return self._resolved(at) == HG.matches.value
        if token["name"]:
            prefix, _, local = token[0].partition(":")
            return self._prefixes.get(prefix, "") + re.sub(r"\\(.)", r"\1", local) == HG.matches.value
        return False

    def _declare(self, at: int) -> None:
        if self._is(at, "iri"):
            if self._word(at - 1) == "BASE":
                self._base = self._resolved(at)
            elif self._word(at - 2) == "PREFIX":
                self._prefixes[self._tokens[at - 1][0].removesuffix(":")] = self._resolved(at)

    def _resolved(self, at: int) -> str:
        return urljoin(self._base, decode_codepoints(self._tokens[at][0][1:-1]))

    def _string(self, at: int) -> str:
        raw = decode_codepoints(self._tokens[at][0])
        quotes = 3 if raw[:3] in {'"""', "'''"} else 1
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), raw[quotes:-quotes])

    def _word(self, at: int) -> str | None:
        return self._tokens[at][0].upper() if 0 <= at < len(self._tokens) else None

    def _is(self, at: int, kind: str) -> bool:
        return 0 <= at < len(self._tokens) and self._tokens[at][kind] is not None

    def _refusal(self, what: str) -> QueryRefused:
        return QueryRefused(f"hg:matches does not take {what}; {_FORMS}")
