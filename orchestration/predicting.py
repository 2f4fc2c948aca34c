"""The body of `ytempire predict`: request files in, answers out, by the champion's files alone.

Nothing is started and nobody is asked: no database, no market, no network. What a cell means is decided here, before any model
sees it. A request file has exactly the columns of its task, in any order:
    an empty cell, and NaN, NA, null or None where a number or a time belongs, is an unknown value;
    the names that come back with the answer must be there;
    a number or a time that is none is refused with its line, and so is an infinity."""

from __future__ import annotations

import csv
import gzip
import io
import math
import os
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console

from core.errors import Environment, InvalidInput
from core.settings import Settings
from training.niches import with_niches
from training.packs import load_champion
from training.tasks import task as task_of
from training.tasks.task import Columns, Task

_GZIP = b"\x1f\x8b"
_UNKNOWN = frozenset({"", "nan", "na", "n/a", "null", "none", "nat", "<na>"})
_LONGEST_CELL = 16_000_000
_SHOWN = 40
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


def predict(settings: Settings, name: str, inputs: Sequence[Path], output: Path, console: Console) -> None:
    """Answer request files with the champion of a task, in their order, and write the answers in one step.

    Raises UnknownName, InvalidInput for what is wrong with a file, NotReady without a champion, Damaged for a changed one."""
    task = task_of(name)
    check_paths(task, inputs, output)
    frames = read_requests(task, inputs)
    pack, champion = load_champion(settings.home, task)
    program = with_niches(settings.home, task, champion)
    if frames[0].height:
        from training.judging import require_answers

        answers = program.predict(frames)
        require_answers(task, f"Version {pack.version} of {task.name}", answers, frames[0].height)
    else:
        answers = pl.DataFrame(schema=dict(task.output))
    write_answers(answers, output)
    console.print(f"{answers.height:,} rows answered by version {pack.version} of {task.name} ({pack.kind}): {output}")


def check_paths(task: Task, inputs: Sequence[Path], output: Path) -> None:
    """Refuse a wrong number of files, and an output that cannot be written or would take an input's place."""
    wanted = len(task.inputs)
    if len(inputs) != wanted:
        shown = "one --input" if wanted == 1 else f"--input {wanted} times, {_in_words(task)}"
        raise InvalidInput(
            f"{task.name} takes {shown}, and {len(inputs)} were given.", f"See: ytempire predict {task.name} --help"
        )
    for path in inputs:
        if not path.exists():
            raise InvalidInput(f"There is no file {path}.", "Check the path.")
        if path.is_dir():
            raise InvalidInput(f"{path} is a folder.", "Give --input a CSV file.")
        if output.exists() and output.samefile(path):
            raise InvalidInput(f"--output {output} is the input itself.", "Name another file.")
    if output.exists() and not output.is_file():
        raise InvalidInput(f"--output {output} is no file.", "Name a file.")
    if not output.absolute().parent.is_dir():
        raise InvalidInput(f"There is no folder {output.absolute().parent}.", "Make it first, or name another file.")


def read_requests(task: Task, paths: Sequence[Path]) -> tuple[pl.DataFrame, ...]:
    """The request files of a task as frames with the task's columns and types. Raises InvalidInput."""
    key = next(iter(task.output))
    frames = [read_request(path, columns, key) for path, columns in zip(paths, task.inputs, strict=True)]
    first = frames[0]
    for number, (path, frame) in enumerate(zip(paths[1:], frames[1:], strict=True), start=1):
        if frame[key].equals(first[key]):
            continue
        if frame.height != first.height or not first[key].is_unique().all() or set(frame[key]) != set(first[key]):
            raise InvalidInput(
                f"{path} does not hold the same rows as {paths[0]}: {frame.height:,} against {first.height:,}, by {key}.",
                f"Give files of the same rows, {_in_words(task)}.",
            )
        frames[number] = first.select(key).join(frame, on=key, how="left", maintain_order="left").select(frame.columns)
    return tuple(frames)


def read_request(path: Path, columns: Columns, key: str) -> pl.DataFrame:
    """One CSV file, plain or gzip, as a frame. Raises InvalidInput naming the file, and line and column where there is one."""
    header, rows, lines = _read_cells(path)
    missing, extra = [name for name in columns if name not in header], [name for name in header if name not in columns]
    if missing or extra:
        parts = [f"lacks {_list(missing)}"] if missing else []
        parts += [f"has {_list(extra)}, which nobody asks for"] if extra else []
        raise InvalidInput(f"{path} {' and '.join(parts)}.", f"Its columns are {', '.join(columns)}.")
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise InvalidInput(f"{path} has {_list(twice)} twice.", "Leave one of them.")
    cells = dict(zip(header, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(header, ())
    return pl.DataFrame([_column(path, name, kind, cells[name], lines, name == key) for name, kind in columns.items()])


def write_answers(answers: pl.DataFrame, output: Path) -> None:
    """Write answers as CSV, gzip where the name says so, in one step: the file is whole or as it was before."""
    content = answers.write_csv().encode()
    if output.name.endswith(".gz"):
        content = gzip.compress(content, mtime=0)
    draft = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(output)
    except PermissionError as error:
        raise Environment(f"{output} cannot be written: {error.strerror}.", "Name a file in another folder.") from None
    finally:
        draft.unlink(missing_ok=True)


def _read_cells(path: Path) -> tuple[list[str], list[list[str]], list[int]]:
    """The header, the rows, and the line on which each row ends."""
    text = io.StringIO(_read_text(path), newline="")
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(text, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        header = next(reader, None)
        if header is None or not any(header):
            raise InvalidInput(f"{path} is empty: it has no header.", "A file without rows still names its columns.")
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                raise InvalidInput(
                    f"Line {reader.line_num} of {path} has {len(row)} cells, and its header {len(header)}.",
                    "Put a cell that holds commas, quotes or line breaks in quotes.",
                )
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise InvalidInput(f"Line {reader.line_num} of {path} is no CSV: {error}.", "Save it as CSV again.") from None
    return [name.strip() for name in header], rows, lines


def _read_text(path: Path) -> str:
    try:
        content = path.read_bytes()
        if content.startswith(_GZIP):
            content = gzip.decompress(content)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidInput(f"{path} is damaged: {error}.", "Pack it again.") from None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}.", "Check path and rights.") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(f"Line {line} of {path} is no UTF-8 text.", "Save it as UTF-8.") from None


def _column(path: Path, name: str, kind: Any, cells: Sequence[str], lines: Sequence[int], is_key: bool) -> pl.Series:
    reader, wanted = _reader_of(kind)
    if reader is None:
        values: list[Any] = [cell or None for cell in cells]
    else:
        values = [None] * len(cells)
        for number, cell in enumerate(cells):
            stripped = cell.strip()
            if stripped.lower() in _UNKNOWN:
                continue
            try:
                if "_" in stripped:  # Python's own way to write thousands
                    raise ValueError
                values[number] = reader(stripped)
            except (ValueError, OverflowError):
                shown = stripped if len(stripped) <= _SHOWN else f"{stripped[:_SHOWN]}…"
                raise InvalidInput(
                    f"{shown!r} in line {lines[number]} of {path} is no {wanted}: column {name}.",
                    "Mend the cell, or leave it empty where it is not known.",
                ) from None
    if is_key and None in values:
        raise InvalidInput(f"Line {lines[values.index(None)]} of {path} has no {name}.", "Every row needs one.")
    return pl.Series(name, values, dtype=kind, strict=True)


def _reader_of(kind: Any) -> tuple[Callable[[str], Any] | None, str]:
    """How a cell of a type is read, and what it has to be."""
    if kind == pl.Date:
        return _day, "day such as 2026-06-10"
    if kind == pl.Datetime:
        return _moment, "time such as 2026-06-10 04:58:34+00:00"
    if kind == pl.Boolean:
        return _truth, "true or false"
    if kind.is_integer():
        return _whole, "whole number"
    if kind.is_float():
        return _finite, "finite number"
    return None, "text"


def _whole(cell: str) -> int:
    try:
        value = int(cell)
    except ValueError:  # as pandas writes whole numbers of a column with gaps
        number = float(cell)
        if not number.is_integer():
            raise
        value = int(number)
    if not _SMALLEST <= value <= _LARGEST:
        raise OverflowError
    return value


def _finite(cell: str) -> float:
    value = float(cell)
    if not math.isfinite(value):
        raise ValueError
    return value


def _truth(cell: str) -> bool:
    try:
        return {"true": True, "false": False, "1": True, "0": False}[cell.lower()]
    except KeyError:
        raise ValueError from None


def _day(cell: str) -> date:
    return date.fromisoformat(cell) if len(cell) <= len("2026-06-10") else datetime.fromisoformat(cell).date()


def _moment(cell: str) -> datetime:
    moment = datetime.fromisoformat(cell)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _in_words(task: Task) -> str:
    """The files of a task, in order, by the column that each ends with."""
    return ", then ".join(f"the one up to {list(columns)[-1]}" for columns in task.inputs)


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…" for name in names[:8])
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"{'the column' if len(names) == 1 else 'the columns'} {shown}{more}"
