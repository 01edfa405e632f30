"""Rows of an answer → links in a list, which comes page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from pyoxigraph import Literal
from starlette.exceptions import HTTPException
from starlette.requests import Request

from harmgraph.iris import curie
from harmgraph.service.pages import wording
from harmgraph.service.questions import Row
from harmgraph.service.terms import href, is_own, local_name

PER_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Link:
    """A thing in a list, with a remark such as a date or a count."""

    text: str
    href: str | None
    remark: str = ""


def page_number(request: Request) -> int:
    """The page that ``?page=`` names, the first without one; 404 for what is no number."""
    raw = request.query_params.get("page", "1")
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw[:9]) <= 1_000_000 or len(raw) > 9:
        raise HTTPException(404, f"page={raw} is not the number of a page")
    return int(raw)


def link_of(row: Row, key: str, root: str) -> Link:
    """The thing of the row in a list, with the year or the count that the row has."""
    iri = row[key].value
    label = row["label"].value if "label" in row else unquote(local_name(iri)) if is_own(iri) else curie(iri)
    remark = ""
    if isinstance(date := row.get("date"), Literal):
        remark = date.value[:4]  # a bound has a day even where the source knows the year alone
    elif "count" in row:
        remark = f"{int(row['count'].value):,} incidents" if row["count"].value != "1" else "1 incident"
    return Link(wording.shortened(label), href(iri, root), remark)
