"""The other names of a country, which the graph does not hold: those of ISO 3166-1, official and common."""

from __future__ import annotations

from typing import Final

import pycountry

_RESERVED: Final = {"GBR": ("UK",), "GRC": ("EL",)}
"""Codes that ISO 3166-1 keeps for use by others, and that tables are full of."""


def other_names(alpha3: str) -> tuple[str, ...]:
    """The names that ISO 3166-1 has for this country.

    >>> other_names("RUS"), other_names("XXX")
    (('Russian Federation',), ())
    """
    country = pycountry.countries.get(alpha_3=alpha3)
    names = (getattr(country, each, None) for each in ("name", "official_name", "common_name"))
    return tuple(dict.fromkeys(name for name in names if name))


def other_codes(alpha3: str) -> tuple[str, ...]:
    """The codes besides alpha-2 and alpha-3."""
    return _RESERVED.get(alpha3, ())
