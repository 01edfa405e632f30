"""The key of an entry in another database, from its address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmgraph.sources.keys import key_of_url


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("https://incidentdatabase.ai/cite/412", "aiid:412"),
        ("https://incidentdatabase.ai/cite/412/#r2017", "aiid:412"),
        ("http://www.incidentdatabase.ai:443/es/cite/0412?lang=es", "aiid:412"),
        ("HTTPS://IncidentDatabase.AI/Cite/412 ", "aiid:412"),
        ("https://avidml.org/database/avid-2023-r0001/", "avid:AVID-2023-R0001"),
        ("https://avidml.org/database/AVID-2022-V013", "avid:AVID-2022-V013"),
        ("https://www.aiaaic.org/aiaaic-repository/ai-algorithmic-and-automation-incidents/a-b-c", "aiaaic-page:a-b-c"),
        ("https://aiaaic.org/aiaaic-repository/ai-and-algorithmic-controversies/A-B-C/", "aiaaic-page:a-b-c"),
        ("https://oecd.ai/en/incidents/2023-11-27-a6ba", "oecd:2023-11-27-a6ba"),
    ],
)
def test_an_entry_has_one_key_whatever_its_address_looks_like(address: str, key: str) -> None:
    assert key_of_url(address) == key


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://incidentdatabase.ai/",
        "https://incidentdatabase.ai/cite/",
        "https://incidentdatabase.ai/cite/0",
        "https://incidentdatabase.ai/cite/4x",
        "https://incidentdatabase.ai/cite/٣",
        "https://incidentdatabase.ai/entities/uber",
        "https://incidentdatabase.ai/reports/412",
        "https://incidentdatabase.ai.example.org/cite/412",
        "https://example.org/incidentdatabase.ai/cite/412",
        "ftp://incidentdatabase.ai/cite/412",
        "https://avidml.org/",
        "https://www.aiaaic.org/aiaaic-repository",
        "https://www.aiaaic.org/aiaaic-repository/ai-algorithmic-and-automation-incidents",
        "https://oecd.ai/en/incidents",
        "http://[",
        "javascript:alert(1)",
        "https://incidentdatabase.ai/cite/412" + "0" * 3_000,
    ],
)
def test_an_address_that_names_no_single_entry_has_no_key(address: str) -> None:
    assert key_of_url(address) is None


@given(st.text() | st.from_regex(r"https?://(www\.)?(incidentdatabase\.ai|avidml\.org|aiaaic\.org|oecd\.ai)/.*"))
def test_no_text_breaks_it(address: str) -> None:
    key = key_of_url(address)
    assert key is None or key.split(":")[0] in {"aiid", "avid", "aiaaic-page", "oecd"}


@given(
    number=st.integers(1, 999_999_999),
    scheme=st.sampled_from(["http", "https", "HTTPS"]),
    host=st.sampled_from(["incidentdatabase.ai", "www.incidentdatabase.ai", "WWW.IncidentDatabase.ai"]),
    tail=st.sampled_from(["", "/", "#r1", "?a=b", "/?a=b#c"]),
)
def test_every_spelling_of_an_address_gives_the_same_key(number: int, scheme: str, host: str, tail: str) -> None:
    assert key_of_url(f"{scheme}://{host}/cite/{number}{tail}") == f"aiid:{number}"


@given(st.text(st.characters(codec="ascii", categories=("Ll", "Nd")), min_size=1).map(lambda text: f"a-{text}"))
def test_a_page_of_aiaaic_is_known_by_its_last_segment(slug: str) -> None:
    base = "https://www.aiaaic.org/aiaaic-repository"
    assert key_of_url(f"{base}/one-section/{slug}") == key_of_url(f"{base}/another/{slug}/") == f"aiaaic-page:{slug}"
