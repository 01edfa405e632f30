"""The PREFIX and BASE declarations of a query, and the IRIs that its terms mean by them."""

from __future__ import annotations

import re
import unicodedata  # noqa: F401  urljoin imports it for a host beyond ASCII, and a worker cannot any more
from collections.abc import Iterable
from typing import Final
from urllib.parse import urljoin

from harmgraph.iris import PREFIXES
from harmgraph.store.query_text.tokens import Token, decode_codepoints

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class Prologue:
    """What the prefixes and the base are, as far as the tokens taken so far declare it."""

    def __init__(self, base_iri: str | None) -> None:
        self.base = base_iri or ""
        self.prefixes = dict(PREFIXES)
        self._before = ("", "")

    @classmethod
    def of(cls, tokens: Iterable[Token], base_iri: str | None) -> Prologue:
        """The prologue of a query, given its significant tokens."""
        prologue = cls(base_iri)
        for token in tokens:
            if token.kind == "bracket":
                break
            prologue.take(token)
        return prologue

    def take(self, token: Token) -> None:
        """Read on by one token."""
        earlier, last = self._before
        if token.kind == "iri":
            if last.upper() == "BASE":
                self.base = self.iri(token)
            elif earlier.upper() == "PREFIX":
                self.prefixes[last.removesuffix(":")] = self.iri(token)
        self._before = (last, token.text)

    def iri(self, term: Token) -> str:
        """The IRI that an IRI or a prefixed name means; an unknown prefix gives `KeyError`."""
        if term.kind == "iri":
            written = decode_codepoints(term.text[1:-1])
            return written if is_absolute(written) else _resolved(self.base, written)
        prefix, _, local = term.text.partition(":")
        return self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)


def _resolved(base: str, written: str) -> str:
    """The relative IRI as an absolute one (RFC 3986 §5.2); urljoin drops a ``#`` or ``?`` with nothing behind it."""
    ending = written[-1:] if written.endswith(("#", "?")) else ""
    try:
        return urljoin(base, written).removesuffix(ending) + ending
    except ValueError:  # the base is no address (`http://[`), which the engine refuses as well
        return written


def is_absolute(iri: str) -> bool:
    """Whether the IRI has a scheme."""
    return _SCHEME.match(iri) is not None
