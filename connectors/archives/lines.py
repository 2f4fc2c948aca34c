"""Records of a delimited text file, one at a time, in bounded memory: whatever is broken comes out as what it is, with its line.

The parser is the standard library's, in strict mode. Where a record fails and had run over several lines (a quote that was never
closed), only its first line is given up: reading goes on at its second."""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, NamedTuple

from core.errors import InvalidInput

BLOCK = 256 << 10
MOST_LINE = 1 << 20
"""Bytes of a line, and characters of a field; the longest description on YouTube has 5,000."""
MOST_LINES_OF_A_RECORD = 10_000
SHOWN = 2_000
DELIMITERS = ",;\t|"
_WHICH_ENCODING = (
    "Say which encoding it has: Excel writes --encoding cp1252 in western Europe, cp1251 in Russian, cp932 in Japanese."
)

_WIDE = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True)
class Broken:
    """A record that cannot be read: why, and the beginning of its text."""

    reason: str
    text: str


class _Line(NamedTuple):
    number: int
    text: str
    fault: str | None = None
    is_cut: bool = False
    remedy: str = "It should name the columns of a table."


class _Feed:
    """Hands lines to the parser and remembers what it took for the present record. It goes on after its end if there is more
    to read again, as a generator could not."""

    def __init__(self, first: _Line, lines: Iterator[_Line]) -> None:
        self.taken: list[_Line] = []
        self.again = deque([first])
        self._lines = lines

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self.again.popleft() if self.again else next(self._lines)
        self.taken.append(line)
        if len(self.taken) > MOST_LINES_OF_A_RECORD:
            raise csv.Error("unexpected end of data")
        return line.text


class Records:
    """The records of a stream: `header` first, then the iterator's pairs of line number and fields, or what is broken.

    A number is that of the line on which the record begins. Empty lines are no records. `bytes_read` tells how far reading came.
    Raises InvalidInput for a file that is empty, or whose first line is no header, and for an encoding that does not exist.
    """

    def __init__(self, stream: IO[bytes], name: str, encoding: str | None = None) -> None:
        self.bytes_read = 0
        self._stream, self._encoding, self._name = stream, encoding, name
        lines = self._physical_lines()
        first = next((line for line in lines if line.text.strip()), None)
        if first is None:
            raise InvalidInput(f"{name} is empty.", "Export it again.")
        if first.fault:
            raise InvalidInput(f"The first line of {name} {first.fault}.", first.remedy)
        csv.field_size_limit(MOST_LINE)
        self.delimiter = _delimiter(first.text)
        self._feed = _Feed(first, lines)
        self._parser = csv.reader(self._feed, delimiter=self.delimiter, strict=True)
        _, header = next(self._records(None), (0, None))
        if header is None or isinstance(header, Broken):
            raise InvalidInput(f"The first line of {name} is no header.", "It should name the columns of a table.")
        self.header = header

    def __iter__(self) -> Iterator[tuple[int, list[str] | Broken]]:
        return self._records(len(self.header))

    def _records(self, width: int | None) -> Iterator[tuple[int, list[str] | Broken]]:
        taken = self._feed.taken
        while True:
            reason = None
            try:
                fields = next(self._parser)
                if width and len(fields) != width:
                    reason = f"{len(fields)} {'field' if len(fields) == 1 else 'fields'} where the header has {width}"
            except csv.Error as error:
                fields, reason = [], _reason(error)
            except StopIteration:
                return
            if reason is None and len(taken) == 1 and taken[0].fault is None:
                number = taken[0].number
                taken.clear()
                if any(fields):
                    yield number, fields
                continue
            record = taken.copy()
            taken.clear()
            if not any(line.text.strip("\r\n") for line in record):
                continue
            first, fault = record[0], next((line.fault for line in record if line.fault), None)
            if reason is None and not any(line.is_cut for line in record):
                yield first.number, Broken(fault, _shown(record)) if fault else fields
                continue
            self._feed.again.extendleft(reversed(record[1:]))
            yield first.number, Broken(first.fault or reason or "runs into a line that is too long", _shown(record[:1]))

    def _physical_lines(self) -> Iterator[_Line]:
        number, rest, skipping = 0, b"", False
        for block in self._blocks():
            *whole, rest = (rest + block).split(b"\n")
            for raw in whole:
                number += 1
                if skipping:
                    skipping = False
                    number -= 1
                    continue
                yield _line(number, raw)
            if len(rest) > MOST_LINE:
                if not skipping:
                    number += 1
                    yield _line(number, rest)
                rest, skipping = b"", True
        if rest and not skipping:
            yield _line(number + 1, rest, end="")

    def _blocks(self) -> Iterator[bytes]:
        """The bytes of the stream as UTF-8, without a byte order mark."""
        first = self._stream.read(BLOCK)
        self.bytes_read = len(first)
        encoding = self._encoding or next((name for mark, name in _WIDE if first.startswith(mark)), None)
        decode = None
        if encoding is not None:
            decode = _decoder(encoding)
        block, start = first, True
        while block:
            if decode is not None:
                try:
                    text = decode.decode(block)
                except UnicodeError:
                    raise InvalidInput(
                        f"What {self._name} holds is not text in {encoding}.", "Say another --encoding; utf-8 needs none."
                    ) from None
                block = (text.lstrip("\ufeff") if start else text).encode("utf-8", "surrogateescape")
            elif start:
                block = block.removeprefix(codecs.BOM_UTF8)
            start = False
            yield block
            block = self._stream.read(BLOCK)
            self.bytes_read += len(block)


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    try:
        if codecs.lookup(encoding)._is_text_encoding:
            return codecs.getincrementaldecoder(encoding)(errors="surrogateescape")
    except (LookupError, ValueError):
        pass
    raise InvalidInput(f"There is no encoding {encoding!r}.", "Common ones are utf-8, cp1252 and utf-16.")


def _line(number: int, raw: bytes, end: str = "\n") -> _Line:
    if len(raw) > MOST_LINE:
        return _Line(number, raw[:SHOWN].decode("utf-8", "backslashreplace"), "is longer than a megabyte", is_cut=True)
    if b"\0" in raw:
        return _Line(number, raw.replace(b"\0", b"").decode("utf-8", "backslashreplace") + end, "holds NUL bytes")
    try:
        return _Line(number, raw.decode() + end)
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "backslashreplace") + end
        return _Line(number, text, "is not UTF-8 (another encoding: --encoding)", remedy=_WHICH_ENCODING)


def _delimiter(line: str) -> str:
    return max(DELIMITERS, key=lambda mark: len(next(csv.reader([line], delimiter=mark), [])))


def _shown(lines: list[_Line]) -> str:
    return "".join(line.text for line in lines)[:SHOWN].rstrip("\r\n")


def _reason(error: csv.Error) -> str:
    said = str(error)
    if "field larger" in said:
        return "a quote that is never closed"
    if "expected after" in said:
        return "text behind a closing quote"
    if "unexpected end" in said:
        return "a quote that is never closed"
    return "not a line of a table"
