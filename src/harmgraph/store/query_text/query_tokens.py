"""The tokens of a query, as far as a rewrite needs them: strings, comments, terms and what IRIs they stand for.

No parser: whoever reads tokens looks for a shape that can only mean one thing, and leaves the rest to the engine. The
prefixes and the base are those that were declared up to the token that was last passed to `declare`.
"""

from __future__ import annotations

import re
from typing import Final

from harmgraph.store.query_text.prologue import Prologue
from harmgraph.store.query_text.tokens import decode_codepoints, significant

_ESCAPES: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


class QueryTokens:
    """The tokens of one query, by number; a number beyond the ends names none."""

    def __init__(self, text: str, base_iri: str | None) -> None:
        self._tokens = significant(text)
        self._prologue = Prologue(base_iri)

    def __len__(self) -> int:
        return len(self._tokens)

    def word(self, at: int) -> str | None:
        """The token in upper case, as keywords are compared; None beyond the ends."""
        return self._tokens[at].text.upper() if 0 <= at < len(self._tokens) else None

    def text(self, at: int) -> str:
        """The token as it was written."""
        return self._tokens[at].text

    def start(self, at: int) -> int:
        """Where in the text the token begins."""
        return self._tokens[at].start

    def end(self, at: int) -> int:
        """Where in the text the token ends."""
        return self._tokens[at].end

    def is_variable(self, at: int) -> bool:
        """Whether it is a variable."""
        return self._is(at, "variable")

    def is_string(self, at: int) -> bool:
        """Whether it is a string, of any quotation."""
        return self._is(at, "string")

    def is_term(self, at: int) -> bool:
        """Whether it is a variable, an IRI, a prefixed name or a blank node's label."""
        return self._is(at, "variable", "iri", "name", "blank")

    def iri(self, at: int) -> str | None:
        """The IRI that it is, written in full or with a prefix that is known; else None."""
        if not self._is(at, "iri", "name"):
            return None
        try:
            return self._prologue.iri(self._tokens[at])
        except KeyError:
            return None

    def string(self, at: int) -> str:
        """What the string says."""
        raw = decode_codepoints(self._tokens[at].text)
        quotes = 3 if raw[:3] in {'"""', "'''"} else 1
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), raw[quotes:-quotes])

    def declare(self, at: int) -> None:
        """Take note of the token, which may end a PREFIX or BASE; to be called for each one in turn."""
        self._prologue.take(self._tokens[at])

    def _is(self, at: int, *kinds: str) -> bool:
        return 0 <= at < len(self._tokens) and self._tokens[at].kind in kinds
