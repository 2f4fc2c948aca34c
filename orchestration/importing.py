"""The body of `ytempire import`: every file that is found, one after the other, and what became of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from connectors.archives.files import Unreadable, find
from connectors.archives.formats import Kind
from connectors.archives.importing import Imported, Options, import_file
from core.errors import Damaged, InvalidInput, UnknownName, YtempireError
from orchestration.stack import Stack

if TYPE_CHECKING:
    from sqlalchemy import Engine

_MOST_SHOWN = 60
_SHOWN_NAME = 24


@dataclass(frozen=True)
class Failed:
    """A file that did not land: what is wrong, and what to do about it."""

    name: str
    error: YtempireError


def kind_of(value: str) -> Kind:
    """The kind that a person named. Raises UnknownName."""
    try:
        return Kind(value)
    except ValueError:
        raise UnknownName(f"There is no kind of files {value!r}.", f"The kinds are {', '.join(Kind)}.") from None


def import_paths(
    stack: Stack, kind: Kind, paths: Sequence[Path], options: Options, *, dry_run: bool, console: Console
) -> list[Imported | Failed]:
    """Land every table below the paths, each in its own transaction; a file that fails does not stop the others.

    Raises InvalidInput where there is none at all, and what the database raises."""
    found = list(find(paths))
    if not found:
        raise InvalidInput(
            "There is no table in what you gave.", "Tables end in csv, tsv or parquet, also with gz, or lie in a zip."
        )
    engine: Engine | None = None if dry_run else stack.engine
    now = stack.clock.now()
    results: list[Imported | Failed] = []
    with _closing_pool(engine), _progress(console, len(found)) as (bar, task):
        for number, source in enumerate(found):
            bar.update(task, description=_short(source.name), completed=number)
            if isinstance(source, Unreadable):
                results.append(Failed(source.name, source.error))
                continue
            try:
                results.append(import_file(engine, source, kind, now, options, partial(_advance, bar, task, number)))
            except (InvalidInput, Damaged) as error:  # of the file; what the database or the disk says ends the command
                results.append(Failed(source.name, error))
        bar.update(task, completed=len(found))
    return results


@contextmanager
def _closing_pool(engine: Engine | None) -> Iterator[None]:
    """Leave no connection open when the work is done."""
    try:
        yield
    finally:
        if engine is not None:
            engine.dispose()


@contextmanager
def _progress(console: Console, files: int) -> Iterator[tuple[Progress, TaskID]]:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield bar, bar.add_task("", total=files)


def _advance(bar: Progress, task: TaskID, files_before: int, share: float) -> None:
    bar.update(task, completed=files_before + share)


def has_failures(results: Sequence[Imported | Failed]) -> bool:
    """Whether a file did not land."""
    return any(isinstance(result, Failed) for result in results)


def as_json(results: Sequence[Imported | Failed], *, dry_run: bool) -> str:
    """One JSON object: every file, and the sums."""
    files = [_plain(result, dry_run=dry_run) for result in results]
    sums = {
        name: sum(file.get(name, 0) for file in files)
        for name in ("read", "landed", "rejected", "totals", "duplicates", "voided")
    }
    return json.dumps({"files": files, **sums})


def _plain(result: Imported | Failed, *, dry_run: bool) -> dict[str, Any]:
    if isinstance(result, Failed):
        return {"name": result.name, "outcome": "refused", "error": result.error.message, "remedy": result.error.remedy}
    if result.known_as is not None:
        return {"name": result.name, "outcome": "known", "known_as": result.known_as}
    return {
        "name": result.name,
        "outcome": "read" if dry_run else "landed",
        "format": result.format,
        "kind": result.kind,
        "table": result.table,
        "read": result.read,
        "landed": result.landed,
        "rejected": result.rejected,
        "totals": result.totals,
        "duplicates": result.duplicates,
        "voided": result.voided.total(),
        "reasons": [{"reason": reason, "rows": rows} for reason, rows in result.top_reasons()],
        "voids": [{"reason": reason, "values": values} for reason, values in result.top_voids()],
        "unknown_columns": result.unknown,
        "notes": result.notes,
        "seconds": round(result.seconds, 3),
    }


def show(results: Sequence[Imported | Failed], console: Console, *, dry_run: bool) -> None:
    """The closing table, what stood out, and what to do next.

    Names and headings of files are data: they bring no markup and no control codes to the terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("File", no_wrap=True)
    table.add_column("Format", no_wrap=True)
    for column in ("Read", "Landed", "Rejected"):
        table.add_column(column, justify="right", no_wrap=True, min_width=8)
    done = [result for result in results if isinstance(result, Imported) and result.known_as is None]
    for result in results[:_MOST_SHOWN]:
        name = _short(result.name)
        if isinstance(result, Failed):
            table.add_row(name, Text("refused", style="red"))
        elif result.known_as is not None:
            table.add_row(name, Text("already there", style="dim"))
        else:
            table.add_row(name, result.format, *(f"{count:,}" for count in (result.read, result.landed, result.rejected)))
    if len(results) > _MOST_SHOWN:
        table.add_row(f"… and {len(results) - _MOST_SHOWN:,} more", "")
    if len(done) > 1:
        sums = (sum(getattr(one, name) for one in done) for name in ("read", "landed", "rejected"))
        table.add_row(Text("all", style="bold"), "", *(f"{value:,}" for value in sums))
    console.print(table)
    for result in results[:_MOST_SHOWN]:
        if remarks := list(_remarks(result)):
            console.print(Text(_printable(result.name), style="bold"), soft_wrap=True)
            for remark in remarks:
                console.print(Text(f"  {_printable(remark)}"), soft_wrap=True)
    console.print(Text(f"Next  {_next(results, done, dry_run=dry_run)}"), soft_wrap=True)


def _remarks(result: Imported | Failed) -> Iterator[str]:
    if isinstance(result, Failed):
        yield str(result.error)
        return
    for reason, rows in result.top_reasons():
        yield f"{rows:,} rejected: {reason}"
    for reason, values in result.top_voids():
        yield f"{values:,} {'value' if values == 1 else 'values'} voided, the rest of the row landed: {reason}"
    if result.duplicates:
        yield f"{result.duplicates:,} rows equal to another one did not land again"
    yield from result.notes


def _next(results: Sequence[Imported | Failed], done: Sequence[Imported], *, dry_run: bool) -> str:
    if dry_run:
        return "nothing has landed; the same command without --dry-run lands it"
    if has_failures(results):
        return "mend what was refused and run the same command again: what is there does not land twice"
    if any(result.rejected for result in done):
        return "select place, reason, payload from ops.rejected_rows where file_id is not null"
    return "ytempire run builds the warehouse with it"


def _short(name: str) -> str:
    printable = _printable(name)
    return printable if len(printable) <= _SHOWN_NAME else f"…{printable[1 - _SHOWN_NAME :]}"


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
