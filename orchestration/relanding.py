"""The body of `ytempire reland`: past days of the bulk reports, landed again from the archive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from connectors.relanding import Relanded, check_types, land_again, past_partitions
from core.clock import FrozenClock
from core.errors import InvalidInput
from orchestration.stack import Stack

MOST_SHOWN = 20


def reland(stack: Stack, console: Console, report_types: Sequence[str], first: date | None, last: date | None) -> bool:
    """Land the partitions of these report types (all, where none is named) from `first` to `last` again, and sum up.

    Returns whether every one is whole. Raises InvalidInput where there is none, UnknownName for a type that is none."""
    check_types(report_types)
    if first is not None and last is not None and first > last:
        raise InvalidInput(f"{first} is after {last}.", "Give --from the first day and --to the last one.")
    sources = stack.sources
    chosen = past_partitions(sources, report_types, first or date.min, last or date.max)
    if not chosen:
        raise InvalidInput("No bulk report of these days has landed.", "Choose other days, or run a day: make run.")
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    done: list[Relanded] = []
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=len(chosen))
        for each in land_again(sources, FrozenClock(stack.present), chosen):
            done.append(each)
            bar.update(task, description=f"{each.table} {each.day}", advance=1)
    return show(done, console)


def show(done: Sequence[Relanded], console: Console) -> bool:
    """Print what became of the partitions, those first that are not whole; returns whether all are."""
    lacking = [each for each in done if each.landing.left_out]
    repaired = [each for each in done if each.is_repaired]
    for each in lacking[:MOST_SHOWN]:
        first, *others = each.landing.left_out
        more = f" And {len(others)} more." if others else ""
        console.print(f"[red]✗[/] {each.table} {each.day}: {first.reason} {first.remedy}{more}", soft_wrap=True)
    for each in repaired[:MOST_SHOWN]:
        console.print(f"[green]✓[/] {each.table} {each.day}: {each.rows_before:,} rows before, {each.landing.row_count:,} now")
    if (more := len(lacking) + len(repaired)) > (shown := len(lacking[:MOST_SHOWN]) + len(repaired[:MOST_SHOWN])):
        console.print(f"  and {more - shown} more")
    rows = sum(each.landing.row_count for each in done)
    console.print(
        f"{len(done):,} partitions landed again, {rows:,} rows: {len(repaired):,} repaired,"
        f" {len(lacking):,} with files that are lost, the others as they were."
    )
    if repaired:
        console.print("Next       make run, or materialize the warehouse in `make dev`: it takes in what has changed.")
    return not lacking
