"""Files → rows: encodings, quoting, workbooks, and everything that a file can be instead."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal

from harmgraph.errors import SnapshotUnreadable
from harmgraph.model import Snapshot
from harmgraph.sources.tables import mended, read_text, tables

Written = Callable[[str, str | bytes], Snapshot]


def rows(path: Path) -> list[tuple[str, ...]]:
    return [row.cells for table in tables(path) for row in table.rows]


def workbook(*cells: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in cells:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(written: Written, encoding: str) -> None:
    assert rows(written("a.csv", "Zoë,北京\n".encode(encoding)).path) == [("Zoë", "北京")]


def test_utf_16_of_either_byte_order_is_read(written: Written) -> None:
    for order in ("utf-16-le", "utf-16-be"):
        content = "\ufeffé,b\n".encode(order)
        assert rows(written("a.csv", content).path) == [("é", "b")]


def test_other_encodings_are_refused_with_line_and_byte(written: Written) -> None:
    with pytest.raises(SnapshotUnreadable, match=r"line 2, byte 5: .*UTF-8; save the file again as UTF-8"):
        read_text(written("a.csv", b"ab\ncd\xe9,x\n").path)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ('a,b\nc,"open\nd,e\n', "line 2: unexpected end of data"),
        ('a,b\n"c"d,e\nd,e\n', "line 2: ',' expected after '\"'"),
        ('a,b\n"c,d\nd,e\n', "line 2: unexpected end of data"),
    ],
)
def test_a_row_with_broken_quotes_is_told_and_its_neighbours_stay(written: Written, content: str, fault: str) -> None:
    (table,) = tables(written("a.csv", content).path)
    first, broken, last = table.rows
    assert (first.cells, last.cells) == (("a", "b"), ("d", "e"))
    assert broken.fault.startswith(fault)
    assert "close or double the quotation mark" in broken.fault
    assert (first.fault, last.fault, broken.number, last.number) == ("", "", 2, 3)


def test_many_broken_rows_cost_no_more_than_their_lines(written: Written) -> None:
    (table,) = tables(written("a.csv", 'a,"b\n' * 50_000).path)
    found = list(table.rows)
    assert len(found) == 50_000
    assert sum(bool(row.fault) for row in found) >= 49_999


def test_a_lone_surrogate_is_kept_for_mending_and_the_rest_with_it(written: Written) -> None:
    assert rows(written("a.csv", b"a\xed\xa0\x80,b\n").path) == [("a\ud800", "b")]


def test_a_cell_of_a_megabyte_is_read_whole(written: Written) -> None:
    ((_, cell),) = rows(written("a.csv", "a," + "x" * 1_000_000).path)
    assert len(cell) == 1_000_000


def test_rows_are_numbered_like_those_of_a_spreadsheet(written: Written) -> None:
    (table,) = tables(written("a.csv", 'a,"b\nc"\n\nd,e\n').path)
    assert [(row.number, row.cells, row.blank) for row in table.rows] == [
        (1, ("a", "b\nc"), False),
        (2, (), True),
        (3, ("d", "e"), False),
    ]


def test_a_workbook_gives_numbers_and_dates_as_text(written: Written) -> None:
    content = workbook(["x", None, 2022.5, 7, datetime.date(2022, 3, 14), True])
    assert rows(written("a.xlsx", content).path) == [("x", "", "2022.5", "7", "2022-03-14T00:00:00", "True")]


def test_every_sheet_of_a_workbook_is_a_table(written: Written) -> None:
    book = openpyxl.Workbook()
    book.active.title = "One"
    book.create_sheet("Two").append(["b"])
    content = io.BytesIO()
    book.save(content)
    found = [
        (table.name, [row.cells for row in table.rows]) for table in tables(written("a.xlsx", content.getvalue()).path)
    ]
    assert found == [("One", []), ("Two", [("b",)])]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a workbook", workbook(["a"])[:-200]])
def test_a_damaged_workbook_is_refused(written: Written, content: bytes) -> None:
    with pytest.raises(SnapshotUnreadable, match="download it again or export the sheet as CSV"):
        rows(written("a.xlsx", content).path)


def test_a_zip_bomb_is_refused_before_it_is_opened(written: Written) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (1 << 26))
    with pytest.raises(SnapshotUnreadable, match="would unpack to 67,108,864"):
        rows(written("a.xlsx", content.getvalue()).path)


@pytest.mark.parametrize("name", ["sheet.ods", "sheet.txt", "sheet"])
def test_other_formats_are_refused_with_the_remedy(written: Written, name: str) -> None:
    with pytest.raises(SnapshotUnreadable, match="export it as one of these"):
        rows(written(name, "a,b").path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotUnreadable, match="No such file"):
        rows(tmp_path / "none.csv")


@given(st.text(st.characters(codec=None), max_size=60))
def test_mended_text_is_a_literal_and_nothing_else_changes(text: str) -> None:
    fit = mended(text)
    assert Literal(fit).value == fit
    assert len(fit) == len(text)
    assert all(new in (old, "\ufffd") for old, new in zip(text, fit, strict=True))
    assert mended(fit) == fit


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(st.sampled_from('a,"\n\r\0é;'), max_size=80).map(str.encode))
def test_any_csv_is_rows_or_an_error_of_ours(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(content)
        try:
            rows(path)
        except SnapshotUnreadable as error:
            assert str(path) in str(error)


@settings(deadline=None)
@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r")), min_size=1), max_size=5))
def test_what_a_spreadsheet_writes_is_read_back(cells: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(cells)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(text.getvalue().encode("utf-8-sig"))
        assert rows(path) == [tuple(row) for row in cells]


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_workbook_with_any_bytes_changed_is_rows_or_an_error_of_ours(data: st.DataObject) -> None:
    content = bytearray(WORKBOOK)
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        path.write_bytes(content)
        try:
            rows(path)
        except SnapshotUnreadable as error:
            assert str(path) in str(error)


WORKBOOK = workbook(["a", 1], ["b", "c"])
