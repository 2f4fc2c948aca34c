"""Digests, ids, money, clocks and errors."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from core import errors
from core.clock import FrozenClock, SystemClock, noon, pacific_day
from core.digest import canonical_json, digest_bytes, digest_file, digest_value
from core.ids import LaneId, SlotId
from core.money import format_usd, usd

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_canonical_json_says_the_same_as_json(value: object) -> None:
    assert json.loads(canonical_json(value)) == json.loads(json.dumps(value))


@given(st.dictionaries(st.text(), st.integers()))
def test_digest_does_not_depend_on_the_order_of_keys(value: dict[str, int]) -> None:
    assert digest_value(value) == digest_value(dict(reversed(value.items())))


def test_digest_is_the_same_for_ever() -> None:
    assert digest_value({"b": [1, 2.5, None], "a": "é"}) == digest_bytes('{"a":"é","b":[1,2.5,null]}'.encode())
    assert digest_bytes(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_digest_reads_values_with_a_plain_form() -> None:
    class Colour(Enum):
        RED = "red"

    class Model(BaseModel):
        size: int

    @dataclass(frozen=True)
    class Point:
        at: datetime
        on: date
        price: Decimal
        colour: Colour
        place: Path
        tags: frozenset[str]
        model: Model

    point = Point(
        at=datetime(2026, 6, 8, tzinfo=UTC),
        on=date(2026, 6, 8),
        price=Decimal("1.50"),
        colour=Colour.RED,
        place=Path("a/b"),
        tags=frozenset("ba"),
        model=Model(size=3),
    )
    assert json.loads(canonical_json(point)) == {
        "at": "2026-06-08T00:00:00+00:00",
        "on": "2026-06-08",
        "price": "1.50",
        "colour": "red",
        "place": "a/b",
        "tags": ["a", "b"],
        "model": {"size": 3},
    }


@pytest.mark.parametrize(("value", "error"), [(object(), TypeError), (float("nan"), ValueError), (int, TypeError)])
def test_digest_refuses_what_has_no_plain_form(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        digest_value(value)


def test_file_digest_is_that_of_its_bytes(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000  # more than one piece
    (tmp_path / "file").write_bytes(content)
    assert digest_file(tmp_path / "file") == digest_bytes(content)


names = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)


@given(st.dates(), names, names)
def test_slot_reads_what_it_wrote(on: date, handle: str, slot: str) -> None:
    written = SlotId(on, LaneId(f"{handle}.{slot}"))
    assert SlotId.parse(str(written)) == written
    assert (written.handle, written.slot) == (handle, slot)


@given(st.text())
def test_slot_reads_anything_else_as_invalid(text: str) -> None:
    try:
        slot = SlotId.parse(text)
    except errors.InvalidInput:
        return
    assert SlotId.parse(str(slot)) == slot


@pytest.mark.parametrize("text", ["", "2026-06-08", "2026-06-08|", "2026-06-08|lane", "2026-02-30|a.b", "2026-06-08|.b", "x|a.b"])
def test_half_a_slot_is_refused(text: str) -> None:
    with pytest.raises(errors.InvalidInput, match="is not a slot"):
        SlotId.parse(text)


@pytest.mark.parametrize(
    ("amount", "micros"), [("0.50", 500_000), (3, 3_000_000), ("0.0000001", 1), (Decimal("0.0000019"), 2), ("0", 0)]
)
def test_dollars_are_rounded_up_to_micros(amount: str | int | Decimal, micros: int) -> None:
    assert usd(amount) == micros


@pytest.mark.parametrize(("micros", "text"), [(42_000, "$0.0420"), (0, "$0.0000"), (-1_500_000, "-$1.5000"), (49, "$0.0000")])
def test_money_is_written_for_people(micros: int, text: str) -> None:
    assert format_usd(micros) == text


@given(st.integers(-(10**12), 10**12))
def test_micros_survive_writing_as_dollars(micros: int) -> None:
    assert usd(Decimal(micros) / 1_000_000) == micros


def test_clocks_tell_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
    berlin = timezone(timedelta(hours=2))
    assert FrozenClock(datetime(2026, 6, 8, 14, tzinfo=berlin)).now() == noon(date(2026, 6, 8))
    with pytest.raises(ValueError, match="timezone-aware"):
        FrozenClock(datetime(2026, 6, 8, 14))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 6, 9, 6, 59, tzinfo=UTC), date(2026, 6, 8)),  # summer: midnight is 07:00 UTC
        (datetime(2026, 6, 9, 7, 0, tzinfo=UTC), date(2026, 6, 9)),
        (datetime(2026, 1, 9, 7, 59, tzinfo=UTC), date(2026, 1, 8)),  # winter: 08:00 UTC
        (datetime(2026, 1, 9, 8, 0, tzinfo=UTC), date(2026, 1, 9)),
    ],
)
def test_pacific_day_turns_at_local_midnight(moment: datetime, day: date) -> None:
    assert pacific_day(moment) == day


def test_error_says_what_and_how_to_mend_it() -> None:
    assert str(errors.Unreachable("It is gone.", "Start it.")) == "It is gone. Start it."
    assert str(errors.Damaged("It is torn.")) == "It is torn."
    assert errors.RateLimited("Slow down.", retry_after_seconds=3).retry_after_seconds == 3


def test_every_error_is_either_transient_or_permanent_and_drawn_in_the_tree() -> None:
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.YtempireError)]
    for kind in found:
        assert errors.__doc__ is not None
        assert kind.__name__ in errors.__doc__
        if kind is not errors.YtempireError:
            assert issubclass(kind, errors.Transient) != issubclass(kind, errors.Permanent)
