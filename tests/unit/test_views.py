"""What a page says of a thing's values: the language of their names, and what Wikidata says that they are."""

from __future__ import annotations

from pyoxigraph import Literal, NamedNode, Triple

from harmgraph.iris import RDFS, SDO, SKOS, WD, mint
from harmgraph.service.documents.document import Document
from harmgraph.service.pages.shown import Value
from harmgraph.service.pages.views import View

GOOGLE = mint("organisation", "google")


def _match(*labels: tuple[str, str], descriptions: tuple[tuple[str, str], ...] = ()) -> Value:
    """The value that the page of Google shows for its item, of which this is known."""
    triples = {
        Triple(GOOGLE, RDFS.label, Literal("Google", language="en")),
        Triple(GOOGLE, SKOS.exactMatch, WD.Q95),
        *(Triple(WD.Q95, RDFS.label, Literal(text, language=language)) for text, language in labels),
        *(Triple(WD.Q95, SDO.description, Literal(text, language=language)) for text, language in descriptions),
    }
    graph = NamedNode("https://example.org/links")
    view = View(Document(GOOGLE, frozenset(triples)), {}, {(SKOS.exactMatch, WD.Q95): frozenset({graph})}, "")
    (fact,) = [each for each in view.page().facts if each.short == "skos:exactMatch"]
    return fact.values[0]


def test_an_item_is_shown_with_its_name_in_english_and_what_it_is() -> None:
    said = (("Suchmaschine", "de"), ("American company", "en"))
    shown = _match(("Alphabets Google", "de"), ("Google", "en"), ("Гугл", "uk"), descriptions=said)
    assert (shown.text, shown.remark, shown.external) == ("Google", "American company", True)
    assert shown.href == "http://www.wikidata.org/entity/Q95"


def test_a_name_for_every_language_goes_before_one_of_another_language() -> None:
    assert _match(("Aaa", "ar"), ("Google", "mul")).text == "Google"
    assert _match(("Гугл", "uk")).text == "Гугл"


def test_an_item_of_which_nothing_is_known_has_its_number() -> None:
    shown = _match()
    assert (shown.text, shown.remark) == ("wd:Q95", "")
