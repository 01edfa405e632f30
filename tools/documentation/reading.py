"""The folder of documentation → its pages and their order.

The order is that of ``index.md``: each of its second-level headings is a section, each link in its lists a page. So the
overview that people read on a forge is also the navigation of the site, and a page that it leaves out is an error. A
link to a folder stands for all pages in it, by their titles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.documentation import notebooks

INDEX: Final = "index.md"
_SECTION: Final = re.compile(r"^## (.+)$")
_ENTRY: Final = re.compile(r"^- \[([^\]]+)\]\(([^)#]+)\)")
_FOLDER: Final = re.compile(r"^- \[[^\]]+\]\(([^)#]+/)\).*$", re.MULTILINE)


class Broken(Exception):
    """What is wrong with the documentation, all of it, a line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Page:
    """One page: where it lies below ``docs/``, what the navigation calls it, and its Markdown."""

    path: str
    heading: str
    markdown: str

    @property
    def target(self) -> str:
        """The path of its HTML in the site."""
        return self.path.rpartition(".")[0] + ".html"

    @property
    def up(self) -> str:
        """What leads from the page to the root of the site: an empty string or ``../``, once for each folder."""
        return "../" * self.path.count("/")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the navigation with its pages."""

    heading: str
    pages: tuple[Page, ...]


def sections(folder: Path) -> tuple[Page, tuple[Section, ...]]:
    """The index and the sections in its order; raises `Broken` where index and folder do not agree."""
    written = (folder / INDEX).read_text(encoding="utf-8")
    text = _FOLDER.sub(lambda match: "\n".join(_entries(folder, match[1])), written)
    faults: list[str] = []
    found = tuple(_sections(folder, text, faults))
    listed = [page.path for section in found for page in section.pages]
    faults += [f"{INDEX} lists {path} twice" for path in sorted({path for path in listed if listed.count(path) > 1})]
    faults += [f"{path} is not listed in {INDEX}; add a line to it" for path in _files(folder) if path not in listed]
    if faults:
        raise Broken(faults)
    return Page(INDEX, "Documentation", text), found


def _entries(folder: Path, name: str) -> Iterator[str]:
    for file in sorted((folder / name).glob("*.md")):
        title = file.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        yield f"- [{title}]({name}{file.name})"


def _sections(folder: Path, text: str, faults: list[str]) -> Iterator[Section]:
    heading = ""
    pages: list[Page] = []
    for number, line in enumerate(text.splitlines(), 1):
        if match := _SECTION.match(line):
            if pages:
                yield Section(heading, tuple(pages))
            heading, pages = match[1], []
        elif match := _ENTRY.match(line):
            file = folder / match[2]
            if not file.is_file():
                faults.append(f"{INDEX}, line {number}: there is no {match[2]}; mend the link or take it out")
            else:
                pages.append(Page(match[2], match[1], _markdown(file)))
    if pages:
        yield Section(heading, tuple(pages))


def _markdown(file: Path) -> str:
    return notebooks.markdown(file) if file.suffix == notebooks.SUFFIX else file.read_text(encoding="utf-8")


def _files(folder: Path) -> list[str]:
    kinds = (".md", notebooks.SUFFIX)
    names = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.suffix in kinds)
    return [name for name in names if name != INDEX]
