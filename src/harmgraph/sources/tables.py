"""Files of the sources → clean text and numbered rows of strings: CSV in UTF-8 or UTF-16, and XLSX.

Knows nothing of any source's columns. A file that is not what its name says raises `SnapshotUnreadable` with the
place and the remedy; a cell that RDF cannot hold is mended by `mended`, and whoever asked reports it.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import struct
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Final

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from harmgraph.errors import SnapshotUnreadable
from harmgraph.sources.base import Fault

_ENCODINGS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with the one of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_XML_CHARACTER: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0 §2.2: what is outside cannot stand in RDF/XML or SPARQL XML results; lone surrogates in no RDF at all."""

_LARGEST_CELL: Final = 1 << 26
_LARGEST_WORKBOOK: Final = 1 << 29
_LARGEST_RATIO: Final = 200
"""A real workbook packs about 1:10; a thousand times more is an attack on the memory."""

_BROKEN_WORKBOOK: Final = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    ET.ParseError,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,  # a ZIP method that zipfile does not have
    OSError,
    RuntimeError,  # an encrypted member
    TypeError,
    ValueError,
)
"""openpyxl 3.1 has no error of its own for a damaged workbook: whatever its parts raise comes through."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, numbered from 1 as a spreadsheet numbers it.

    ``fault`` says what is wrong with a row that could not be read; its cells are then only what can be made out.
    """

    number: int
    cells: tuple[str, ...]
    fault: str = ""

    @property
    def blank(self) -> bool:
        """Whether no cell says anything."""
        return not any(cell.strip() for cell in self.cells)

    @property
    def faults(self) -> list[Fault]:
        """What a record of this row has to be quarantined for."""
        if not self.fault:
            return []
        return [Fault("(row)", mended(", ".join(self.cells)[:80]), "broken-row", self.fault, "error")]


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet: its rows can be read once, while the file is open."""

    name: str
    rows: Iterator[Row]


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, or in what its byte order mark says; raises `SnapshotUnreadable`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SnapshotUnreadable(f"{path}: {error.strerror or error}") from error
    encoding = next((name for mark, name in _ENCODINGS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding, "surrogatepass")  # `mended` takes a lone surrogate out, and the rest stays
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SnapshotUnreadable(
            f"{path}: line {line}, byte {error.start}: {error.reason}, so this is no {encoding.upper()};"
            " save the file again as UTF-8"
        ) from error


def mended(text: str) -> str:
    """The text with U+FFFD for every character that RDF/XML cannot hold: NUL, control characters, lone surrogates.

    >>> mended("a\\x00b\\ud800c\\n")
    'a\\ufffdb\\ufffdc\\n'
    """
    return _NO_XML_CHARACTER.sub("\ufffd", text)


def tables(path: Path) -> Iterator[Table]:
    """The tables of a CSV file (one) or an XLSX workbook (one for each worksheet), in their order."""
    suffix = path.suffix.lower()
    if suffix == ".csv":
        yield Table(path.name, _csv_rows(path))
    elif suffix in {".xlsx", ".xlsm"}:
        yield from _worksheets(path)
    else:
        raise SnapshotUnreadable(f"{path}: a sheet is a .csv or .xlsx file; export it as one of these")


def _csv_rows(path: Path) -> Iterator[Row]:
    """Every row. One with a broken quotation ends with its first line, and reading goes on with the next one."""
    # The limit is the module's, not the reader's. Its default of 128 KiB would end the run for one long cell.
    csv.field_size_limit(_LARGEST_CELL)
    lines = [*io.StringIO(read_text(path), newline="")]
    begins = 0
    reader = csv.reader(iter(lines), strict=True)
    for number in count(1):
        before = reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            remedy = 'close or double the quotation mark (") there, or fetch the file again if it was cut off'
            fault = f"line {begins + 1}: {error}; {remedy}"
            yield Row(number, tuple(next(csv.reader([lines[begins]]), ())), fault)
            begins += 1
            reader = csv.reader((lines[at] for at in range(begins, len(lines))), strict=True)
        else:
            yield Row(number, tuple(cells))
            begins += reader.line_num - before


def _worksheets(path: Path) -> Iterator[Table]:
    _refuse_bomb(path)
    try:
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except _BROKEN_WORKBOOK as error:
        raise _damaged(path, error) from error
    try:
        for name in workbook.sheetnames:
            yield Table(name, _sheet_rows(path, workbook[name]))
    finally:
        workbook.close()


def _sheet_rows(path: Path, sheet: object) -> Iterator[Row]:
    try:
        sheet.reset_dimensions()  # type: ignore[attr-defined]  # openpyxl has no types; writers often state them wrongly
        for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):  # type: ignore[attr-defined]  # as above
            yield Row(number, tuple(_text(value) for value in values))
    except _BROKEN_WORKBOOK as error:
        raise _damaged(path, error) from error


def _text(value: object) -> str:
    """A cell as text: a number as Python writes it (``2022.0``), a date as ISO 8601."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def _refuse_bomb(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except _BROKEN_WORKBOOK as error:
        raise _damaged(path, error) from error
    packed = path.stat().st_size
    if unpacked > _LARGEST_WORKBOOK or unpacked > packed * _LARGEST_RATIO:
        raise SnapshotUnreadable(
            f"{path}: {packed:,} bytes would unpack to {unpacked:,}, more than a workbook of this kind can need"
            f" ({_LARGEST_WORKBOOK:,} bytes, 1:{_LARGEST_RATIO}); export the sheet as CSV"
        )


def _damaged(path: Path, error: BaseException) -> SnapshotUnreadable:
    return SnapshotUnreadable(
        f"{path}: cannot be read as an XLSX workbook ({type(error).__name__}: {error});"
        " download it again or export the sheet as CSV"
    )
