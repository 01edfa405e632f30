"""Finds `hg:matches` in the text of a query and puts what the index of text finds in its place.

    ?thing hg:matches "face recognition"
    ?thing hg:matches ("face recognition" 20)          the best twenty
    (?thing ?score) hg:matches "face recognition"      with how well each fits

The engine has no property functions, so the pattern becomes a sub-select of VALUES, where it stands. A DISTINCT
sub-select, because the planner goes through plain VALUES anew for each row of a small pattern. Reads tokens, not text:
strings, comments, templates of CONSTRUCT and the term in any other place are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NoReturn

from harmgraph.errors import QueryRefused
from harmgraph.iris import HG
from harmgraph.store.query_text.query_tokens import QueryTokens
from harmgraph.store.query_text.tokens import decode_codepoints
from harmgraph.store.releases.text_index import MOST, Hit

Search = Callable[[str, int | None], list[Hit]]
"""Finds what matches a text: the best so many, or all."""

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
        self._tokens = QueryTokens(text, base_iri)
        self._open: list[_Bracket] = []
        self._closed: _Bracket | None = None
        """The bracket that the token before closed."""
        self._formed = False
        """Whether the first group of the query was seen."""

    def found(self) -> Iterator[_Pattern]:
        """The patterns, in order of the text."""
        skip = 0
        for at in range(len(self._tokens)):
            token = self._word(at) or ""
            if at < skip:
                continue
            here = self._open[-1] if self._open else None
            if here is not None and self._is_matches(at) and self._is_verb(at, here):
                pattern, skip = self._pattern(at, here)
                yield pattern
                # What follows is put behind the subject again, so it goes on with the same one.
                here.fresh = self._word(skip - 1) != ";"
            elif token in "{([":
                self._enter(at, here)
            elif token in "})]":
                self._leave(at)
            elif token == "." and here is not None:
                here.fresh = True
            elif here is not None and here.fresh and self._tokens.is_term(at):
                here.subject, here.fresh = at, False
            self._tokens.declare(at)

    def _enter(self, at: int, here: _Bracket | None) -> None:
        bracket = self._word(at)
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
        if self._open and self._word(at) != "]":
            # After a group, a filter or a list of values a statement begins; after a collection one goes on.
            here = self._open[-1]
            here.fresh = here.fresh or self._word(at) == "}" or self._word(at + 1) not in {";", ",", ".", "}"}

    def _pattern(self, at: int, here: _Bracket) -> tuple[_Pattern, int]:
        """The pattern whose verb is here, and the first token that is none of it."""
        if here.holds == "both":
            raise self._refusal("the short form CONSTRUCT WHERE")
        thing, score, first = self._subject(at, here)
        words, most, end = self._object(at + 1)
        if (self._word(end) or "").startswith(("@", "^^", ",")):
            raise self._refusal(f"{self._tokens.text(end)!r} after its text")
        stop = end
        while self._word(stop) == ";":
            stop += 1
        goes_on = stop > end and self._word(stop) not in {".", "}", None}
        if goes_on and score is not None:
            raise self._refusal("a semicolon after a pattern with a score")
        continued = self._word(at - 1) == ";"  # then the statement before it ends here
        start = self._tokens.start(at - 1 if continued else first)
        before, after = " . " if continued else "", f" {thing} " if goes_on else ""
        return _Pattern(thing, score, words, most, start, self._tokens.end(stop - 1), before, after), stop

    def _subject(self, at: int, here: _Bracket) -> tuple[str, str | None, int]:
        """Its variable, that of the score, and its first token."""
        first = here.subject if self._word(at - 1) == ";" else at - 1
        if self._word(at - 1) == ")" and self._closed is not None:
            first = self._closed.at
            inner = [self._tokens.text(each) for each in range(first + 1, at - 1)]
            variables = all(self._tokens.is_variable(each) for each in range(first + 1, at - 1))
            if len(inner) == 2 and variables and inner[0][1:] != inner[1][1:]:
                return inner[0], inner[1], first
        if first is None or not self._tokens.is_variable(first):
            raise self._refusal("a subject that is no variable")
        return self._tokens.text(first), None, first

    def _object(self, at: int) -> tuple[str, int | None, int]:
        """Its words, how many things it wants, and the token after it."""
        if self._tokens.is_string(at):
            return self._tokens.string(at), None, at + 1
        if self._word(at) == "(" and self._tokens.is_string(at + 1) and self._word(at + 3) == ")":
            most = self._word(at + 2) or ""
            if most.isascii() and most.isdigit() and 0 < int(most) <= MOST:
                return self._tokens.string(at + 1), int(most), at + 4
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
        told = self._tokens.is_string(at + 1) or self._word(at + 1) == "(" or self._tokens.is_variable(at + 1)
        before = self._closed.at if self._closed is not None and self._word(at - 1) in {")", "]"} else at - 1
        return told and here.subject == before

    def _is_matches(self, at: int) -> bool:
        return self._tokens.iri(at) == HG.matches.value

    def _word(self, at: int) -> str | None:
        return self._tokens.word(at)

    def _refusal(self, what: str) -> QueryRefused:
        return QueryRefused(f"hg:matches does not take {what}; {_FORMS}")
