"""Volume and age of landings: what goes wrong in a source without an error."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from connectors.landing import RawRow, Rejected, Stopped, land
from connectors.volume import ages, judge_volume

pytestmark = pytest.mark.postgres

DAY = date(2026, 6, 8)
NOON = datetime(2026, 6, 8, 12, tzinfo=UTC)
TABLE = "raw_youtube.videos"


def fill(engine: Engine, *counts: int) -> None:
    """Land so many rows on consecutive days, the last one on DAY."""
    for back, count in enumerate(reversed(counts)):
        rows = [RawRow(f"v{n}", {}, "test") for n in range(count)]
        land(engine, TABLE, DAY - timedelta(days=back), rows, NOON - timedelta(days=back))


@pytest.mark.parametrize(
    ("counts", "is_usual"),
    [
        ((50, 52, 51, 49, 50), True),
        ((50, 52, 51, 49, 12), False),
        ((50, 52, 51, 49, 0), False),
        ((50, 52, 51, 49, 200), False),
        ((2, 1, 3, 2, 2), True),
        ((10, 90, 20, 70, 40, 15), True),
        ((50, 50, 5), True),  # too few days to judge by
        ((0, 0, 0, 0, 0), True),
    ],
)
def test_a_day_is_compared_with_those_before(database: Engine, counts: tuple[int, ...], is_usual: bool) -> None:
    fill(database, *counts)
    verdict = judge_volume(database, TABLE, DAY)
    assert verdict.is_usual == is_usual, verdict.sentence
    assert verdict.row_count == counts[-1]


def test_a_day_that_never_landed_is_not_usual(database: Engine) -> None:
    fill(database, 5, 5)
    assert not judge_volume(database, TABLE, DAY + timedelta(days=1)).is_usual


def test_rejected_rows_are_told(database: Engine) -> None:
    bad = Rejected("Its views are below zero.", "{}", "b")
    for good, is_usable in ((9, True), (8, False)):
        land(database, TABLE, DAY, [*(RawRow(f"v{n}", {}, "test") for n in range(good)), bad], NOON)
        verdict = judge_volume(database, TABLE, DAY)
        assert "1 were rejected" in verdict.sentence
        assert (verdict.is_usable, verdict.is_usual) == (is_usable, is_usable)


def test_a_stopped_landing_is_told(database: Engine) -> None:
    land(database, TABLE, DAY, [RawRow("a", {}, "test"), Stopped("No quota is left.")], NOON)
    verdict = judge_volume(database, TABLE, DAY)
    assert not verdict.is_usual
    assert verdict.is_usable
    assert verdict.sentence.endswith("It was stopped: No quota is left.")


def test_age_counts_from_the_last_complete_landing(database: Engine) -> None:
    fill(database, 3)
    land(database, TABLE, DAY + timedelta(days=2), [Stopped("No quota is left.")], NOON + timedelta(days=2))
    other = "raw_youtube.channels"
    for hours, fresh, stale in ((36, True, False), (37, False, False), (73, False, True)):
        age = ages(database, (TABLE, other), NOON + timedelta(hours=hours))
        assert (age[TABLE].is_fresh, age[TABLE].is_stale) == (fresh, stale)
        assert age[other].is_stale
