"""The join by time on a real Postgres: against Feast's own answer, and against the rule written in SQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sqlalchemy import Engine

from core.errors import Damaged, InvalidInput
from core.pictures import MEASURES
from tests.integration.features.sample import AS_OF, DAY_ONE, fill, insert, reading

pytestmark = [pytest.mark.postgres, pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")]

NOON = datetime(2026, 6, 8, 12, tzinfo=UTC)


def asked_for(service: str, moments: list[datetime], generator: np.random.Generator) -> pl.DataFrame:
    """Rows of videos or channels, some of them unknown, at the moments given."""
    count = len(moments)
    if service.startswith("trend"):
        days, places = generator.integers(0, 35, count), generator.integers(0, 4, count)
        return pl.DataFrame(
            {"video_id": [f"v{d:02d}-{p:03d}" for d, p in zip(days, places, strict=True)], "event_timestamp": moments}
        )
    drafts = {"title": "Why? (5 reasons)", "duration_seconds": 60.0, "category_id": 20.0, "publish_at": NOON}
    return pl.DataFrame(
        {
            "channel_id": [f"c{number}" for number in generator.integers(0, 8, count)],
            "event_timestamp": moments,
            **{name: [value] * count for name, value in drafts.items()},
            "script": ["Why? Five reasons. You know them." if number % 2 else None for number in range(count)],
            **{measure: [0.25 if number % 3 else None for number in range(count)] for measure in MEASURES},
        }
    )


@pytest.mark.parametrize("service", ["trend_v1", "ctr_v1", "trend_v2", "ctr_v2"])
def test_equals_feast(store: Any, warehouse: Engine, service: str) -> None:
    from features.parity import feast_historical
    from features.retrieval import historical

    fill(warehouse, videos_a_day=3)
    generator = np.random.default_rng(5)
    # Late, corrected and old rows beside those that are on time.
    insert(
        warehouse,
        "features.feat_video__reading",
        [
            reading(
                f"v{day:02d}-000",
                DAY_ONE + timedelta(days=day, hours=hour),
                DAY_ONE + timedelta(days=day, hours=hour + int(generator.integers(0, 60))),
                views=day * 100 + hour,
            )
            for day in range(35)
            for hour in (-30, -1, 3, 26)
        ],
    )
    moments = [DAY_ONE + timedelta(seconds=int(second)) for second in generator.integers(-86_400, 39 * 86_400, 400)]
    # The very moments of events, and the last of a time to live.
    moments += [DAY_ONE + timedelta(days=day, microseconds=shift) for day in (0, 3, 14, 34) for shift in (-1, 0, 1)]
    asked = asked_for(service, moments, generator)

    found = historical(store, service, asked, known_at="known")

    assert (found["known"] <= found["event_timestamp"]).all()
    found = found.drop("known")
    expected = feast_historical(store, service, asked)
    names = [name for name in found.columns if name not in asked.columns]
    assert any(0 < found[name].null_count() < found.height for name in names)
    assert_frame_equal(found, expected, rel_tol=1e-12)


def test_equals_the_rule_in_sql_on_a_hundred_thousand_rows(warehouse: Engine) -> None:
    from features.point_in_time import join_as_of

    generator = np.random.default_rng(11)
    rows, asked = 50_000, 100_000
    with warehouse.begin() as connection:
        connection.exec_driver_sql("""
            create temporary table told (key int, event_timestamp timestamptz, created_timestamp timestamptz, value float8);
            create temporary table asked (number int, key int, event_timestamp timestamptz);
        """)
        raw: Any = connection.connection.driver_connection
        events = generator.integers(0, 40 * 24, rows)
        created = events + np.where(generator.random(rows) < 0.3, generator.integers(-3, 100, rows), 0)
        keys = generator.integers(0, 3_000, rows)
        written = {(int(k), int(e), int(c)) for k, e, c in zip(keys, events, created, strict=True)}
        hour = timedelta(hours=1)
        with raw.cursor().copy("copy told from stdin") as copy:
            for place, (key, event, known) in enumerate(sorted(written)):
                value = float(place) if place % 7 else None
                copy.write_row((key, NOON + event * hour, NOON + known * hour, value))
        with raw.cursor().copy("copy asked from stdin") as copy:
            moments = generator.integers(0, 45 * 24, asked)
            for number, (key, moment) in enumerate(zip(generator.integers(0, 3_100, asked), moments, strict=True)):
                copy.write_row((number, int(key), NOON + int(moment) * hour))
        connection.exec_driver_sql("create index on told (key); analyze told")
        expected = connection.exec_driver_sql("""
            select newest.value
            from asked
            left join lateral (
                select value from told
                where told.key = asked.key
                    and told.event_timestamp <= asked.event_timestamp
                    and told.created_timestamp <= asked.event_timestamp
                    and told.event_timestamp >= asked.event_timestamp - interval '3 days'
                order by told.event_timestamp desc, told.created_timestamp desc
                limit 1
            ) as newest on true
            order by number
        """).all()
        told = pl.read_database("select * from told", connection)
        question = pl.read_database("select * from asked order by number", connection)

    found = join_as_of(question, told, "key", ["value"], timedelta(days=3))

    assert found["value"].to_list() == [value for (value,) in expected]


def test_one_row_asked_at_many_moments_and_none(store: Any, warehouse: Engine) -> None:
    from features.retrieval import historical

    insert(warehouse, "features.feat_video__reading", [reading("v", NOON)])
    moments = [NOON, None, NOON - timedelta(hours=1)]
    asked = pl.DataFrame({"video_id": ["v", "v", None], "event_timestamp": moments, "kept": [1, 2, 3]})

    found = historical(store, "trend_v1", asked)

    assert found["views"].to_list() == [1000, None, None]
    assert found.select("video_id", "event_timestamp", "kept").equals(asked)
    nobody = asked.with_columns(event_timestamp=pl.lit(None, dtype=pl.Datetime("us", "UTC")))
    assert historical(store, "trend_v1", nobody)["views"].null_count() == 3


def test_more_keys_than_are_picked_read_the_whole_window(store: Any, warehouse: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from features import offline
    from features.retrieval import historical

    fill(warehouse, videos_a_day=3)
    asked = asked_for("trend_v1", [AS_OF] * 50, np.random.default_rng(1))
    picked = historical(store, "trend_v1", asked)
    monkeypatch.setattr(offline, "_MOST_KEYS", 1)
    assert historical(store, "trend_v1", asked).equals(picked)


def test_feast_refuses_doubled_rows_too(store: Any, warehouse: Engine) -> None:
    from features.parity import feast_historical

    insert(warehouse, "features.feat_video__reading", [reading("v", NOON), reading("v", NOON, views=7)])
    with pytest.raises(Damaged, match="4 rows for 1"):
        feast_historical(store, "trend_v1", pl.DataFrame({"video_id": ["v"], "event_timestamp": [NOON]}))


def test_moments_without_a_time_zone_are_refused(store: Any) -> None:
    from features.retrieval import historical

    with pytest.raises(InvalidInput, match="no time zone"):
        historical(store, "trend_v1", pl.DataFrame({"video_id": ["v"], "event_timestamp": [NOON.replace(tzinfo=None)]}))
