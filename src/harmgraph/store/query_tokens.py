"""The tokens of a query, as far as a rewrite needs them: strings, comments, terms and what IRIs they stand for.

No parser: whoever reads tokens looks for a shape that can only mean one thing, and leaves the rest to the engine. The
prefixes and the base are those that were declared up to the token that was last passed to `declare`.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urljoin

from harmgraph.iris import PREFIXES
from harmgraph.store.service_check import decode_codepoints

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


class QueryTokens:
    """The tokens of one query, by number; a number beyond the ends names none."""

    def __init__(self, text: str, base_iri: str | None) -> None:
        self._tokens = [match for match in _TOKEN.finditer(text) if match["blank"] is None]
        self._base = base_iri or ""
        self._prefixes = dict(PREFIXES)

    def __len__(self) -> int:
        return len(self._tokens)

    def word(self, at: int) -> str | None:
        """The token in upper case, as keywords are compared; None beyond the ends."""
        return self._tokens[at][0].upper() if 0 <= at < len(self._tokens) else None

    def text(self, at: int) -> str:
        """The token as it was written."""
        return self._tokens[at][0]

    def start(self, at: int) -> int:
        """Where in the text the token begins."""
        return self._tokens[at].start()

    def end(self, at: int) -> int:
        """Where in the text the token ends."""
        return self._tokens[at].end()

    def is_variable(self, at: int) -> bool:
        """Whether it is a variable."""
        return self._is(at, "variable")

    def is_string(self, at: int) -> bool:
        """Whether it is a string, of any quotation."""
        return self._is(at, "string")

    def is_term(self, at: int) -> bool:
        """Whether it is a variable, an IRI or a prefixed name (a blank node's label looks like one)."""
        return self._is(at, "variable") or self._is(at, "iri") or self._is(at, "name")

    def iri(self, at: int) -> str | None:
        """The IRI that it is, written in full or with a prefix that is known; else None."""
        if self._is(at, "iri"):
            return urljoin(self._base, decode_codepoints(self._tokens[at][0][1:-1]))
        if self._is(at, "name"):
            prefix, _, local = self._tokens[at][0].partition(":")
            namespace = self._prefixes.get(prefix)
            return None if namespace is None else namespace + re.sub(r"\\(.)", r"\1", local)
        return None

    def string(self, at: int) -> str:
        """What the string says."""
        raw = decode_codepoints(self._tokens[at][0])
        quotes = 3 if raw[:3] in {'"""', "'''"} else 1
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), raw[quotes:-quotes])

    def declare(self, at: int) -> None:
        """Take note of a PREFIX or BASE that ends here."""
        if not self._is(at, "iri"):
            return
        if self.word(at - 1) == "BASE":
            self._base = self.iri(at) or ""
        elif self.word(at - 2) == "PREFIX":
            self._prefixes[self._tokens[at - 1][0].removesuffix(":")] = self.iri(at) or ""

    def _is(self, at: int, kind: str) -> bool:
        return 0 <= at < len(self._tokens) and self._tokens[at][kind] is not None
