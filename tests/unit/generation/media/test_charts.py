"""Where charts draw what they are given."""

from __future__ import annotations

import pytest

from generation.media.charts import _Line, _places
from generation.media.picture import Box
from generation.media.plan import Point


def points(*times: float | None) -> list[Point]:
    return [Point(f"Jun {number}", 10.0 * number, time) for number, time in enumerate(times, 1)]


def test_readings_stand_where_their_days_are() -> None:
    places = _places(points(0, 1, 4))
    assert places == (0.0, 0.25, 1.0)
    line = _Line((10.0, 20.0, 50.0), places, Box(100, 0, 400, 100), 50.0, (0, 0, 0))
    assert [x for x, _ in line.curve] == [100.0, 200.0, 500.0]
    assert line.at(0.625).value == pytest.approx(35.0)  # halfway between the second day and the fifth


@pytest.mark.parametrize("times", [(None, None, None), (0, None, 4), (0, 0, 4), (3, 2, 1)])
def test_readings_of_unknown_times_stand_evenly(times: tuple[float | None, ...]) -> None:
    assert _places(points(*times)) == (0.0, 0.5, 1.0)
