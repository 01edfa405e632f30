"""Retry-After is read in both of its forms, and nonsense in it harms nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmgraph.fetching.web import retry_after

NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)


@given(st.integers(0, 10**12 - 1))
def test_seconds_are_seconds(seconds: int) -> None:
    assert retry_after(f" {seconds} ", NOW) == seconds


@given(st.integers(-(10**6), 10**8))
def test_a_date_is_as_far_off_as_it_is_and_never_in_the_past(seconds: int) -> None:
    header = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after(header, NOW) == max(0, seconds)


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,6} \d+:\d+:\d+ ?[+-]?\w{0,9}"))
def test_nonsense_asks_for_nothing(header: str) -> None:
    asked = retry_after(header, NOW)
    assert asked is None or asked >= 0


@pytest.mark.parametrize("header", [None, "", "soon", "-5", "1.5", "٣", "9" * 400, "Mon, 99 Foo 2026 00:00:00 GMT"])
def test_what_is_neither_form_is_no_wish(header: str | None) -> None:
    assert retry_after(header, NOW) is None


def test_the_older_forms_of_http_dates_are_read() -> None:
    assert retry_after("Tuesday, 30-Jun-26 12:00:30 GMT", NOW) == 30
    assert retry_after("Tue Jun 30 12:00:30 2026", NOW) == 30
