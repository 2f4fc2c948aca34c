"""Records of broken text: each is what it is or is given up, with its line, and reading goes on."""

from __future__ import annotations

import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.archives import lines
from connectors.archives.lines import Broken, Records
from core.errors import InvalidInput


def records(content: str | bytes, encoding: str | None = None) -> list[tuple[int, list[str] | str]]:
    """Line numbers with fields, or with the reason that there are none; the header is left out."""
    stream = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    return [
        (number, record.reason if isinstance(record, Broken) else record) for number, record in Records(stream, "f", encoding)
    ]


def test_the_header_gives_the_width_and_empty_lines_are_no_records() -> None:
    assert records("a,b\n\n1,2\n,\r\n\n3,4") == [(3, ["1", "2"]), (6, ["3", "4"])]


def test_unequal_numbers_of_fields_are_given_up_and_the_rest_is_read() -> None:
    assert records("a,b\n1\n1,2,3\n1,2\n") == [
        (2, "1 field where the header has 2"),
        (3, "3 fields where the header has 2"),
        (4, ["1", "2"]),
    ]


def test_newlines_within_quotes_belong_to_the_text() -> None:
    assert records('a,b\n1,"x\r\ny\n\nz"\n2,w\n') == [(2, ["1", "x\r\ny\n\nz"]), (6, ["2", "w"])]


def test_a_quote_that_is_never_closed_costs_one_line() -> None:
    content = 'a,b\n1,x\n2,"open\n3,y\n4,"fine"\n5,z\n'
    assert records(content) == [
        (2, ["1", "x"]),
        (3, "text behind a closing quote"),
        (4, ["3", "y"]),
        (5, ["4", "fine"]),
        (6, ["5", "z"]),
    ]
    assert records('a,b\n1,"open\n2,y\n3,z') == [(2, "a quote that is never closed"), (3, ["2", "y"]), (4, ["3", "z"])]


def test_an_open_quote_does_not_swallow_a_large_file() -> None:
    rows = "".join(f"{number},text\n" for number in range(200_000))
    read = records(f'a,b\n0,"open\n{rows}')
    assert read[0] == (2, "a quote that is never closed")
    assert len(read) == 200_001


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str) -> None:
    stream = io.BytesIO(f'a{delimiter}"b,;b"{delimiter}c\n1{delimiter}2{delimiter}3'.encode())
    read = Records(stream, "f")
    assert (read.delimiter, len(read.header)) == (delimiter, 3)
    assert list(read) == [(2, ["1", "2", "3"])]


def test_byte_order_marks_and_wide_encodings() -> None:
    assert Records(io.BytesIO("\ufeffa,b\n".encode()), "f").header == ["a", "b"]
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        content = ("" if encoding == "utf-16" else "\ufeff") + "a\tb\né\t漢\n" * 3
        read = Records(io.BytesIO(content.encode(encoding)), "f")
        assert (read.header, next(iter(read))) == (["a", "b"], (2, ["é", "漢"]))


def test_other_bytes_are_not_guessed_but_can_be_told() -> None:
    content = "a,b\n1,café\n2,tea\n".encode("cp1252")
    assert records(content) == [(2, "is not UTF-8 (another encoding: --encoding)"), (3, ["2", "tea"])]
    assert records(content, "cp1252") == [(2, ["1", "café"]), (3, ["2", "tea"])]
    with pytest.raises(InvalidInput, match="no encoding"):
        records(content, "klingon")


def test_a_bad_byte_within_quotes_costs_the_whole_record_and_no_other() -> None:
    content = b'a,b\n1,"x\n\xff\ny"\n2,z\n'
    (first, second) = Records(io.BytesIO(content), "f")
    assert isinstance(first[1], Broken)
    assert first[1].text == '1,"x\n\\xff\ny"'
    assert second == (5, ["2", "z"])


def test_nul_bytes_are_told_and_not_kept() -> None:
    (first, second) = Records(io.BytesIO(b"a,b\n1,x\0y\n2,z\n"), "f")
    assert first == (2, Broken("holds NUL bytes", "1,xy"))
    assert second == (3, ["2", "z"])


def test_an_endless_line_is_neither_kept_nor_counted_twice() -> None:
    class Endless(io.RawIOBase):
        """A header, 200 MB without a newline, and one more row."""

        left = 200

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            if self.left == 199:
                return b"a,b\n1,"
            return b"x" * (1 << 20) if self.left > 0 else b"\n2,y\n" if self.left == 0 else b""

    tracemalloc.start()
    read = list(Records(Endless(), "f"))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(number, isinstance(record, Broken)) for number, record in read] == [(2, True), (3, False)]
    assert read[0][1].text == "1," + "x" * 1998  # type: ignore[union-attr]
    assert peak < 16 << 20


def test_a_long_line_within_quotes_does_not_hide_those_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_LINE", 100)
    content = 'a,b\n1,"x\n' + "y" * 101 + '"\n2,z\n'
    assert [number for number, _ in records(content)] == [2, 3, 4]
    assert records(content)[-1] == (4, ["2", "z"])


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \n", b"\xef\xbb\xbf"])
def test_empty_files(content: bytes) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        records(content)


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0", b"\xfd\xfc,\n", b'"a,b\n1,2\n', b"x" * (2 << 20)])
def test_what_has_no_header(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        list(Records(io.BytesIO(content), "f"))


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12)


@given(st.lists(st.tuples(CELL, CELL), max_size=8))
def test_what_a_writer_wrote_is_read(table: list[tuple[str, str]]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows([("a", "b"), *table])
    assert [fields for _, fields in records(written.getvalue())] == [list(row) for row in table if any(row)]


@given(st.binary(max_size=400))
def test_any_bytes_come_to_an_end_with_every_line_at_most_once(content: bytes) -> None:
    numbers = [number for number, _ in records(b"a,b\n" + content)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) <= content.count(b"\n") + 1


@given(
    st.lists(st.sampled_from(["1,2", '"1",2', '1,"2', '"', '1,"a', 'b",2', "", '1,"x""y"', "1,2,3", "\xff", "a\0b"]), max_size=12)
)
def test_a_good_line_behind_any_rubbish_is_read_in_the_end(rubbish: list[str]) -> None:
    content = "\n".join(["a,b", *rubbish, "", "8,9", "8,9"])
    assert records(content)[-1] == (len(rubbish) + 4, ["8", "9"])
