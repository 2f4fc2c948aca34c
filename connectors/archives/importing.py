"""Lands one file: every row that can be read, in one transaction, with the rows that cannot in quarantine.

Of each record read exactly one thing comes: a landed row, a rejected one, a total, or a duplicate. The same content lands once,
whatever its name and packing."""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import orjson

from connectors.archives import cells
from connectors.archives.cells import Circumstances, DayStandsFirst
from connectors.archives.columns import Column, with_units
from connectors.archives.files import PARQUET, Content, Source, survey
from connectors.archives.formats import Format, Kind, is_english, names_a_person, recognise
from connectors.archives.habits import DAYS, Step, with_habits
from connectors.archives.headings import Heading, fold_all
from connectors.archives.languages import ENGLISH, total_words, translate
from connectors.archives.lines import Broken, Records
from connectors.archives.parquet import open_parquet, rows
from connectors.landing import MOST_REJECTED_KEPT, REJECTED_TEXT_KEPT, Rejected, storable
from connectors.numbers import Misread

if TYPE_CHECKING:
    from psycopg import Connection
    from sqlalchemy import Engine

STUDIO_CAP = 500
DUPLICATE_WINDOW = 500_000
"""A row equal to one of this many before it is a duplicate; memory stays flat."""
MOST_PAYLOAD = 4 << 20
TOTAL_TOLERANCE = 0.001
_BLOCK = 256 << 10
_MOST_REASONS = 5
_JSON = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC
_MOST_NAMED = 12
"""Headings that a note names; a report to programs names all."""
_EMPTY_BYTES = 3
"""Of a file that holds nothing, or its byte order mark alone."""
_YEAR = re.compile(r"(?<!\d)(20[0-4]\d)(?!\d)")
_REGION = re.compile(r"([A-Z]{2})[_-]?(?:youtube[_-])?(?:videos|trending)", re.IGNORECASE)
_PICTURE = re.compile(r"/vi/([\w-]{11})/", re.ASCII)
_WITHHELD = "[withheld: may name people]"


@dataclass(frozen=True)
class Options:
    """What a person says about files, where they do not say it themselves.

    Attributes:
        year: of dates without one; else it is looked for in the names of the file and its folders.
        encoding: of text files; else UTF-8, or UTF-16 with its mark.
        again: replace an earlier import of the same content.
    """

    year: int | None = None
    encoding: str | None = None
    again: bool = False

    @property
    def replaces(self) -> bool:
        """Whether content that is known is read anew: also where a person says how it is to be read."""
        return self.again or self.year is not None or self.encoding is not None


@dataclass
class Imported:
    """What became of one file. `read == landed + rejected + totals + duplicates`, always.

    Attributes:
        known_as: the name under which the same content was imported before; then nothing was read.
        voided: reasons to the number of values that were not read, in rows that landed without them.
        unknown: headings of columns that nobody knows here; they are kept as they are.
        notes: what a person should know: differences from a total row, the year taken, columns dropped.
        seconds: that it took.
    """

    name: str
    format: str = ""
    kind: str = ""
    table: str = ""
    read: int = 0
    landed: int = 0
    rejected: int = 0
    totals: int = 0
    duplicates: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    voided: Counter[str] = field(default_factory=Counter)
    unknown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    known_as: str | None = None
    seconds: float = 0.0

    def top_reasons(self) -> list[tuple[str, int]]:
        """The most frequent reasons with the number of rows they rejected."""
        return self.reasons.most_common(_MOST_REASONS)

    def top_voids(self) -> list[tuple[str, int]]:
        """The most frequent reasons for a value that was not read, with how often."""
        return self.voided.most_common(_MOST_REASONS)


def import_file(
    engine: Engine | None,
    source: Source,
    kind: Kind,
    now: datetime,
    options: Options = Options(),
    progress: Callable[[float], None] = lambda _: None,
) -> Imported:
    """Land one file, or without an engine only read it and report.

    One transaction: on any failure nothing of the file lands. `progress` is told the share that is read.

    Raises Damaged for a file that cannot be read to its end, UnknownName for one of no known format, InvalidInput for one of
    another kind, an empty one, and one that swells like a bomb."""
    begin = time.monotonic()
    content = survey(source)
    if source.member is not None and content.size <= _EMPTY_BYTES:  # beside the other tables of an export, no fault
        return Imported(source.name, notes=["it is empty"])
    if engine is not None and not options.replaces and (known := _known_as(engine, content.sha256)):
        return Imported(source.name, known_as=known)
    try:
        done = _attempt(engine, source, content, kind, now, options, progress, day_first=False)
    except DayStandsFirst:
        done = _attempt(engine, source, content, kind, now, options, progress, day_first=True)
    done.seconds = time.monotonic() - begin
    return done


def read_file(source: Source, kind: Kind, now: datetime, options: Options = Options()) -> tuple[Format, list[dict[str, Any]]]:
    """The rows of a file exactly as they would land, without landing them; for files that fit into memory.

    Days and moments are text. Raises what `import_file` raises."""
    content = survey(source)

    def read(day_first: bool) -> tuple[Format, list[dict[str, Any]]]:
        format_, circumstances, step = _recognised(source, content, kind, now, options, day_first)
        with _open(source, content, options) as table:
            reading = _Reading(source, table, format_, circumstances, step, lambda _: None)
            return format_, [orjson.loads(payload) for _, _, payload in reading.landing_rows()]

    try:
        return read(day_first=False)
    except DayStandsFirst:
        return read(day_first=True)


def _attempt(
    engine: Engine | None,
    source: Source,
    content: Content,
    kind: Kind,
    now: datetime,
    options: Options,
    progress: Callable[[float], None],
    *,
    day_first: bool,
) -> Imported:
    format_, circumstances, step = _recognised(source, content, kind, now, options, day_first)
    with _open(source, content, options) as table:
        reading = _Reading(source, table, format_, circumstances, step, progress)
        if engine is None:
            for _ in reading.landing_rows():
                pass
        else:
            with engine.begin() as connection:
                raw: Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
                if not _land(raw, reading, content, now, again=options.replaces):
                    return Imported(source.name, known_as=source.name)
        reading.finish(options)
        return reading.done


def _recognised(
    source: Source, content: Content, kind: Kind, now: datetime, options: Options, day_first: bool
) -> tuple[Format, Circumstances, Step]:
    """What a file is and how its cells are read. An export is read once for it: its numbers and dates decide."""
    with _open(source, content, options) as table:
        format_ = recognise(table.headings, kind, source.name)
        mark = "," if table.delimiter == ";" else "."
        language = None if table.language == ENGLISH else table.language
        circumstances = Circumstances(now, options.year or _year_of(source), mark, day_first, language)
        if format_.kind is not Kind.STUDIO_EXPORT:
            return format_, circumstances, DAYS
        columns = [(heading, format_.column(heading)) for heading in table.headings]
        return format_, *with_habits(circumstances, columns, table.records, source.name)


def _known_as(engine: Engine, sha256: str) -> str | None:
    with engine.connect() as connection:
        found = connection.exec_driver_sql("select name from ops.imported_files where sha256 = %s", (sha256,)).scalar()
    return None if found is None else str(found)


def _land(raw: Connection[Any], reading: _Reading, content: Content, now: datetime, *, again: bool) -> bool:
    """Land a file's rows; False when another process landed the same content meanwhile."""
    done = reading.done
    with raw.cursor() as cursor:
        if again:
            cursor.execute("delete from ops.imported_files where sha256 = %s", (content.sha256,))
        cursor.execute(
            "insert into ops.imported_files (sha256, name, kind, format, rows_read, rows_landed, rows_rejected, imported_at)"
            " values (%s, %s, %s, %s, 0, 0, 0, %s) on conflict (sha256) do nothing returning file_id",
            (content.sha256, storable(done.name), done.kind, done.format, now),
        )
        inserted = cursor.fetchone()
        if inserted is None:
            return False
        (file_id,) = inserted
        with cursor.copy(f"copy {done.table} (file_id, line_number, row_key, payload) from stdin".encode()) as copy:
            for block in _blocks(file_id, reading.landing_rows()):
                copy.write(block)
        cursor.executemany(
            "insert into ops.rejected_rows (asset_key, file_id, row_key, place, reason, payload, rejected_at)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [
                (done.table.replace(".", "/"), file_id, *map(storable, (row.row_key, row.place, row.reason, row.text)), now)
                for row in reading.kept
            ],
        )
        cursor.execute(
            "update ops.imported_files"
            " set rows_read = %s, rows_landed = %s, rows_rejected = %s, rows_totals = %s, rows_duplicate = %s where file_id = %s",
            (done.read, done.landed, done.rejected, done.totals, done.duplicates, file_id),
        )
    return True


def _blocks(file_id: int, landing: Iterable[tuple[int, str, bytes]]) -> Iterator[bytes]:
    """Rows as lines of COPY's text form."""
    lines, size = [], 0
    for number, key, payload in landing:
        escaped = key.encode().replace(b"\\", b"\\\\").replace(b"\t", b"\\t").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
        line = b"%d\t%d\t%b\t%b\n" % (file_id, number, escaped, payload.replace(b"\\", b"\\\\"))
        lines.append(line)
        size += len(line)
        if size > _BLOCK:
            yield b"".join(lines)
            lines, size = [], 0
    yield b"".join(lines)


@dataclass(frozen=True)
class _Table:
    """An opened file: its columns, its records, and how far they are read."""

    headings: tuple[Heading, ...]
    language: str
    records: Iterator[tuple[int, Sequence[Any] | Broken]]
    place: str
    share_read: Callable[[int], float]
    delimiter: str = ","


@contextmanager
def _open(source: Source, content: Content, options: Options) -> Iterator[_Table]:
    if content.start == PARQUET:
        with open_parquet(source) as parquet:
            count = max(parquet.metadata.num_rows, 1)
            yield _Table(*_headings(parquet.schema_arrow.names), rows(parquet), "row", lambda read: read / count)
    else:
        with source.open() as stream:
            text = Records(stream, source.name, options.encoding)
            size = max(content.size, 1)
            yield _Table(*_headings(text.header), iter(text), "line", lambda _: text.bytes_read / size, text.delimiter)


def _headings(header: Iterable[str]) -> tuple[tuple[Heading, ...], str]:
    """The columns of a file under our English names, and its language."""
    headings, language = translate(fold_all(header), is_english)
    return with_units(headings), language


class _Reading:
    """The rows of one table, on their way; `done` counts what came of them."""

    def __init__(
        self,
        source: Source,
        table: _Table,
        format_: Format,
        circumstances: Circumstances,
        step: Step,
        progress: Callable[[float], None],
    ) -> None:
        self.done = Imported(source.name, format_.name, format_.kind.value, format_.table)
        self.kept: list[Rejected] = []
        self._table, self._format, self._circumstances, self._progress = table, format_, circumstances, progress
        self._step = step
        self._row = _RowReader(table.headings, format_, circumstances, step, source)
        self._seen = _Seen(DUPLICATE_WINDOW)
        self._total: dict[str, Any] = {}
        self._sums: Counter[str] = Counter()

    def landing_rows(self) -> Iterator[tuple[int, str, bytes]]:
        """Line number, key and payload of each row that lands; all others are counted and kept aside."""
        done, has_totals, row, seen = self.done, self._format.has_totals, self._row, self._seen
        totals = total_words()
        for number, record in self._table.records:
            done.read += 1
            if done.read % 4_096 == 0:
                self._progress(self._table.share_read(done.read))
            if record.__class__ is Broken:
                self._reject(number, record.reason, record.text)  # type: ignore[union-attr]
                continue
            if has_totals and str(record[0]).strip().casefold() in totals:  # type: ignore[index]
                done.totals += 1
                self._total = row.totals(record)  # type: ignore[arg-type]
                continue
            try:
                payload, key, faults = row.read(record)  # type: ignore[arg-type]
                text = orjson.dumps(payload, option=_JSON)
                if len(text) > MOST_PAYLOAD:
                    raise Misread("longer than four megabytes")
                if b"\\u0000" in text and _has_nul(payload):
                    raise Misread("holds NUL characters")
            except Misread as fault:
                self._reject(number, str(fault), row.shown(record))  # type: ignore[arg-type]
                continue
            except (orjson.JSONEncodeError, TypeError):
                self._reject(number, "holds characters or values that are no text", row.shown(record))  # type: ignore[arg-type]
                continue
            if seen.before(text):
                done.duplicates += 1
                continue
            if has_totals:
                self._sums.update({name: value for name in row.summed if (value := payload[name]) is not None})
            done.voided.update(faults)
            done.landed += 1
            yield number, key, text
        self._progress(1.0)

    def _reject(self, number: int, reason: str, text: str) -> None:
        self.done.rejected += 1
        self.done.reasons[reason] += 1
        if len(self.kept) < MOST_REJECTED_KEPT:
            shown = _WITHHELD if self._format.is_personal else text[:REJECTED_TEXT_KEPT]
            self.kept.append(Rejected(reason, shown, place=f"{self._table.place} {number}"))

    def finish(self, options: Options) -> None:
        """Add what a person should know to the report."""
        notes = self.done.notes
        self.done.unknown = self._row.unknown
        if self._circumstances.day_first:
            notes.append("days stand before months in its dates")
        if self._step.name != DAYS.name:
            notes.append(
                f"its lines are {_steps(self._step)}, not days: they stand apart, in staging.stg_archive__studio_periods"
            )
        if unknown := self._row.unknown:
            more = f" and {len(unknown) - _MOST_NAMED} more" if len(unknown) > _MOST_NAMED else ""
            columns = (
                "a column that nobody knows here is"
                if len(unknown) == 1
                else f"{len(unknown)} columns that nobody knows here are"
            )
            notes.append(f"{columns} kept as written: {', '.join(unknown[:_MOST_NAMED])}{more}")
        if self._row.dropped:
            notes.append(f"columns dropped because they name people: {', '.join(self._row.dropped)}")
        if self._row.restored_ids:
            notes.append(f"{self._row.restored_ids:,} video ids that a spreadsheet lost are taken from their pictures' addresses")
        if self._format.name == "chart_without_year" and not options.year and self._circumstances.year:
            notes.append(f"the year of its dates, {self._circumstances.year}, is that of its file's or folder's name")
        if self._total and self.done.totals == self.done.read:
            notes.append("it holds its total row alone: nothing was seen in its period")
        elif self._total:
            notes.extend(self._differences())
        if self._format.has_totals and self.done.landed == STUDIO_CAP:
            notes.append(f"Studio exports at most {STUDIO_CAP} rows: there may be more videos than these")
        if self.done.rejected > len(self.kept):
            notes.append(f"of the rejected rows, the first {len(self.kept):,} are kept")

    def _differences(self) -> Iterator[str]:
        """Where the total row says something else than the sum of the rows."""
        equal = 0
        for name, total in self._total.items():
            if total is None or name not in self._sums:  # not known, of the whole or of every row
                continue
            found = self._sums[name]
            if abs(total - found) <= abs(total) * TOTAL_TOLERANCE:
                equal += 1
            else:
                yield f"the total row says {total:,} {name.replace('_', ' ')}, its rows add up to {round(found, 4):,}"
        if equal:
            yield f"its rows add up to what the total row says of {equal} {'column' if equal == 1 else 'columns'}"


def _steps(step: Step) -> str:
    if step.name == "period":
        return f"periods of {step.days} days"
    return f"{step.name}s"


class _RowReader:
    """Turns a record of one file into a payload and its key."""

    def __init__(
        self, headings: Sequence[Heading], format_: Format, circumstances: Circumstances, step: Step, source: Source
    ) -> None:
        self._known: list[tuple[int, str, cells.Read, str, bool]] = []
        self._other: list[tuple[int, str]] = []
        self._series: list[tuple[int, cells.Read, str]] = []
        self._measured: list[str] = []
        self._totals: list[tuple[int, str, cells.Read]] = []
        self._step = step if format_.has_steps else None
        self.summed: list[str] = []
        self.unknown: list[str] = []
        self.dropped: list[str] = []
        self.restored_ids = 0
        self._constants = dict(format_.constants)
        self._required = tuple(map(self._ours, format_.required))
        keys = [[self._ours(name) for name in part.split("|")] for part in format_.key]
        self._must = {*self._required, *(name.removeprefix("#") for choices in keys for name in choices)}
        taken: set[str] = set()
        counts = cells.COUNT.reader(circumstances)
        for index, heading in enumerate(headings):
            column = format_.column(heading)
            if column is not None and column.name not in taken:
                taken.add(column.name)
                self._add(index, column, heading, circumstances)
            elif format_.series and re.fullmatch(rf"{format_.series[0]}\d+", heading.name):
                self._series.append((index, counts, heading.text))
            elif format_.is_personal and names_a_person(heading):
                self.dropped.append(heading.text)
            else:
                text = storable(heading.text.strip()) or f"column {index + 1}"
                self._other.append((index, f"{text} ({index + 1})" if any(text == other for _, other in self._other) else text))
                self.unknown.append(_shown_heading(self._other[-1][1]))
        self._series_name = format_.series[1] if format_.series else ""
        if format_.has_region and "region" not in taken:
            found = _REGION.match(PurePath(source.name).name)
            self._constants["region"] = found[1].upper() if found else None
        names = {*map(self._ours, taken), *self._constants}
        self._key = [present for choices in keys if (present := [name for name in choices if name.removeprefix("#") in names])]

    def _ours(self, name: str) -> str:
        """The name of a column where dates begin weeks or months: those are no days."""
        is_start = name == "on_date" and self._step is not None and self._step.name != DAYS.name
        return "starts_on" if is_start else name

    def _add(self, index: int, column: Column, heading: Heading, circumstances: Circumstances) -> None:
        read, name = column.type.reader(circumstances), self._ours(column.name)
        self._known.append((index, name, read, _shown_heading(heading.text), name in self._must))
        if column.type not in (cells.TEXT, cells.MASKED) and name not in self._must:
            self._measured.append(name)
        if column.type.is_sum:
            self._totals.append((index, name, read))
            self.summed.append(name)

    def read(self, record: Sequence[Any]) -> tuple[dict[str, Any], str, list[str]]:
        """The payload of a record, its key, and the faults of the cells that are left out of it.

        Raises Misread, which names the column and never the cell, where what the row is about cannot be read, or most of it."""
        payload, faults = self._constants.copy(), []
        for index, name, read, heading, must in self._known:
            try:
                payload[name] = read(record[index])
                continue
            except Misread as fault:
                reason = f"{heading}: {fault}"
            except (ValueError, OverflowError, ArithmeticError):
                reason = f"{heading}: cannot be read"
            if must:
                raise Misread(reason) from None
            payload[name] = None
            faults.append(reason)
        if faults and sum(payload[name] is not None for name in self._measured) < len(faults):
            raise Misread(faults[0])
        if self._series:
            payload[self._series_name] = [self._one(read, record[index], text, faults) for index, read, text in self._series]
        if self._step is not None:
            payload["step"] = self._step.name
            if (start := payload.get("starts_on")) is not None:
                payload["period_days"] = self._step.length(start)
        if payload.get("video_id", "") is None and (shown := _PICTURE.search(payload.get("thumbnail_url") or "")):
            payload["video_id"] = shown[1]
            self.restored_ids += 1
        if self._other:
            payload["other"] = {name: _plain(record[index]) for index, name in self._other}
        for name in self._required:
            if payload.get(name) is None:
                raise Misread(f"{name.replace('_', ' ')} is missing")
        return payload, self._key_of(payload), faults

    @staticmethod
    def _one(read: cells.Read, cell: Any, heading: str, faults: list[str]) -> Any:
        try:
            return read(cell)
        except Misread as fault:
            faults.append(f"{heading}: {fault}")
            return None

    def totals(self, record: Sequence[Any]) -> dict[str, Any]:
        """The values of a total row, of the columns that it sums up; None where it does not say."""
        found = {}
        for index, name, read in self._totals:
            try:
                found[name] = read(record[index])
            except (ValueError, OverflowError, ArithmeticError, IndexError):
                found[name] = None
        return found

    def shown(self, record: Sequence[Any]) -> str:
        """A record as text, for the quarantine."""
        return " | ".join("" if cell is None else str(cell)[:500] for cell in record)[:REJECTED_TEXT_KEPT]

    def _key_of(self, payload: dict[str, Any]) -> str:
        parts = []
        for choices in self._key:
            for name in choices:
                digested = name[0] == "#"
                value = payload.get(name[1:] if digested else name)
                if value is not None:
                    parts.append(hashlib.sha256(value.encode()).hexdigest()[:16] if digested else _key_text(value))
                    break
            else:
                parts.append("")
        key = ":".join(parts)
        if not key.strip(":"):
            raise Misread("nothing says what the row is about")
        return key


class _Seen:
    """Remembers the digests of the last rows, between one and two half windows of them."""

    def __init__(self, window: int) -> None:
        self._half = window // 2
        self._old: set[int] = set()
        self._new: set[int] = set()

    def before(self, text: bytes) -> bool:
        digest = hash(text)
        if digest in self._new or digest in self._old:
            return True
        self._new.add(digest)
        if len(self._new) >= self._half:
            self._old, self._new = self._new, set()
        return False


def _shown_heading(text: str) -> str:
    return " ".join(text.replace("\u00ad", "").split())[:60]


def _key_text(value: Any) -> str:
    if value.__class__ is str:
        return value[:200]  # type: ignore[no-any-return]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(value: Any) -> Any:
    """A cell of an unknown column: verbatim; what JSON cannot hold as its text."""
    return value if value is None or value.__class__ in (str, int, float, bool, datetime, date) else str(value)


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))


def _year_of(source: Source) -> int | None:
    """The year in the name of the file, else in that of the nearest folder below what was given, or that folder itself."""
    parts = [*reversed(PurePath(source.name).parts), source.path.resolve().parent.name]
    return next((int(found[1]) for part in parts if (found := _YEAR.search(part))), None)
