"""Whatever a source calls a thing, its IRI is valid and says the same."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmgraph.iris import BASE, HG, PREFIXES, field_iri, mint, record_iri, slug_of

names = st.text(min_size=1, max_size=40, alphabet=st.characters(codec="utf-8"))


@given(names)
def test_a_local_name_survives_minting(local: str) -> None:
    iri = mint("organisation", local).value
    assert iri.startswith(f"{BASE}id/organisation/")
    assert unquote(iri.removeprefix(f"{BASE}id/organisation/")) == local
    assert iri.isascii()
    assert not set(iri) & set(" <>\"{}|\\^`'()#?")


@given(names)
def test_a_slug_is_words_and_hyphens(label: str) -> None:
    slug = slug_of(label)
    assert slug == slug.casefold() and slug.isascii()
    assert all(part.isalnum() for part in slug.split("-") if slug)
    assert slug_of(slug) == slug


@pytest.mark.parametrize("local", ["o'neil", "at&t", "(uk)", "yahoo!", "@handle", "a.b", "x/y"])
def test_the_odd_characters_of_source_slugs_give_one_path_segment(local: str) -> None:
    assert mint("organisation", local).value.count("/") == mint("organisation", "x").value.count("/")


def test_a_record_is_named_by_source_version_and_local_name() -> None:
    assert (
        record_iri("aiaaic-sheet", "2026-06", "AIAAIC0850").value == f"{BASE}id/record/aiaaic-sheet/2026-06/AIAAIC0850"
    )


def test_terms_are_made_once() -> None:
    assert HG.deployer is HG["deployer"]


def test_prefixes_are_namespaces() -> None:
    assert all(iri.endswith(("#", "/")) for iri in PREFIXES.values())


def test_a_field_keeps_its_name_as_a_slug() -> None:
    assert field_iri("aiaaic-sheet", "Issue(s)").value.endswith("/field/aiaaic-sheet/issue-s")
