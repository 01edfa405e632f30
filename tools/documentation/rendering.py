"""Markdown → the HTML of one page: CommonMark with tables, as forges read it, coloured code, links within the site.

Nothing inline: colours are classes of the service's style sheet, so that the strict policy of the service holds. Raw
HTML in a page is shown as text.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

_ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_NOT_IN_SLUGS: Final = re.compile(r"[^\w\- ]")
_LEXERS: Final = {"trig": "turtle", "tsv": "text", "csv": "text"}
"""Languages that Pygments lacks → the nearest that it has."""

Resolve = Callable[[str], str | None]
"""What the site calls the file of this path below ``docs/``; None for what the site does not have."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a page, with the fragment that leads to it."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """The HTML of a page's text, its headings, and what was wrong with it."""

    html: str
    headings: tuple[Heading, ...]
    faults: tuple[str, ...]


def rendered(path: str, markdown: str, resolve: Resolve) -> Rendered:
    """The page at this path below ``docs/``. Links to other pages lead to their HTML; those to nothing are faults."""
    parser = MarkdownIt("commonmark", {"html": False, "highlight": _highlighted}).enable("table")
    parser.add_render_rule("table_open", _table_open)
    parser.add_render_rule("table_close", _table_close)
    tokens = parser.parse(markdown)
    headings = _anchored(tokens)
    faults: list[str] = []
    for token in tokens:
        if token.type == "inline":
            _linked(token, path, resolve, faults)
        elif token.type in ("th_open", "td_open") and (alignment := token.attrs.pop("style", None)):
            token.attrJoin("class", "number" if "right" in str(alignment) else "plain")
    if not headings or headings[0].level != 1:
        faults.append(f"{path} has no heading of the first level on top")
    faults += [f"{path}: no lexer is called {name!r}; name the language otherwise" for name in _unknown(tokens)]
    return Rendered(parser.renderer.render(tokens, parser.options, {}), tuple(headings), tuple(faults))


def slug(text: str) -> str:
    """The fragment of a heading, as forges make it.

    >>> slug("Which `Accept`? (RFC 9110)")
    'which-accept-rfc-9110'
    """
    return _NOT_IN_SLUGS.sub("", text.lower()).strip().replace(" ", "-")


def _anchored(tokens: Sequence[Token]) -> list[Heading]:
    """Give every heading an id of its own."""
    found: list[Heading] = []
    taken: dict[str, int] = {}
    for token, content in pairwise(tokens):
        if token.type == "heading_open":
            text = "".join(child.content for child in content.children or ())
            anchor = slug(text)
            taken[anchor] = taken.get(anchor, -1) + 1
            anchor += f"-{taken[anchor]}" if taken[anchor] else ""
            token.attrSet("id", anchor)
            found.append(Heading(int(token.tag[1]), text, anchor))
    return found


def _linked(inline: Token, path: str, resolve: Resolve, faults: list[str]) -> None:
    """Point links at the pages of the site, and make links of names of pages in code (`settings.md`)."""
    children: list[Token] = []
    inside = False
    for token in inline.children or ():
        if token.type in ("link_open", "image"):
            inside = inside or token.type == "link_open"
            attribute = "href" if token.type == "link_open" else "src"
            url = str(token.attrGet(attribute))
            where = f"{path}, line {(inline.map or [0])[0] + 1}"
            token.attrSet(attribute, _target(url, path, resolve, where, faults))
        inside = inside and token.type != "link_close"
        page = None if inside or token.type != "code_inline" else _page_called(token.content, path, resolve)
        if page is None:
            children.append(token)
        else:
            children += [Token("link_open", "a", 1, attrs={"href": page}), token, Token("link_close", "a", -1)]
    inline.children = children


def _target(url: str, path: str, resolve: Resolve, where: str, faults: list[str]) -> str:
    if _ELSEWHERE.match(url) or url.startswith("#"):
        return url
    name, separator, fragment = url.partition("#")
    page = resolve(posixpath.normpath(posixpath.join(posixpath.dirname(path), name)))
    if page is None:
        faults.append(
            f"{where}: the link to {url} leads nowhere in the site; mend it, or name the file in code instead"
        )
        return url
    return _relative(page, path) + separator + fragment


def _page_called(code: str, path: str, resolve: Resolve) -> str | None:
    """Where the page lies that is named in code: as a neighbour, below ``docs/``, or from the top of the project."""
    if not code.endswith(".md"):
        return None
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), code))
    for name in (beside, code.removeprefix("docs/")):
        if name != path and (page := resolve(name)) is not None:
            return _relative(page, path)
    return None


def _relative(target: str, path: str) -> str:
    return posixpath.relpath(target, posixpath.dirname(path) or ".")


def _highlighted(code: str, language: str, _: str) -> str:
    try:
        lexer = get_lexer_by_name(_LEXERS.get(language, language or "text"), stripnl=False)
    except ClassNotFound:
        return ""  # markdown-it then escapes it itself; `_unknown` has reported it
    inner = highlight(code, lexer, HtmlFormatter(nowrap=True, classprefix="tok-"))
    return f'<pre tabindex="0"><code class="language-{escape(language or "text")}">{inner}</code></pre>\n'


def _unknown(tokens: Sequence[Token]) -> list[str]:
    names = {token.info.split(" ")[0] for token in tokens if token.type == "fence"} - {""}
    unknown = []
    for name in sorted(names):
        try:
            get_lexer_by_name(_LEXERS.get(name, name))
        except ClassNotFound:
            unknown.append(name)
    return unknown


def _table_open(_: RendererHTML, tokens: Sequence[Token], index: int, *__: Any) -> str:
    return '<div class="scroll" tabindex="0">\n<table>\n'


def _table_close(_: RendererHTML, tokens: Sequence[Token], index: int, *__: Any) -> str:
    return "</table>\n</div>\n"


def anchors(pages: Mapping[str, Rendered]) -> dict[str, frozenset[str]]:
    """The fragments that lead somewhere, of each HTML file."""
    return {name: frozenset(heading.anchor for heading in page.headings) for name, page in pages.items()}
