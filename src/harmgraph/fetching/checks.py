"""A downloaded file → nothing, if it is what it should be; else `FetchFailed` with what it is instead.

Looks at bytes, not at names or headers. An archive is checked by unpacking it (`harmgraph.fetching.unpacking`); what
the columns of a sheet are is the adapter's business.
"""

from __future__ import annotations

import csv
import re
import zipfile
from pathlib import Path
from typing import Final

from harmgraph.errors import FetchFailed
from harmgraph.fetching.origins import Form, Origin

_HEAD: Final = 1 << 16
_PAGE: Final = re.compile(
    rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype|html|head|body|error|script)\b", re.I | re.S
)
_PACKED: Final = (b"BZh", b"\x1f\x8b", b"\xfd7zXZ")
_LEAST: Final = 0.7
"""Of two sheets in succession the newer one had at least 99 % of the bytes; far fewer mean that something is wrong."""


def check(origin: Origin, form: Form, file: Path, url: str) -> None:
    """Raise `FetchFailed` where the file is empty, a page, or not of this form."""
    with file.open("rb") as opened:
        head = opened.read(_HEAD)
    if not head.strip():
        raise FetchFailed(f"{url}: the answer is empty; try later, or open the address in a browser")
    if _PAGE.match(head.removeprefix(b"\xef\xbb\xbf")):
        raise FetchFailed(f"{url}: answered with a page where a file was expected; open the address in a browser")
    if form == "csv":
        _check_csv(origin, file, head, url)
    elif form == "xlsx":
        _check_xlsx(file, url)
    elif not head.startswith(_PACKED) and head[257:262] != b"ustar":
        raise FetchFailed(f"{url}: is no tar archive; it begins with {head[:16]!r}")


def _check_csv(origin: Origin, file: Path, head: bytes, url: str) -> None:
    if b"\0" in head:
        raise FetchFailed(f"{url}: is no CSV in UTF-8, it begins with {head[:16]!r}; ask for the export as CSV or XLSX")
    if origin.mark is not None and not origin.mark.search(head):
        raise FetchFailed(f"{url}: is not from {origin.title}: nothing in it looks like {origin.mark.pattern.decode()}")
    csv.field_size_limit(origin.largest)  # a large cell is for the adapter to judge
    first, last = 0, 0
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            for row in csv.reader(opened, strict=True):
                first, last = first or len(row), len(row)
    except (csv.Error, UnicodeDecodeError) as cause:
        raise FetchFailed(f"{url}: is cut off or broken ({cause}); fetch it again") from cause
    if last < first:
        raise FetchFailed(f"{url}: is cut off: the last row has {last} cells, the first one {first}; fetch it again")


def _check_xlsx(file: Path, url: str) -> None:
    try:
        with zipfile.ZipFile(file) as workbook:
            if "xl/workbook.xml" in workbook.namelist():
                return
    except zipfile.BadZipFile as cause:
        raise FetchFailed(f"{url}: is no XLSX, or is cut off ({cause}); fetch it again") from cause
    raise FetchFailed(f"{url}: is a zip file but no XLSX workbook")


def check_growth(before: int, after: int, target: Path, url: str) -> None:
    """Raise `FetchFailed` where the new snapshot is much smaller than the one of before."""
    if after < _LEAST * before:
        raise FetchFailed(
            f"{url}: has {after:,} bytes where {target} has {before:,}, so a part may be missing; the old one"
            f" stays. If the source did shrink, move {target} away and fetch again"
        )
