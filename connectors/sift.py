"""Refuses rows that must not land, one by one, by what `connectors.shapes` says of their table.

What passes is JSON that Postgres takes, under a key of the table's form, with the fields that the warehouse builds on. A row is
refused for what it is nothing without: its key and its required fields. Any other doubtful value is taken out of its row and kept
beside it (`RawRow.voided`). Keys that come twice pass: of equal keys the last one lands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from math import isfinite
from typing import Any

from connectors.landing import Arrival, RawRow, Rejected, Voided, asset_key
from connectors.shapes import SHAPES, Field, Kind

MOST_TEXT = 1 << 20
"""Characters of one text."""

MOST_PAYLOAD = 8 << 20
"""Characters of a payload as JSON."""

MOST_KEY_BYTES = 2000
"""Postgres refuses longer ones in an index."""

TEXT_KEPT = 2000

SHORT_TEXT, VERDICTS_KEPT = 64, 256
"""Each field keeps its verdicts on so many texts up to this length: days, countries and counts come again and again."""

AHEAD = timedelta(days=1)
"""Clocks differ, and so do time zones."""

_NUMBER = re.compile(r"-?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,20}", re.ASCII)
_MOMENT = re.compile(
    r"(?:\d{4}-\d\d-\d\d|\d{8})(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-](?:0\d|1[0-5]):?\d\d)?)?", re.ASCII
)
"""Those of Python's ISO forms that Postgres reads too."""

_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode

BrokenBy = Callable[[Any, Any, datetime], "Claim | None"]
Test = Callable[[Any, datetime], bool]
"""Whether a value that is given is as expected; the moment is the latest that a time may be."""


@dataclass(frozen=True)
class Claim:
    """What must be so of a row.

    Attributes:
        holds, broken: the claim, and what is said of a row that breaks it.
        value: what it is about, of a payload.
        voids: path of the field that is made null where the claim is broken; None where the row is refused.
    """

    holds: str
    broken: str
    value: Callable[[Any], Any] | None = None
    voids: str | None = None


_KEY = Claim("row_key has its form", "row_key has not its form.")
_OWN_KEY = Claim("row_key is the payload's own key", "row_key is not the payload's own key.")
_OBJECT = Claim("the payload is a JSON object", "The payload is no JSON object.")
_WRITABLE = Claim("the payload can be written as JSON", "The payload holds what JSON has no form for.")
_SIZE = Claim(
    f"no text is longer than {MOST_TEXT >> 20} MB, no payload than {MOST_PAYLOAD >> 20} MB",
    f"A text is longer than {MOST_TEXT >> 20} MB, or the payload than {MOST_PAYLOAD >> 20} MB",
)


@dataclass(frozen=True)
class Rules:
    """The claims on the rows of a table, and the function that finds the first one that a row breaks.

    Attributes:
        broken_by: row key, payload, latest moment that a time may be → the claim, or None for a good row.
    """

    claims: tuple[Claim, ...]
    broken_by: BrokenBy


def sift(table: str, rows: Iterable[Arrival], now: datetime) -> Iterator[Arrival]:
    """Pass rows on; one that must not land comes out as Rejected, with a reason that names the field, and one with doubtful
    values without these.

    Raises UnknownName for a table that is none."""
    broken_by = rules_of(table).broken_by
    latest = now + AHEAD
    for row in rows:
        if isinstance(row, RawRow) and (claim := broken_by(row.row_key, row.payload, latest)) is not None:
            yield _mended(row, claim, broken_by, latest)
        else:
            yield row


def _mended(row: RawRow, claim: Claim | None, broken_by: BrokenBy, latest: datetime) -> RawRow | Rejected:
    """A row without its doubtful values; the row as it came, rejected, where it is nothing without one of them."""
    payload, voided = row.payload, list[Voided]()
    while claim is not None:
        if claim.voids is None or claim.value is None:
            return _rejected(row, claim)
        voided.append(Voided(claim.voids, claim.broken, _shown(claim.value(payload))))
        payload = _without(payload, claim.voids.split("."))
        claim = broken_by(row.row_key, payload, latest)
    return replace(row, payload=payload, voided=tuple(voided))


def _without(payload: Mapping[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """A copy of a payload in which the field at a path is null."""
    first, *rest = path
    return {**payload, first: _without(payload[first], rest) if rest else None}


@cache
def rules_of(table: str) -> Rules:
    """The rules of a table's shape, compiled once. Raises UnknownName."""
    asset_key(table)
    shape = SHAPES[table]
    matches_key = re.compile(shape.key, re.ASCII).fullmatch
    own_key = value_at(shape.same_as_key) if shape.same_as_key else None
    fields = [
        (
            get := value_at(field.path),
            field.is_required,
            field.is_blank_null,
            (test := _test(field)),
            lru_cache(VERDICTS_KEPT)(test),
            Claim(
                f"{name} is {field.expected}",
                f"{name} is not {field.expected}.",
                get,
                None if field.is_required else field.path,
            ),
        )
        for name, field in shape.fields.items()
    ]

    def broken_by(key: Any, payload: Any, latest: datetime) -> Claim | None:
        if not isinstance(key, str) or not matches_key(key) or len(key.encode("utf-8", "replace")) > MOST_KEY_BYTES:
            return _KEY
        if not isinstance(payload, dict):
            return _OBJECT
        for get, is_required, is_blank_null, is_good, is_known_good, claim in fields:
            value = get(payload)
            if value is None or (value == "" and (is_required or is_blank_null)):
                if is_required:
                    return claim
            elif not (is_known_good if value.__class__ is str and len(value) <= SHORT_TEXT else is_good)(value, latest):
                return claim
        if own_key is not None and str(own_key(payload)) != key:
            return _OWN_KEY
        return _unwritable(payload)

    own = (_OWN_KEY,) if own_key is not None else ()
    return Rules((_KEY, _OBJECT, *(claim for *_, claim in fields), *own, _WRITABLE, _SIZE), broken_by)


def value_at(path: str) -> Callable[[Any], Any]:
    """A function that reads what lies at a dotted path of a payload; None where nothing does."""
    first, *rest = path.split(".")
    if not rest:
        return lambda payload: payload.get(first)

    def get(payload: Any) -> Any:
        value = payload.get(first)
        for name in rest:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    return get


def _test(field: Field) -> Test:
    if field.kind is Kind.TEXT:
        return _text_test(field.form)
    if field.kind is Kind.NUMBER:
        return _number_test(field)
    return _is_moment if field.kind is Kind.MOMENT else _is_curve


def _text_test(form: str | None) -> Test:
    if form is None:
        return lambda value, _: value.__class__ is str or value.__class__ is int
    matches = re.compile(form, re.ASCII).fullmatch
    return lambda value, _: value.__class__ is str and matches(value) is not None


def _number_test(field: Field) -> Test:
    least, greatest, is_whole = field.least, field.greatest, field.is_whole
    is_written = (_WHOLE if is_whole else _NUMBER).fullmatch

    def is_number(value: Any, _: datetime) -> bool:
        kind = value.__class__
        if kind is str:
            if not is_written(value):
                return False
            value = float(value)
        elif kind is not int and (kind is not float or is_whole):
            return False
        return bool(least <= value <= greatest)

    return is_number


def _is_moment(value: Any, latest: datetime) -> bool:
    if value.__class__ is not str or not _MOMENT.fullmatch(value):
        return False
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= latest
    except (ValueError, OverflowError):
        return False


def _is_curve(value: Any, _: datetime) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= 1000
        and all(isinstance(point, list) and 0 < len(point) <= 10 and all(map(_is_finite, point)) for point in value)
    )


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _unwritable(payload: dict[str, Any]) -> Claim | None:
    try:
        try:
            # Lines of CSV files hold texts alone, which can be joined and always be written: many times as fast.
            size = len("".join(payload.values()))
        except TypeError:
            size = len(_ENCODE(payload))
    except (TypeError, ValueError, RecursionError):
        return _WRITABLE
    return _SIZE if size > MOST_TEXT and (size > MOST_PAYLOAD or _overlong(payload, "")) else None


def _overlong(value: Any, path: str) -> str | None:
    """The path of a text that is too long."""
    if isinstance(value, str):
        return path if len(value) > MOST_TEXT else None
    named = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    return next((found for name, inner in named if (found := _overlong(inner, f"{path}.{name}"))), None)


def _rejected(row: RawRow, claim: Claim) -> Rejected:
    key = row.row_key[:TEXT_KEPT] if isinstance(row.row_key, str) else None
    if claim is _WRITABLE:
        return Rejected(claim.broken, "", key)
    if claim is _SIZE:
        return Rejected(f"{claim.broken}: {(_overlong(row.payload, '') or '.')[1:200]}.", "", key)
    return Rejected(claim.broken, _shown(row.payload), key)


def _shown(payload: Any) -> str:
    try:
        return _ENCODE(payload)[:TEXT_KEPT]
    except (TypeError, ValueError, RecursionError):
        return f"a {type(payload).__name__}"
