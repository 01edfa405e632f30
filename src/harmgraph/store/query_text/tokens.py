"""The text of a query → its tokens, none of its characters lost, by the terminals of SPARQL 1.1 §19.8.

What reads a query without parsing it reads these: the FROM clauses, the SERVICE clauses, the prologue. Knows no
grammar. Where the engine is laxer than the terminals (`trueSERVICE`), the two may cut a text differently, so
nothing that has to be kept out may rest on this alone.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")

# Each prefix of a name is looked for in 200 characters at most: a text of `a-a-a-…` stays linear. Numbers come
# before words, since the engine reads `1SERVICE` as two tokens.
_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t\r\n]++)
      | (?P<comment>\#[^\r\n]*+)
      | (?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>)
      | (?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*+\"\"\" | '''(?:[^'\\]|\\.|'(?!''))*+'''
                 | "(?:[^"\\\r\n]|\\.)*+" | '(?:[^'\\\r\n]|\\.)*+')
      | (?P<variable>[?$][\w\u00B7\u0300-\u036F\u203F\u2040]++)
      | (?P<blank>_:\w(?:[\w\u00B7-]|\.+(?=[\w\u00B7-]))*+)
      | (?P<name>(?:[^\W\d_][\w.\u00B7-]{0,200}+)?:
                 (?:[\w:\u00B7-]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%]|\.+(?=[\w:%\\\u00B7-]))*+)
      | (?P<language>@[A-Za-z]++(?:-[A-Za-z0-9]+)*+)
      | (?P<number>(?:\d++(?:\.\d++)?|\.\d++)(?:[eE][+-]?\d++)?)
      | (?P<word>[^\W\d]\w*+)
      | (?P<bracket>[(){}\[\]])
      | (?P<other>\^\^ | \|\| | && | [!<>]= | .)""",
    re.VERBOSE | re.DOTALL,
)

_SHORT: Final = 16_384
"""Characters of a text that is normalised, which takes about 5 ms."""

_PAIRS: Final = {")": "(", "}": "{", "]": "["}


class Token(NamedTuple):
    """One token: its kind (a group of the expression above), its text, and where it begins."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the next token begins."""
        return self.start + len(self.text)

    @property
    def keyword(self) -> str:
        """The word in upper case; empty for whatever is no word."""
        return self.text.upper() if self.kind == "word" else ""


def tokens(text: str) -> list[Token]:
    """All tokens, white space and comments among them: their texts, joined, are the text.

    >>> [token.text for token in tokens("ASK{?s a:b'c'}") if token.kind != "space"]
    ['ASK', '{', '?s', 'a:b', "'c'", '}']
    """
    return [Token(match.lastgroup or "", match[0], match.start()) for match in _TOKEN.finditer(text)]


def significant(text: str) -> list[Token]:
    """The tokens that the grammar sees: neither white space nor comments."""
    return [token for token in tokens(text) if token.kind not in ("space", "comment")]


def decode_codepoints(text: str) -> str:
    r"""The text with its codepoint escapes decoded once (SPARQL 1.1 §19.2).

    >>> decode_codepoints(r"\u0053ELECT")
    'SELECT'
    """

    def character(match: re.Match[str]) -> str:
        code = int(match[1] or match[2], 16)
        return chr(code) if code <= 0x10FFFF else match[0]

    return _ESCAPE.sub(character, text)


def as_evaluated(text: str) -> tuple[str, list[Token]]:
    r"""The text as the engine comes to read it, and its significant tokens.

    The engine decodes escapes in strings and IRIs. One that stands elsewhere is a syntax error to it, whereupon
    the whole text is decoded and read again.

    >>> as_evaluated(r"\u0041SK {}")[0]
    'ASK {}'
    """
    found = significant(text)
    if any(token.text == "\\" for token in found):
        text = decode_codepoints(text)
        found = significant(text)
    return text, found


@lru_cache(64)
def normalised(text: str) -> str:
    """The query with each run of white space and comments as one space: equal texts are equal queries.

    One that is long, or has codepoint escapes, which may hide where a comment begins or ends, is left as it is.

    >>> normalised("SELECT  * # all\\n{ ?s ?p '  ' }")
    "SELECT * { ?s ?p '  ' }"
    """
    if len(text) > _SHORT or "\\u" in text or "\\U" in text:
        return text
    if "#" not in text and "  " not in text and text.isprintable():
        return text.strip()  # its only white space is single spaces: it is so already
    parts: list[str] = []
    for match in _TOKEN.finditer(text):  # not `tokens`: this is done to every query, in the service's one thread
        if match.lastgroup not in ("space", "comment"):
            parts.append(match[0])
        elif parts and parts[-1] != " ":
            parts.append(" ")
    return "".join(parts).strip()


def brackets(found: list[Token]) -> dict[int, int] | None:
    """The place of the partner of each bracket, by places in the list; None where they do not pair up."""
    partners: dict[int, int] = {}
    open_ones: list[int] = []
    for place, token in enumerate(found):
        if token.kind != "bracket":
            continue
        if token.text in "({[":
            open_ones.append(place)
        elif not open_ones or found[open_ones[-1]].text != _PAIRS[token.text]:
            return None
        else:
            first = open_ones.pop()
            partners[first], partners[place] = place, first
    return None if open_ones else partners
