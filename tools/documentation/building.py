"""The pages → the files of the site, all of them or none: a dead link or a page without a place stops the build.

The site is written aside and then put in the place of the old one, so that a service that runs never sends half of it.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import shutil
import tempfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Final

from jinja2 import Environment
from markupsafe import Markup
from tools.documentation import notebooks
from tools.documentation.reading import Broken, Page, Section, sections
from tools.documentation.rendering import Rendered, anchors, rendered

from harmgraph.service.pages.rendering import environment

_HREF: Final = re.compile(r'<a href="([^"]+)"')
_STYLE: Final = "style.css"


def build(docs: Path, target: Path, static: Path) -> int:
    """Write the site of the folder ``docs`` to ``target``; returns the number of pages, raises `Broken`."""
    index, parts = sections(docs)
    pages = [index, *(page for section in parts for page in section.pages)]
    beside = dict(_beside(docs, pages))
    names = {name: name for name in beside} | {page.path: page.target for page in pages}
    # From other pages a notebook is its page; from that page it is the file.
    made = {
        page.target: rendered(
            page.path, page.markdown, (names | ({page.path: page.path} if page.path in beside else {})).get
        )
        for page in pages
    }
    if faults := [*(fault for page in made.values() for fault in page.faults), *_dead_anchors(made)]:
        raise Broken(faults)
    version = hashlib.blake2b((static / _STYLE).read_bytes(), digest_size=8).hexdigest()
    templates = environment()
    written = {page.target: _page(templates, page, made[page.target], parts, version).encode() for page in pages}
    _replace(target, written | beside)
    return len(pages)


def _beside(docs: Path, pages: list[Page]) -> Iterator[tuple[str, bytes]]:
    """What goes into the site beside the pages: notebooks and their plots."""
    for page in pages:
        if page.path.endswith(notebooks.SUFFIX):
            file = docs / page.path
            yield page.path, file.read_bytes()
            for name, image in notebooks.images(file):
                yield posixpath.join(posixpath.dirname(page.path), name), image


def _page(templates: Environment, page: Page, made: Rendered, parts: tuple[Section, ...], version: str) -> str:
    title = made.headings[0].text
    return templates.get_template("docs.html").render(
        root=f"{page.up}..",
        up=page.up,
        release="",
        measured=False,
        version=version,
        page=page,
        title=title,
        sections=parts,
        body=Markup(made.html),  # our own pages, and raw HTML in them is escaped
        contents=[heading for heading in made.headings if heading.level == 2],
    )


def _dead_anchors(made: dict[str, Rendered]) -> Iterator[str]:
    known = anchors(made)
    for name, page in made.items():
        for href in map(unescape, _HREF.findall(page.html)):
            path, separator, fragment = href.partition("#")
            if separator and ":" not in path:
                target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
                if target in known and fragment not in known[target]:
                    yield f"{name}: {href} names a heading that {target} does not have"


def _replace(target: Path, files: dict[str, bytes]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".docs-", dir=target.parent) as folder:
        new = Path(folder) / "new"
        for name, content in files.items():
            file = new / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        if target.exists():
            shutil.move(target, Path(folder) / "old")
        new.rename(target)
