"""Names: how they are cleaned, compared, split, and what their shape gives away."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harmgraph import name_shapes, names

CYRILLIC = st.text(alphabet="АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЭЮЯабвгдежзиклмнопрстуфхцчшэюя", min_size=1)
GREEK = st.text(alphabet="ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρστυφχψω", min_size=1)
LATIN = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzéüßøł", min_size=1)
GIVEN_NAMES = frozenset({"jane", "jordan", "mary"})


@given(st.text())
@example("The the THE")
@example("t h e Center")
@example("A\u0345")
@example("K&L + Ⅷ ﬁ")
def test_the_key_of_a_key_is_the_key(name: str) -> None:
    assert names.key(names.key(name)) == names.key(name)


@given(st.text())
def test_cleaning_twice_changes_nothing_more(name: str) -> None:
    assert names.clean(names.clean(name)) == names.clean(name)


@given(st.lists(st.one_of(CYRILLIC, GREEK, LATIN)).map(" ".join))
def test_folding_never_touches_words_of_one_script(text: str) -> None:
    assert names.fold_look_alikes(text) == (text, ())


@given(st.text())
def test_folding_keeps_every_offset_and_is_done_once(text: str) -> None:
    folded, words = names.fold_look_alikes(text)
    assert len(folded) == len(text)
    assert names.fold_look_alikes(folded) == (folded, ())
    assert bool(words) == (folded != text)


@given(st.text(alphabet="ab;；/, \n\t", max_size=40))
def test_splitting_a_list_loses_nothing_but_separators_and_space(cell: str) -> None:
    kept = "".join("".join(names.split_list(cell)).split())
    assert kept == "".join(c for c in cell if c not in ";；" and not c.isspace())


@given(st.lists(st.text(alphabet="abc &", min_size=1), min_size=1), st.integers(0, 5))
def test_putting_runs_together_loses_no_part(parts: list[str], length: int) -> None:
    runs = names.longest_runs(parts, "/", lambda name: name.count("/") == length)
    assert "/".join(runs).replace(" ", "") == "/".join(parts).replace(" ", "")


@pytest.mark.parametrize(
    ("text", "folded", "words"),
    [
        ("Ministry of Defenсe of Ukraine", "Ministry of Defence of Ukraine", ("Defenсe",)),
        ("Сlearview АI", "Clearview AI", ("Сlearview", "АI")),  # anyascii would make "Slearview" of it
        ("Яndex", "Яndex", ()),  # no Latin letter looks like Я
        ("Яндекс и Google", "Яндекс и Google", ()),
        ("µTorrent", "µTorrent", ()),
        ("Οpen ΑΙ", "Open ΑΙ", ("Οpen",)),  # all-Greek ΑΙ is a word of one script
    ],
)
def test_look_alike_letters_are_folded_in_words_that_mix_scripts(
    text: str, folded: str, words: tuple[str, ...]
) -> None:
    assert names.fold_look_alikes(text) == (folded, words)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ministry of Defense", "ministry of defence"),
        ("The New York Times", "New York Times"),
        ("Estée Lauder", "Estee Lauder"),
        ("U.S. Customs and Border Protection", "US Customs & Border Protection"),
        ("Hennepin County Sheriff’s Office", "Hennepin County Sheriff's Office"),
        ("Deep\u200bMind", "DeepMind"),
        ("Govt\xa0of India", "Govt of India"),
        ("World Health Organisation", "World Health Organization"),
        ("H.I.S.", "HIS"),
    ],
)
def test_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert names.key(one) == names.key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Disney+", "Disney"), ("Meta", "Metal"), ("NEC", "NHS"), ("X Corp", "X"), ("Yandex", "Яндекс")],
)
def test_different_names_keep_different_keys(one: str, other: str) -> None:
    assert names.key(one) != names.key(other)


def test_a_legal_form_is_dropped_but_never_the_whole_name() -> None:
    assert names.key_without_legal_form("Humana Inc.") == "humana"
    assert names.key_without_legal_form("Universal Tennis, LLC") == "universal tennis"
    assert names.key_without_legal_form("Co Ltd") == "co"


@pytest.mark.parametrize(
    ("name", "is_acronym"), [("MPS", True), ("Mps", False), ("NHS England", False), ("IARPA", True), ("360", False)]
)
def test_only_capitals_make_an_acronym(name: str, is_acronym: bool) -> None:
    assert names.is_acronym(name) == is_acronym


@pytest.mark.parametrize(
    "name",
    [
        "Unknown",
        "Unclear/unknown",
        "Anonymous/pseudonymous",
        "Multiple",
        "n/a",
        "*",
        "—",
        "various developers",
        "unknown-scammers",
        "Unnamed male student",
        "Not specified",
        "unknown-deepfake-technology-developers",
    ],
)
def test_placeholders_are_seen_by_their_shape(name: str) -> None:
    assert name_shapes.is_placeholder(name)


@pytest.mark.parametrize(
    "name", ["Unknown Worlds Entertainment", "Multiple Sclerosis Society", "NATO", "Nilfisk", "O2"]
)
def test_names_that_begin_like_placeholders_are_none(name: str) -> None:
    assert not name_shapes.is_placeholder(name)


@pytest.mark.parametrize(
    ("name", "is_group"),
    [
        ("X users", True),
        ("Radnor High School student", True),
        ("Tesla driver", True),
        ("Canada tax payers", True),
        ("Users", True),
        ("Individual", True),
        ("Driver", False),
        ("", False),
        ("American Federation of Teachers", False),
        ("Consumer Reports", False),
    ],
)
def test_groups_of_users_are_seen_by_their_last_word(name: str, is_group: bool) -> None:
    assert name_shapes.is_user_group(name) == is_group


@pytest.mark.parametrize(
    "name", ["Jane Example", "Jane Q. Example", "Mary van der Example", "Dr Xyzzy Example", "Jordan Example III"]
)
def test_a_given_name_or_a_title_before_a_surname_makes_a_person(name: str) -> None:
    assert name_shapes.is_person_like(name, GIVEN_NAMES)


@pytest.mark.parametrize(
    "name",
    [
        "Jane Street Capital",
        "Mary Kay Inc",
        "Jane",
        "Goldman Sachs",
        "jane example",
        "Jane & Mary",
        "Jane's Defence News",
        "Jordan National Aid Fund",
        "Mary 2 Example",
    ],
)
def test_names_of_organisations_are_not_taken_for_persons(name: str) -> None:
    assert not name_shapes.is_person_like(name, GIVEN_NAMES)
