"""The text of a page → its pieces: every way in which labels have been seen to stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmgraph.sources.page_text import SPELLINGS, Piece, spelling_of, split


def values(text: str) -> dict[str, str]:
    """Label → value, both as the splitter has them."""
    return {piece.label: piece.text.strip() for piece in split(text) if piece.kind == "value" and piece.text.strip()}


def of_kind(text: str, kind: str) -> list[str]:
    return [piece.text.strip() for piece in split(text) if piece.kind == kind and piece.text.strip()]


def test_labels_run_together_are_split() -> None:
    text = "It fell.\nOperator: Vumacam Developer: VumacamCountry: South AfricaSector: Govt - policeIssue: Legal"
    assert values(text) == {
        "Operator": "Vumacam",
        "Developer": "Vumacam",
        "Country": "South Africa",
        "Sector": "Govt - police",
        "Issue": "Legal",
    }
    assert of_kind(text, "narrative") == ["It fell."]


@pytest.mark.parametrize(
    ("label", "spelling"),
    [(label, spelling) for label, spellings in SPELLINGS.items() for spelling in spellings],
)
def test_every_spelling_of_a_label_is_known(label: str, spelling: str) -> None:
    others = [other for other in ("Developer", "Sector", "Purpose") if other != label]
    text = f"Text.\n{spelling}:\xa0a; b\n" + "\n".join(f"{other}: c" for other in others)
    found = {spelling_of(piece): piece.label for piece in split(text) if piece.kind == "label"}
    assert found[spelling] == label
    assert values(text)[label] == "a; b"


@pytest.mark.parametrize("mark", [":", " :", "\xa0:", " 🤖:", "🤖 :", ": "])
def test_spaces_and_an_emoji_may_stand_before_the_colon(mark: str) -> None:
    assert values(f"Text.\nSystem{mark}Grok\nDeveloper: xAI")["System"] == "Grok"


def test_a_label_with_an_emoji_needs_no_colon_on_a_line_of_its_own() -> None:
    assert values("Text.\nSystem 🤖\nGrok\nDeveloper: xAI\nCountry: USA") == {
        "System": "Grok",
        "Developer": "xAI",
        "Country": "USA",
    }


def test_labels_of_the_narrative_stay_in_the_narrative() -> None:
    text = (
        "He said: the Purpose: none. The Issue: all of it.\nTechnology: a word at the start of a line.\n\n"
        "Then more.\n\nAnd more.\n\nOperator: A\nDeveloper: B\nCountry: C\nSector: D\nPurpose: E\nTechnology: F"
    )
    assert values(text) == dict(
        zip(("Operator", "Developer", "Country", "Sector", "Purpose", "Technology"), "ABCDEF", strict=True)
    )
    assert len(of_kind(text, "narrative")) == 4


def test_a_label_at_the_end_of_the_narrative_does_not_begin_the_block() -> None:
    text = "Technology: so they call it.\nOperator: A Developer: B Technology: C"
    assert values(text) == {"Operator": "A", "Developer": "B", "Technology": "C"}
    assert of_kind(text, "narrative") == ["Technology: so they call it."]


def test_an_empty_last_label_does_not_take_the_first_link() -> None:
    text = "Text.\nOperator: A Issue: B Transparency:\xa0\nhttps://example.org/a"
    assert "Transparency" not in values(text)
    assert of_kind(text, "link") == ["https://example.org/a"]


def test_values_below_their_labels_are_read_when_the_page_is_made_so() -> None:
    text = "Text.\nOperator:\nA\nDeveloper:\nB\nIssue:\nC; D\nhttps://example.org/a"
    assert values(text) == {"Operator": "A", "Developer": "B", "Issue": "C; D"}
    assert of_kind(text, "link") == ["https://example.org/a"]


def test_stray_lines_in_the_block_are_neither_values_nor_lost() -> None:
    text = "Text.\nOperator: A\nSee also B\nDeveloper: C\nIssue: D"
    assert values(text) == {"Operator": "A", "Developer": "C", "Issue": "D"}
    assert of_kind(text, "stray") == ["See also B"]


@pytest.mark.parametrize(
    "line",
    [
        "Page infoType: IncidentPublished: May 2023",
        "Page info Type: Incident\nPublished: May 2023",
        "Type: IncidentPage published: May 2023",
    ],
)
def test_page_information_is_read_below_the_block(line: str) -> None:
    text = f"Text.\nOperator: A\nIssue: B\nhttps://example.org/a\nSome other page\n{line}"
    assert values(text) == {"Operator": "A", "Issue": "B", "Type": "Incident", "Published": "May 2023"}
    assert of_kind(text, "link") == ["https://example.org/a", "Some other page"]


def test_the_head_of_a_page_is_read_above_the_narrative() -> None:
    text = "Occurred: March 2022\n\nCan you improve this page?\nShare your insights with us\n\nText."
    text += "\nOperator: A\nIssue: B"
    assert values(text) == {"Occurred": "March 2022", "Operator": "A", "Issue": "B"}
    assert of_kind(text, "boilerplate") == ["Can you improve this page?", "Share your insights with us"]
    assert of_kind(text, "narrative") == ["Text."]


@pytest.mark.parametrize("heading", ["What happened", "Why it happened 💡", "What it means", "WHAT HAPPENED?"])
def test_headings_are_no_part_of_the_narrative(heading: str) -> None:
    text = f"{heading}\nText.\nOperator: A\nIssue: B"
    assert of_kind(text, "heading") == [heading]
    assert of_kind(text, "narrative") == ["Text."]


def test_newer_pages_have_other_labels() -> None:
    text = (
        "Text.\nDeployer: A\nDeveloper: B\nNews trigger: Litigation\nExternal harm: Privacy loss\n"
        "Internal impact: Litigation\nAIAAIC Repository ID: AIAAIC1234"
    )
    assert values(text)["News trigger"] == "Litigation"
    assert values(text)["External harm"] == "Privacy loss"
    assert values(text)["AIAAIC Repository ID"] == "AIAAIC1234"


@pytest.mark.parametrize(
    "text", ["", "\n", "Text without labels.", "https://example.org", "Technology: one label only"]
)
def test_a_text_without_a_block_is_narrative(text: str) -> None:
    assert {piece.kind for piece in split(text)} <= {"narrative"}


def test_the_colon_of_an_address_makes_no_label() -> None:
    assert values("Text.\nOperator: A\nIssue: B\nSystem://x") == {"Operator": "A", "Issue": "B"}


LABELS = [spelling for spellings in SPELLINGS.values() for spelling in spellings]
PIECES = st.one_of(
    st.sampled_from([f"{label}:" for label in LABELS]),
    st.sampled_from(
        ["\n", "\n\n", " ", "\xa0", "🤖", ":", "; ", "Page info", "What happened", "Report incident", "\r\n"]
    ),
    st.text(max_size=8),
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_the_pieces_of_any_text_are_the_text(text: str) -> None:
    pieces = split(text)
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces if piece.kind != "value")
    assert all((piece.label in SPELLINGS) == (piece.kind in {"label", "value", "stray"}) for piece in pieces)


VALUE = st.text(st.characters(whitelist_categories=["Ll", "Nd"], max_codepoint=0x17F), min_size=1, max_size=12)


@given(
    st.lists(
        st.sampled_from(["Developer", "Country", "Sector", "Purpose", "Technology", "Issue"]), unique=True, min_size=1
    ),
    st.data(),
)
def test_labels_in_any_order_and_however_joined_give_their_values(labels: list[str], data: st.DataObject) -> None:
    expected = {label: data.draw(VALUE) for label in ("Operator", *labels)}
    joins = st.sampled_from(["", " ", "\xa0", "\n", " \n"])
    block = "".join(f"{label}: {value}{data.draw(joins)}" for label, value in expected.items())
    assert values(f"A narrative of one line.\n{block}") == expected


def test_a_huge_page_is_split_in_linear_time() -> None:
    text = "Issue: a " * 100_000
    assert "".join(piece.text for piece in split(text)) == text


def test_the_spelling_of_a_value_is_its_label() -> None:
    assert spelling_of(Piece("value", "x", "Issue")) == "Issue"
