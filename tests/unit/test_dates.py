"""Dates are read as precisely as they are written, and never more."""

from __future__ import annotations

from datetime import date

import pytest
from edtf import parse_edtf
from hypothesis import given, settings
from hypothesis import strategies as st

from harmgraph.consolidation import bounds
from harmgraph.dates import read_occurred
from harmgraph.model import Occurred


@pytest.mark.parametrize(
    ("written", "edtf", "earliest", "latest"),
    [
        ("2022", "2022", date(2022, 1, 1), date(2022, 12, 31)),
        ("2022.0", "2022", date(2022, 1, 1), date(2022, 12, 31)),
        ("2023-2024", "2023/2024", date(2023, 1, 1), date(2024, 12, 31)),
        ("2019-21", "2019/2021", date(2019, 1, 1), date(2021, 12, 31)),
        ("2018-", "2018/..", date(2018, 1, 1), None),
        ("2018–", "2018/..", date(2018, 1, 1), None),
        ("March 2022", "2022-03", date(2022, 3, 1), date(2022, 3, 31)),
        ("Sept 2021", "2021-09", date(2021, 9, 1), date(2021, 9, 30)),
        ("February\xa02024", "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("14 March 2022", "2022-03-14", date(2022, 3, 14), date(2022, 3, 14)),
        ("March 14, 2022", "2022-03-14", date(2022, 3, 14), date(2022, 3, 14)),
        ("2022-03-14", "2022-03-14", date(2022, 3, 14), date(2022, 3, 14)),
        ("2022-03-14 00:00:00", "2022-03-14", date(2022, 3, 14), date(2022, 3, 14)),
        ("January 2020-March 2021", "2020-01/2021-03", date(2020, 1, 1), date(2021, 3, 31)),
        ("2019; 2021", "2019/2021", date(2019, 1, 1), date(2021, 12, 31)),
        ("2022-", "2022/..", date(2022, 1, 1), None),
    ],
)
def test_a_date_keeps_its_precision(written: str, edtf: str, earliest: date, latest: date | None) -> None:
    read = read_occurred(written)
    assert read == Occurred(edtf)
    assert (read.earliest, read.latest) == (earliest, latest)


@pytest.mark.parametrize("blank", ["", " ", "\xa0", ";", " ; "])
def test_a_blank_is_no_date(blank: str) -> None:
    assert read_occurred(blank) is None


@pytest.mark.parametrize("odd", ["unknown", "2022-13", "2021-2019", "31 February 2022", "202", "20222", "Mar"])
def test_what_no_rule_reads_is_an_error_that_shows_the_value(odd: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read_occurred(odd)


@pytest.mark.parametrize("ambiguous", ["2009-10", "2001-12"])
def test_a_month_that_could_be_the_end_of_a_range_is_not_guessed(ambiguous: str) -> None:
    with pytest.raises(ValueError, match="month or a range"):
        read_occurred(ambiguous)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_date_or_a_value_error(text: str) -> None:
    try:
        read = read_occurred(text)
    except ValueError:
        return
    assert read is None or (read.earliest or date.min) <= (read.latest or date.max)


@settings(deadline=None)  # the first parse of a date builds its grammar
@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)))
def test_a_day_is_its_own_bounds(day: date) -> None:
    read = read_occurred(day.isoformat())
    assert read is not None
    assert read.earliest == read.latest == day


def test_bounds_are_what_records_agree_on() -> None:
    assert bounds(["2022", "2022-03"]) == (date(2022, 3, 1), date(2022, 3, 31))
    assert bounds(["2018/..", "2020"]) == (date(2020, 1, 1), date(2020, 12, 31))


def test_bounds_of_records_that_disagree_hold_all_of_them() -> None:
    assert bounds(["2019", "2021"]) == (date(2019, 1, 1), date(2021, 12, 31))


def test_no_date_has_no_bounds() -> None:
    assert bounds([]) == (None, None)


@given(st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 31)), st.sampled_from([4, 7, 10]))
def test_bounds_of_a_plain_date_are_those_of_the_parser_for_all_dates(day: date, precision: int) -> None:
    point = day.isoformat()[:precision]
    read = parse_edtf(point)
    assert Occurred(point).earliest == date(*read.lower_strict()[:3])
    assert Occurred(point).latest == date(*read.upper_strict()[:3])
