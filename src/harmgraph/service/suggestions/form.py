"""``/improve/…``: the form by which people suggest an improvement of one page, without a script.

It makes the same annotation that `receiver` takes. What somebody wrote stays in the form when it cannot be kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter
from pyoxigraph import Literal, NamedNode
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from harmgraph.inbox.checking import refuse, violation
from harmgraph.inbox.folder import is_name
from harmgraph.inbox.suggestion import KINDS, Suggestion, triples_of
from harmgraph.inbox.terms import MESSAGE_LIMIT
from harmgraph.service.context import service_of
from harmgraph.service.documents.document import describe
from harmgraph.service.http.forms import FORM, body_bytes, pairs
from harmgraph.service.linked_data.resources import Found, existing, path_below
from harmgraph.service.pages.shown import Stated
from harmgraph.service.pages.thing import vocabulary_of
from harmgraph.service.pages.views import View
from harmgraph.service.suggestions.receiving import counted, inbox_of, keep, limit_client
from harmgraph.service.terms import document_iri, header_url, resource_iri

router: Final = APIRouter()

LANGUAGES: Final = {
    "en": "English",
    "ar": "العربية",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "hi": "हिन्दी",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "ru": "Русский",
    "uk": "Українська",
    "zh": "中文",
    "": "another language",
}
TRAP: Final = "website"
"""A field that people do not see and robots fill in."""
_FIELDS: Final = ("kind", "statement", "text", "language", "proposal", "evidence", "creator", TRAP)
_FIELD_OF: Final = {
    "motivation": "kind",
    "proposed value": "proposal",
    "name": "creator",
    "": "statement",
    **{name: name for name in _FIELDS},
}
"""What a violation calls its path → the field of the form that is to be mended."""
_FORM_LIMIT: Final = 3 * MESSAGE_LIMIT
"""Bytes of a form, in which most bytes of other scripts take three."""


@dataclass(frozen=True)
class Draft:
    """The form about one thing, with what was written in it."""

    request: Request
    thing: NamedNode
    label: str
    stated: tuple[Stated, ...]
    values: Mapping[str, str]

    @property
    def groups(self) -> list[tuple[str, list[Stated]]]:
        """The statements by property, in the order of the page."""
        return [(name, list(several)) for name, several in groupby(self.stated, lambda each: each.name)]

    def page(self, problem: object = None, detail: str = "", violations: Iterable[Mapping[str, str]] = ()) -> str:
        """The page with the form; with a problem, what has to be mended above it and at its fields."""
        faults = {_FIELD_OF.get(each["name"], "statement"): each["message"] for each in violations}
        return service_of(self.request).render(
            "improve.html",
            self.request,
            draft=self,
            languages=LANGUAGES,
            trap=TRAP,
            faults=faults,
            problem=problem,
            detail=detail,
            path=_path(self.thing),
        )


@router.api_route("/improve/{path:path}", methods=["GET", "HEAD"], summary="The form to improve a page")
async def show(request: Request) -> Response:
    """The form; ``?property=`` chooses the first statement with this property."""
    inbox_of(request)
    draft = await _draft(request, {})
    if isinstance(draft, Response):
        return draft
    wanted = request.query_params.get("property")
    chosen = next((each.key for each in draft.stated if each.short == wanted), "")
    page = replace(draft, values={"statement": chosen}).page()
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


@router.post("/improve/{path:path}", summary="Suggest an improvement of a page by its form")
async def submit(request: Request) -> Response:
    """303 to the page that says thank you, once the suggestion is on the disk."""
    with counted(request) as inbox:
        require_same_site(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise HTTPException(415, f"the form comes as {FORM}", {"Accept-Post": FORM})
        given = dict(reversed(pairs(await body_bytes(request, _FORM_LIMIT), "the form")))
        draft = await _draft(request, {name: given.get(name, "").replace("\r\n", "\n") for name in _FIELDS})
        if isinstance(draft, Response):
            raise HTTPException(404, "the thing goes by another name; open its page anew")
        request.state.draft = draft
        limit_client(request)  # not before: who is told to wait gets back what was written
        suggestion = _suggestion(draft)
        name = await keep(request, inbox, lambda: triples_of(suggestion))
    query = urlencode({"suggestion": name, "about": _path(draft.thing)})
    root = request.scope.get("root_path", "")
    return RedirectResponse(f"{root}/thanks?{query}", 303, {"Cache-Control": "no-store"})


@router.api_route("/thanks", methods=["GET", "HEAD"], summary="What becomes of a suggestion")
async def thanks(request: Request) -> Response:
    """Thank you, and what happens next."""
    given, about = request.query_params.get("suggestion", ""), request.query_params.get("about", "")
    name = given if is_name(given) else ""
    path = about if about and resource_iri(about) is not None and ".." not in about else ""
    page = service_of(request).render("thanks.html", request, name=name, path=header_url(path))
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


def require_same_site(request: Request) -> None:
    """Raise 403 for a form that another site has sent with a visitor's browser.

    There is no session that it could abuse, but nobody should suggest anything unawares. Clients that are no browsers
    send neither header.
    """
    site, sender = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    hosts = {request.headers.get("host", ""), urlsplit(service_of(request).settings.public_url).netloc} - {""}
    is_same = site in ("same-origin", "none") if site is not None else sender is None or _host(sender) in hosts
    if not is_same:
        raise HTTPException(403, "the form was sent from another site; open the page here and send it from there")


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:  # a bracket that is not closed
        return ""


async def _draft(request: Request, values: Mapping[str, str]) -> Draft | Response:
    """The form about the thing of the path; a redirect where that goes by another name."""
    service = service_of(request)
    path = path_below(request, "/improve/")
    found = await existing(service, (Found(path),))
    iri = resource_iri(found.path) if found is not None else None
    if found is None or iri is None:
        raise HTTPException(404, f"nothing is known of {path[:300]}")
    root = request.scope.get("root_path", "")
    if (better := found.successor or found.path) != path:
        return RedirectResponse(header_url(f"{root}/improve/{better}"), 301)
    view = View(await describe(service.questions, iri), await vocabulary_of(service), {}, root)
    return Draft(request, iri, view.label(iri), tuple(view.stated()), values)


def _suggestion(draft: Draft) -> Suggestion:
    """What the form says; raises `SuggestionRefused` where it cannot be said in RDF."""
    values = {name: value.strip() for name, value in draft.values.items()}
    faults = list(_faults(draft, values))
    if faults:
        refuse(tuple(violation(draft.thing.value, "", name, message) for name, message in faults))
    stated = next((each for each in draft.stated if each.key == values["statement"]), None)
    return Suggestion(
        kind="insight" if values["kind"] == "insight" else "correction",
        about=document_iri(draft.thing),
        text=values["text"],
        language=values["language"],
        statement=(draft.thing, stated.predicate, stated.value) if stated is not None else None,
        proposal=(_iri(values["proposal"]) or Literal(values["proposal"])) if values["proposal"] else None,
        evidence=_iri(values["evidence"]) if values["evidence"] else None,
        creator=values["creator"],
    )


def _faults(draft: Draft, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What the shapes cannot see: they get the annotation, not the form."""
    if values[TRAP]:
        yield TRAP, "This field must stay empty: robots fill it in. Clear it and send the form again."
    if values["kind"] not in KINDS:
        yield "kind", "Choose whether it is a correction or an insight."
    if values["statement"] and values["statement"] not in {each.key for each in draft.stated}:
        yield "statement", "The page no longer says this; choose the statement anew."
    elif values["proposal"] and not values["statement"]:
        yield "statement", "Choose the statement in whose place the proposed value should stand."
    if values["evidence"] and _iri(values["evidence"]) is None:
        yield "evidence", "This is no address; it begins with https:// or http://."
    if not values["text"]:
        yield "text", "Say in a sentence or two what is wrong or missing."
    if values["language"] not in LANGUAGES:
        yield "language", "Choose a language from the list."


def _iri(text: str) -> NamedNode | None:
    try:
        return NamedNode(text) if text.lower().startswith(("https://", "http://")) else None
    except ValueError:
        return None


def _path(thing: NamedNode) -> str:
    return thing.value.partition("/id/")[2]
