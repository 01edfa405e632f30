"""The ways in which sources write when something happened, read into EDTF and nothing invented.

``2022``, ``2022.0`` (a spreadsheet's float), ``2023-2024``, ``2019-21``, ``2018-`` (ongoing), ``March 2022``,
``2022-03-14``, and lists of these joined by ``;``, whose hull is taken.
"""

from __future__ import annotations

import calendar
import re
from datetime import date
from typing import Final

from harmgraph.model import Occurred

_MONTHS: Final = {
    name.casefold(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
_DASH: Final = re.compile(r"\s*[-–—]\s*")
_YEAR: Final = re.compile(r"(\d{4})(?:\.0)?")
_ISO: Final = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?(?:[T ]00:00:00)?")
_DAY_MONTH: Final = re.compile(r"(?:(\d{1,2})(?:st|nd|rd|th)?\s+)?([A-Za-z]+)\.?,?\s+(\d{4})")
_MONTH_DAY: Final = re.compile(r"([A-Za-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_SHORT_YEARS: Final = re.compile(r"(\d{2})(\d{2})\s*[-–—/]\s*(\d{2})")


def read_occurred(text: str) -> Occurred | None:
    """The date in this source string, None for a blank one; raises ValueError for one that no rule reads.

    >>> read_occurred("March 2022"), read_occurred("2019-21"), read_occurred("2018-")
    (Occurred(edtf='2022-03'), Occurred(edtf='2019/2021'), Occurred(edtf='2018/..'))
    """
    parts = [part.strip() for part in text.replace("\xa0", " ").split(";") if part.strip()]
    if not parts:
        return None
    read = [_one(part) for part in parts]
    return read[0] if len(read) == 1 else hull(read)


def hull(dates: list[Occurred]) -> Occurred:
    """The shortest range that holds all these dates, with the precision of its two ends."""
    first = min(dates, key=lambda each: each.earliest or date.min)
    last = max(dates, key=lambda each: each.latest or date.max)
    start, end = first.edtf.split("/")[0], last.edtf.split("/")[-1]
    return Occurred(start if start == end else f"{start}/{end}")


def _one(text: str) -> Occurred:
    if match := _SHORT_YEARS.fullmatch(text):  # before ISO: "2019-21" is no month
        century, first, last = match.groups()
        if int(first) < int(last) <= 12:
            raise ValueError(f"{text!r} can be a month or a range of years; write the range with four digits")
        if int(last) > 12:
            return _range(century + first, century + last)
    single = _point(text)
    if single is not None:
        return Occurred(single)
    ends = _DASH.split(text, maxsplit=1)
    if len(ends) == 2:
        start, end = _point(ends[0]), _point(ends[1]) if ends[1] else ".."
        if start is not None and end is not None:
            return _range(start, end)
    raise ValueError(f"{text!r} is no year, month, day or range of these")


def _range(start: str, end: str) -> Occurred:
    occurred = Occurred(start if start == end else f"{start}/{end}")
    if occurred.earliest and occurred.latest and occurred.latest < occurred.earliest:
        raise ValueError(f"the range {start} to {end} ends before it begins")
    return occurred


def _point(text: str) -> str | None:
    """One year, month or day as EDTF, or None where the text is none of them."""
    year = month = day = None
    if match := _YEAR.fullmatch(text):
        year = match[1]
    elif match := _ISO.fullmatch(text):
        year, month, day = match[1], int(match[2]), match[3] and int(match[3])
    elif (match := _DAY_MONTH.fullmatch(text)) and (name := match[2].casefold()) in _MONTHS:
        year, month, day = match[3], _MONTHS[name], match[1] and int(match[1])
    elif (match := _MONTH_DAY.fullmatch(text)) and (name := match[1].casefold()) in _MONTHS:
        year, month, day = match[3], _MONTHS[name], int(match[2])
    if year is None:
        return None
    date(int(year), month or 1, day or 1)  # raises ValueError for a 13th month or a 30th of February
    return "-".join([year, *(f"{part:02}" for part in (month, day) if part)])
