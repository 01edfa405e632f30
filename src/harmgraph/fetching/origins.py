"""What each database offers for download: in which form, under what licence, and which files of it are kept.

The addresses are settings (`harmgraph.settings`), because they are what changes. `docs/decisions/fetching.md` says
where they come from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urljoin, urlsplit

Form = Literal["csv", "xlsx", "tar"]

_MEBIBYTE: Final = 1 << 20
_CC_BY_SA: Final = "https://creativecommons.org/licenses/by-sa/4.0/"


@dataclass(frozen=True, slots=True)
class Archive:
    """What is kept of an archive, and how much unpacking it may cost."""

    keep: re.Pattern[str]
    """Matches the whole name of a member that is kept; its first group is where it goes in the folder."""
    needed: re.Pattern[str]
    """At least one kept file must have such a name."""
    largest: int = 16 << 30
    """Bytes that the archive may hold, kept or not: the report texts of AIID are larger than what is kept."""
    most: int = 100_000
    """Members that the archive may hold."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One database that can be fetched."""

    name: str
    """What the command line calls it."""
    source: str
    """The adapter that reads the snapshot."""
    title: str
    licence: str
    setting: str
    """The field of `Settings` that holds its address."""
    largest: int
    """Bytes that a download may have."""
    mark: re.Pattern[bytes] | None = None
    """What the first kilobytes of a CSV file must contain, so that no other sheet passes for this one."""
    archive: Archive | None = None
    listed: re.Pattern[str] | None = None
    """Finds the addresses of archives in a page that lists them; its first group orders them, the newest last."""

    def form(self, url: str) -> Form:
        """What should come from this address."""
        if self.archive is not None:
            return "tar"
        parts = urlsplit(url)
        return "xlsx" if parts.path.endswith(".xlsx") or "xlsx" in parts.query else "csv"

    def place(self, url: str) -> str:
        """The name of the file or folder that what comes from this address is kept under."""
        return self.source if self.archive is not None else f"{self.source}.{self.form(url)}"

    def is_listing(self, url: str) -> bool:
        """Whether this is the address of a page that lists archives, rather than of an archive."""
        return self.listed is not None and not re.search(r"\.(tar|tgz|tbz2?|txz)(\.\w+)?$", urlsplit(url).path)

    def newest(self, page: str, url: str) -> str | None:
        """The address of the newest archive that the page names, None where it names none."""
        found = [(match[1], match[0]) for match in self.listed.finditer(page)] if self.listed is not None else []
        return urljoin(url, max(found)[1]) if found else None


ORIGINS: Final[Mapping[str, Origin]] = {
    origin.name: origin
    for origin in (
        Origin(
            name="aiaaic",
            source="aiaaic-sheet",
            title="AIAAIC Repository, the sheet of incidents",
            licence=_CC_BY_SA,
            setting="aiaaic_url",
            largest=256 * _MEBIBYTE,
            mark=re.compile(rb"AIAAIC\d{3,4}"),
        ),
        Origin(
            name="aiid",
            source="aiid",
            title="AI Incident Database, a weekly snapshot without its report texts",
            licence=_CC_BY_SA,
            setting="aiid_url",
            largest=4096 * _MEBIBYTE,
            # Reports and submissions quote the press, which the licence excepts: they are not unpacked.
            archive=Archive(
                keep=re.compile(r"(?:[^/]+/)*((?:incidents|duplicates|classifications_[\w.-]+)\.csv|license\.txt)"),
                needed=re.compile(r"incidents\.csv"),
            ),
            listed=re.compile(r"""[^\s"'<>\\]*\bbackup-(\d{14})\.tar\.bz2"""),
        ),
        Origin(
            name="avid",
            source="avid",
            title="AI Vulnerability Database, reports and vulnerabilities",
            licence="https://opensource.org/licenses/MIT",
            setting="avid_url",
            largest=1024 * _MEBIBYTE,
            # Folders like 2022old hold an earlier form of the same entries.
            archive=Archive(
                keep=re.compile(r"(?:[^/]+/)?((?:reports|vulnerabilities)/\d{4}/AVID-[\w-]+\.json|LICENSE)"),
                needed=re.compile(r"(?:reports|vulnerabilities)/.*"),
            ),
        ),
    )
}
