"""What a cell means: text to a typed value, in every notation that real exports use.

A `Type` gives, for the circumstances of one file, a function from a cell to its value. An empty cell is None. A cell that cannot
be read raises `Misread`, whose message names the fault and never the cell: it becomes the reason in the quarantine.

Nothing is guessed from one cell: where a notation can be read in two ways, the file's circumstances decide (`Circumstances`)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.archives.languages import month_key, months, year_stands_first
from connectors.numbers import MOST, Misread, ascii_digits, normal_decimal, whole

NOTHING = frozenset({"", "-", "–", "—", "n/a", "na", "nan", "nat", "null", "none", "#n/a", "\\n"})
"""What exporters write for a number or time that they do not know."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
Read = Callable[[Any], Any]


class DayStandsFirst(Exception):
    """A date such as 25/12/2023 was met in a file whose dates were taken for month/day/year."""


@dataclass(frozen=True)
class Circumstances:
    """What decides how the cells of one file are read.

    Attributes:
        now: nothing was read after it.
        year: of dates that have none.
        decimal: the decimal mark that the exporter used, point or comma.
        day_first: whether 3/4/2024 is the third of April.
        language: that its exporter spoke, as `de`; None where that is not known.
    """

    now: datetime
    year: int | None = None
    decimal: str = "."
    day_first: bool = False
    language: str | None = None

    @property
    def year_first(self) -> bool:
        """Whether 26/3/4 is the fourth of March."""
        return self.language is not None and year_stands_first(self.language)


@dataclass(frozen=True)
class Type:
    """How the cells of a column are read.

    Attributes:
        of: makes the function that reads text.
        check: refuses impossible values, also those of a file whose values have types; returns what lands.
        native: the types that need no reading.
        suffix: what the unit adds to the column's name.
        is_sum: whether a total row holds the sum of the column.
    """

    of: Callable[[Circumstances], Read]
    check: Callable[[Any, Circumstances], Any] = lambda value, _: value
    native: tuple[type, ...] = ()
    suffix: str = ""
    is_sum: bool = False

    def reader(self, circumstances: Circumstances) -> Read:
        """A function from a cell, text or a value of a native type, to what lands. It raises Misread."""
        read, check, native = self.of(circumstances), self.check, self.native

        def value_of(cell: Any) -> Any:
            if cell is None:
                return None
            value = cell if cell.__class__ in native else read(cell if cell.__class__ is str else str(cell))
            return None if value is None else check(value, circumstances)

        return value_of


def _known(read: Read) -> Callable[[Circumstances], Read]:
    """Read what is there, stripped; None for the many ways to write that nothing is known."""

    def known(cell: str) -> Any:
        text = cell.strip()
        return None if text.casefold() in NOTHING else read(text)

    return lambda _: known


# Numbers


def _count(circumstances: Circumstances) -> Read:
    return _known(lambda text: whole(text, circumstances.language))(circumstances)


def _decimal(circumstances: Circumstances) -> Read:
    return _known(lambda text: float(normal_decimal(text, circumstances.decimal)))(circumstances)


def _percent(circumstances: Circumstances) -> Read:
    return _known(lambda text: float(normal_decimal(text.strip("%％").strip(), circumstances.decimal)))(circumstances)


_CURRENCY_SIGNS = re.compile(r"(?:(?:US|CA|MX|A|R)?[$]|[€£¥￥₹₽₺₩]|zł|[A-Z]{3}(?=[\s\d-]|$)|\s)+")


def _money(circumstances: Circumstances) -> Read:
    def micros(text: str) -> int:
        number = normal_decimal(_CURRENCY_SIGNS.sub("", text), circumstances.decimal)
        return int((Decimal(number) * 1_000_000).to_integral_value())

    return _known(micros)(circumstances)


def _not_negative(value: float, _: Circumstances) -> float | None:
    if 0 <= value <= MOST:
        return value
    if value < 0:
        raise Misread("below zero")
    return _sane(value, _)


def _percentage(value: float, circumstances: Circumstances) -> float | None:
    known = _not_negative(value, circumstances)
    return None if known is None else round(known, 9)  # no ratio is that fine, and what divides by it stays within its type


def _sane(value: float, _: Circumstances) -> float | None:
    if -MOST <= value <= MOST:
        return value
    if math.isnan(value):  # typed files write it where text files have an empty cell
        return None
    raise Misread("larger than anything that is counted")


# Durations

_CLOCK = re.compile(r"(?:(\d{1,4}):([0-5]?\d)|(\d{1,5})):([0-5]?\d)(?:[.,]\d+)?", re.ASCII)
_ISO = re.compile(r"P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})(?:\.\d+)?S)?)?", re.ASCII)
_WORDS = re.compile(r"([\d.,]{1,12})\s*(d|h|m|s)(?:ays?|ours?|rs?|r|in(?:ute)?s?|ec(?:ond)?s?)?", re.ASCII | re.IGNORECASE)
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
SECONDS_IN = {"hours": 3_600.0, "minutes": 60.0, "seconds": 1.0, "milliseconds": 0.001}
"""Units of headings."""


def seconds(text: str, mark: str = ".", factor: float = 1) -> float:
    """A duration: 0:03:09, 3:09, 189, 189.0, PT3M9S, 6.5 hours.

    Args:
        factor: seconds in the unit of a number that stands alone."""
    text = ascii_digits(text)
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, only_minutes, rest = (int(part or 0) for part in clock.groups())
        return hours * 3_600 + (minutes + only_minutes) * 60 + rest
    if text[0] in "Pp" and len(text) > 2 and (iso := _ISO.fullmatch(text.upper())):
        weeks, days, hours, minutes, rest = (int(part or 0) for part in iso.groups())
        return ((weeks * 7 + days) * 24 + hours) * 3_600 + minutes * 60 + rest
    unit = factor
    if words := _WORDS.fullmatch(text):
        text, unit = words[1], _SECONDS[words[2].lower()]
    try:
        value = round(float(normal_decimal(text, mark)) * unit, 6)
    except Misread:
        raise Misread("not a duration") from None
    return int(value) if value.is_integer() else value


def _duration(circumstances: Circumstances, factor: float = 1) -> Read:
    """-1 is how scrapers write that they saw none."""
    return _known(lambda text: None if text == "-1" else seconds(text, circumstances.decimal, factor))(circumstances)


def duration_in(unit: str) -> Type:
    """Durations that a heading says the unit of: 2.5 in minutes are 150 seconds."""
    factor = SECONDS_IN[unit]
    return replace(DURATION, of=lambda circumstances: _duration(circumstances, factor), native=())


# Days and moments

_NUMBERED = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})", re.ASCII)
_AROUND_POINTS = re.compile(r"\s*\.\s*")
_TIME_BEHIND = re.compile(r"(?:,|\s)\s*\d{1,2}:\d\d(?::\d\d)?(?:\s*[AaPp]\.?[Mm]\.?)?$", re.ASCII)
_EASTERN = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(?:(\d{1,2})\s*[日일])?", re.ASCII)
_PARTS = re.compile(r"\d+|[^\W\d_][^\s\d,.;/()-]*")
_FILLERS = frozenset({"de", "del", "do", "of", "the", "le", "den", "г", "года", "er", "st", "nd", "rd", "th", "º", "ª", "o"})
_SHORT = re.compile(r"(\d{1,2})\.(\d{1,2})", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_YEAR = re.compile(r"(?:19|20)\d\d", re.ASCII)
_WEEK = re.compile(r"\d{4}-?W\d{2}", re.ASCII)
_CENTURY = 2000
_LEAST_LETTERS = 3


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year + _CENTURY if year < 100 else year, month, day)
    except ValueError:
        raise Misread("no such day") from None


def _day(circumstances: Circumstances) -> Read:
    """Jun 6, 2017 · 2017-06-06 · 17-06-06 · 20170606 · 6/6/17 (month first, unless the file shows otherwise) · 6.6.2017 ·
    3. März 2026 · 3 de mar. de 2026 · 2026年3月3日."""

    def day(text: str) -> date:
        if not text[4:].startswith("-W"):
            try:
                return date.fromisoformat(text[:10])  # what follows a day is its time
            except ValueError:
                pass
        text = _TIME_BEHIND.sub("", ascii_digits(text))
        if found := _NUMBERED.fullmatch(_AROUND_POINTS.sub(".", text).strip(". ")):
            first, mark, second, third = int(found[1]), found[2], int(found[3]), int(found[4])
            is_year_first = len(found[1]) == 4 or (len(found[4]) < 4 and (mark == "-" or circumstances.year_first))
            if is_year_first:
                return _date(first, second, third)
            if mark == ".":
                return _date(third, second, first)
            if first > 12 and second <= 12 and not circumstances.day_first:
                raise DayStandsFirst
            return _date(third, *((second, first) if circumstances.day_first else (first, second)))
        if (eastern := _EASTERN.fullmatch(text)) and eastern[3]:
            return _date(int(eastern[1]), int(eastern[2]), int(eastern[3]))
        if (named := _named(text, circumstances.language)) is not None and named[2] is not None:
            return _date(named[0], named[1], named[2])
        raise Misread("not a day")

    return _known(day)(circumstances)


def _named(text: str, language: str | None) -> tuple[int, int, int | None] | None:
    """Year, month and day of a date that names its month, in whatever order; the day is None where there is none."""
    parts = _PARTS.findall(text)
    if len(parts) > 6:
        return None
    numbers = [part for part in parts if part.isdigit()]
    words = [key for part in parts if not part.isdigit() and (key := month_key(part)) not in _FILLERS]
    years = [number for number in numbers if len(number) == 4]
    days = [number for number in numbers if len(number) < 3]
    if len(words) != 1 or len(years) != 1 or len(days) > 1 or len(numbers) != len(years) + len(days):
        return None
    month = _month(words[0], language)
    return None if month is None else (int(years[0]), month, int(days[0]) if days else None)


def _month(word: str, language: str | None) -> int | None:
    """The number of a month by its name, or by a beginning of it that no other month has."""
    known = months()
    if (own := known.get(language or "en", {}).get(word)) is not None:
        return own
    for same in (str.__eq__, str.startswith):
        if same is str.startswith and len(word) < _LEAST_LETTERS:
            continue
        found = {number for names in known.values() for name, number in names.items() if same(name, word)}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _period_start(circumstances: Circumstances) -> Read:
    """The first day of a day, week, month or year: all notations of `DAY`, and 2026-W10, 2026-03, March 2026, 2026年3月, 2026."""
    other = _day(circumstances)

    def start(text: str) -> date:
        if found := _MONTH.fullmatch(text):
            return _date(int(found[1]), int(found[2]), 1)
        if _YEAR.fullmatch(text):
            return _date(int(text), 1, 1)
        if _WEEK.fullmatch(text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                raise Misread("no such week") from None
        if (eastern := _EASTERN.fullmatch(text)) and not eastern[3]:
            return _date(int(eastern[1]), int(eastern[2]), 1)
        if (named := _named(text, circumstances.language)) is not None and named[2] is None:
            return _date(named[0], named[1], 1)
        return other(text)  # type: ignore[no-any-return]

    return _known(start)(circumstances)


def is_month(text: str, language: str | None) -> bool:
    """Whether a cell names a month and no day of it."""
    if _MONTH.fullmatch(text):
        return True
    eastern = _EASTERN.fullmatch(text)
    if eastern is not None:
        return not eastern[3]
    named = _named(text, language)
    return named is not None and named[2] is None


def is_week(text: str) -> bool:
    """Whether a cell names a week of a year: 2026-W10."""
    return _WEEK.fullmatch(text) is not None


def is_year(text: str) -> bool:
    """Whether a cell names a year alone: 2026."""
    return _YEAR.fullmatch(text) is not None


def _year_day_month(circumstances: Circumstances) -> Read:
    """17.14.11 is 14 November 2017, as the most copied chart archive writes it; also every notation of `DAY`."""
    other = _day(circumstances)

    def day(text: str) -> date:
        found = _NUMBERED.fullmatch(text)
        if found and found[2] == "." and len(found[1]) == 2 == len(found[4]):
            return _date(int(found[1]), int(found[4]), int(found[3]))
        return other(text)  # type: ignore[no-any-return]

    return _known(day)(circumstances)


def _day_without_year(circumstances: Circumstances) -> Read:
    """13.09 is 13 September of the file's year; 1.1 is 1 October, for a spreadsheet took 1.10 for a number (January is 1.01)."""
    other = _day(circumstances)

    def day(text: str) -> date:
        found = _SHORT.fullmatch(text)
        if not found:
            return other(text)  # type: ignore[no-any-return]
        if circumstances.year is None:
            raise Misread("a day without its year (give it with --year)")
        month = found[2] if len(found[2]) == 2 else f"{found[2]}0"
        return _date(circumstances.year, int(month), int(found[1]))

    return _known(day)(circumstances)


def _moment(text: str) -> datetime | None:
    """ISO 8601 in its usual variants, in UTC unless it says otherwise. The first second of 1970 is a zero: no time was known."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Misread("not a time") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return None if moment == _EPOCH else moment


def _bounded(slack: timedelta) -> Callable[[Any, Circumstances], Any]:
    """Refuses times before there was a web, and such as lie further ahead than `slack`."""
    earliest_day = EARLIEST.date()

    def check(value: Any, circumstances: Circumstances) -> Any:
        if value.__class__ is date:
            latest: Any = (circumstances.now + slack).date()
            early = value < earliest_day
        else:
            if value.tzinfo is None:
                value = value.replace(tzinfo=UTC)
            latest, early = circumstances.now + slack, value < EARLIEST
        if early:
            raise Misread("too long ago to be true")
        if value > latest:
            raise Misread("in the future")
        return value

    return check


# Text

_FLAGS = {"true": True, "1": True, "1.0": True, "yes": True, "false": False, "0": False, "0.0": False, "no": False}
_VIDEO_ID = re.compile(r"[\w=-]{6,64}", re.ASCII)
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,63}")
_HANDLE = re.compile(r"(?<![\w@])@[\w][\w.·-]*")


def _flag(text: str) -> bool:
    try:
        return _FLAGS[text.casefold()]
    except KeyError:
        raise Misread("neither true nor false") from None


def _video_id(text: str) -> str | None:
    if text == "#NAME?":  # a spreadsheet took an id that begins with a minus for a formula
        return None
    text = text.removeprefix("'").strip()  # what keeps a spreadsheet from doing so
    if not _VIDEO_ID.fullmatch(text):
        raise Misread("not a video id")
    return text


def _tags(text: str) -> list[str]:
    if text == "[none]":
        return []
    parts = text.split("|") if "|" in text else text.split(",")
    return [tag for part in parts if (tag := part.strip().strip('"'))]


def masked(text: str) -> str:
    """Text of a person without whom it names: addresses and handles are replaced."""
    if "@" not in text:
        return text
    return _HANDLE.sub("@user", _ADDRESS.sub("[e-mail]", text))


def choice(labels: Mapping[str, str]) -> Type:
    """A type of few values, each with its name here."""

    def read(text: str) -> str:
        try:
            return labels[text.casefold()]
        except KeyError:
            raise Misread("an unknown label") from None

    return Type(_known(read))


TEXT = Type(lambda _: lambda cell: cell or None)
MASKED = Type(lambda _: lambda cell: masked(cell) or None)
VIDEO_ID = Type(_known(_video_id))
TAGS = Type(_known(_tags))
FLAG = Type(_known(_flag), native=(bool,))
COUNT = Type(_count, _not_negative, native=(int,), is_sum=True)
PEOPLE = replace(COUNT, is_sum=False)
"""Each person counts once: people do not add up over videos or days."""
SIGNED = replace(COUNT, check=_sane)
"""Of a period: what is taken back in it may be more than what came."""
DECIMAL = Type(_decimal, _sane, native=(int, float))
PERCENT = Type(_percent, _percentage, native=(int, float), suffix="_pct")
AMOUNT = replace(DECIMAL, suffix="_{unit}", is_sum=True)
MICROS = Type(_money, _sane, suffix="_{unit}_micros", is_sum=True)
PRICE = replace(MICROS, is_sum=False)
DURATION = Type(_duration, _not_negative, native=(int,), suffix="_seconds")
DAY = Type(_day, _bounded(timedelta(days=366)), native=(date,))
OBSERVED_DAY = Type(_day, _bounded(timedelta(days=1)), native=(date,))
PERIOD_START = replace(OBSERVED_DAY, of=_period_start)
CHART_DAY = replace(OBSERVED_DAY, of=_year_day_month)
SHORT_DAY = replace(OBSERVED_DAY, of=_day_without_year)
MOMENT = Type(_known(_moment), _bounded(timedelta(days=366)), native=(datetime,))
OBSERVED = replace(MOMENT, check=_bounded(timedelta(days=1)))
