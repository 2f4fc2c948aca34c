"""What decides how the cells of one export are read, found by reading it once beforehand: the decimal mark that its numbers show,
the order of day and month, and how long the periods are that its dates begin."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

from connectors.archives.cells import DAY, NOTHING, PERIOD_START, Circumstances, DayStandsFirst, is_month, is_week, is_year
from connectors.archives.columns import STEPS, Column
from connectors.archives.headings import Heading
from connectors.archives.languages import day_stands_first, total_words
from connectors.archives.lines import Broken
from connectors.numbers import Misread, decimal_mark

MOST_DATES = 50_000
MOST_NUMBERS = 5_000
"""Records whose numbers are looked at."""
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})_(\d{4}-\d{2}-\d{2})", re.ASCII)
"""Studio writes the period of an export into the name of its archive."""
_EITHER_WAY = re.compile(r"\d{1,2}(?:/\d{1,2}/\d{2,4}|-\d{1,2}-\d{4})(?!\d)", re.ASCII)
_WEEK_DAYS = 7
_MONTH_DAYS = 28
_STARTS_OF_WEEKS = {0, 5, 6}
"""Monday, Saturday, Sunday."""


@dataclass(frozen=True)
class Step:
    """How long the periods are that the dates of a file begin.

    Attributes:
        name: `day`, `week`, `month`, `year`, or `period` for any other length.
        days: of each; None where months and years differ, or where it is not known.
        cut: start and days of a first period that the beginning of the export cuts off.
    """

    name: str
    days: int | None
    cut: tuple[date, int] | None = None

    def length(self, start: date) -> int | None:
        """Days of the period that begins on a day."""
        if self.cut is not None and start == self.cut[0]:
            return self.cut[1]
        if self.name == "month":
            return calendar.monthrange(start.year, start.month)[1]
        return 366 if self.name == "year" and calendar.isleap(start.year) else 365 if self.name == "year" else self.days


DAYS = Step("day", 1)
_NAMED = {"day": DAYS, "week": Step("week", _WEEK_DAYS), "month": Step("month", None), "year": Step("year", None)}


def with_habits(
    circumstances: Circumstances,
    columns: Sequence[tuple[Heading, Column | None]],
    records: Iterable[tuple[int, Sequence[Any] | Broken]],
    name: str,
) -> tuple[Circumstances, Step]:
    """The circumstances of a file after a look at all its records, and the step of its dates.

    Args:
        columns: its headings, each with what it lands as.
        name: of the file, within its archive.
    """
    numbers = [index for index, (_, column) in enumerate(columns) if column is not None and _has_decimals(column)]
    dated = [index for index, (_, column) in enumerate(columns) if column is not None and column.type in (DAY, PERIOD_START)]
    starts = [index for index, (_, column) in enumerate(columns) if column is not None and column.type is PERIOD_START][:1]
    marks: set[str] = set()
    written: set[str] = set()
    periods: set[str] = set()
    for place, (_, record) in enumerate(records):
        if isinstance(record, Broken):
            continue
        if place < MOST_NUMBERS:
            marks.update(_marks(record[index] for index in numbers))
        if len(written) < MOST_DATES:
            for index in dated:
                written.add(str(record[index]))
            for index in starts:
                periods.add(str(record[index]))
    written, periods = _known(written), _known(periods)
    found = replace(
        circumstances,
        decimal=marks.pop() if len(marks) == 1 else circumstances.decimal,
        day_first=circumstances.day_first or _day_stands_first(written, circumstances),
    )
    heading = columns[starts[0]][0].name if starts else ""
    return found, _step(heading, periods, found, name)


def _known(cells: set[str]) -> set[str]:
    none = NOTHING | total_words()
    return {text for cell in cells if (text := cell.strip()).casefold() not in none}


def _has_decimals(column: Column) -> bool:
    return column.type.suffix != "" and column.type not in (DAY, PERIOD_START)


def _marks(cells: Iterator[Any]) -> Iterator[str]:
    for cell in cells:
        if cell.__class__ is str and ("," in cell or "." in cell) and ":" not in cell and (mark := decimal_mark(cell)):
            yield mark


def _day_stands_first(texts: set[str], circumstances: Circumstances) -> bool:
    """The order of the language, unless more of the file's dates are days in the other one."""
    usual = day_stands_first(circumstances.language or "en")
    slashed = [text for text in texts if _EITHER_WAY.match(text)]
    if not slashed:
        return False
    faults = {order: _unreadable(slashed, replace(circumstances, day_first=order)) for order in (True, False)}
    return usual if faults[usual] <= faults[not usual] else not usual


def _unreadable(texts: Iterable[str], circumstances: Circumstances) -> int:
    return sum(1 for text in texts if _day_of(text, circumstances) is None)


def _day_of(text: str, circumstances: Circumstances) -> date | None:
    try:
        found: date | None = PERIOD_START.reader(circumstances)(text)
    except (Misread, DayStandsFirst):
        return None
    return found


def _step(heading: str, texts: set[str], circumstances: Circumstances, name: str) -> Step:
    if heading in STEPS:
        return _NAMED[STEPS[heading]]
    for named, is_named in (("week", is_week), ("year", is_year)):
        if texts and all(map(is_named, texts)):
            return _NAMED[named]
    days = sorted({day for text in texts if (day := _day_of(text, circumstances)) is not None})
    if texts and all(is_month(text, circumstances.language) for text in texts):
        return _NAMED["month"]
    return step_between(days) if len(days) != 1 else _step_of_range(days[0], name)


def step_between(days: Sequence[date]) -> Step:
    """The step of days in their order. The first period may be cut off by the beginning of the export.

    Dates in no regular step are days, of which some are missing; so are two that are neither a week nor whole months apart."""
    gaps = [(after - before).days for before, after in pairwise(days)]
    if not gaps:
        return DAYS
    later, whole = (days[1:], gaps[1:]) if len(gaps) > 1 else (days, gaps)
    if all(day.day == 1 for day in later) and min(whole) >= _MONTH_DAYS:
        name = "year" if all(day.month == 1 for day in later) and min(whole) > 364 else "month"
        is_cut = days[0].day != 1 or (name == "year" and days[0].month != 1)
        return replace(_NAMED[name], cut=(days[0], gaps[0])) if is_cut else _NAMED[name]
    if min(whole) == _WEEK_DAYS and all(gap % _WEEK_DAYS == 0 for gap in whole):
        is_cut = gaps[0] < _WEEK_DAYS
        if not is_cut or len(gaps) > 2 or later[0].weekday() in _STARTS_OF_WEEKS:
            return Step("week", _WEEK_DAYS, (days[0], gaps[0]) if is_cut else None)
    if len(gaps) > 1 and gaps[0] > 1 and len(set(gaps)) == 1:
        return Step("period", gaps[0])
    return DAYS


def _step_of_range(day: date, name: str) -> Step:
    """One date alone begins all that its export is of, where the export's name says of which days."""
    found = _RANGE.search(name)
    try:
        first, last = (date.fromisoformat(text) for text in found.groups()) if found else (day, day)
    except ValueError:
        return DAYS
    length = (last - first).days + 1
    if day != first or length < 2:
        return DAYS
    if day.day == 1 and length == calendar.monthrange(day.year, day.month)[1]:
        return _NAMED["month"]
    return _NAMED["week"] if length == _WEEK_DAYS else Step("period", length)
