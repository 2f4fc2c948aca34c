"""The dbt project on a real Postgres, through dbt's command: what is built, and that an incremental build equals a full one."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from connectors.landing import TABLES
from core.clock import noon
from tests.integration.warehouse.market import Market
from tests.integration.warehouse.planted import BUGS
from tests.integration.warehouse.warehouse import BASE_DAYS, DAYS, MODELS, WITHOUT_UNIT_TESTS, Warehouse, differing

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("warehouse")]


@pytest.fixture
def warehouse(database: Engine, tmp_path: Path) -> Warehouse:
    made = Warehouse(database, tmp_path / "target", Market())
    made.connect_channels()
    return made


def test_a_build_of_twelve_days_holds_what_was_landed(warehouse: Warehouse) -> None:
    """Models, data tests and unit tests in one build; then each layer against the landed rows and the formulas."""
    warehouse.land_days(DAYS)
    results = warehouse.dbt("build")
    assert sum(name.startswith("unit_test.") for name in results) >= 10
    assert sum(name.startswith("test.") for name in results) >= 20

    assert warehouse.value("select count(*) from marts.fct_chart_entry") == warehouse.value(
        "select count(*) from raw_youtube.charts"
    )
    assert warehouse.value("select sum(row_count) from reports.rpt_source_rows") == warehouse.value(
        "select " + " + ".join(f"(select count(*) from {table})" for table in TABLES)
    )
    assert warehouse.rows("select channel_id, handle, is_own from marts.dim_channel where is_own order by 1") == [
        ("UCown0", "own-0", True),
        ("UCown1", "own-1", True),
    ]
    # Every relation has rows, but for those of the operations, of which there were none.
    assert {name for name, (count, _) in warehouse.contents().items() if count == 0} == {
        "finance.fct_video_cost",
        "marts.dim_trend",
        "marts.fct_publication",
        "reports.fct_prediction_outcome",
        "reports.rpt_cost_ledger",
        "reports.rpt_quota_daily",
        "reports.rpt_slot_outcome",
        "youtube_analytics.ops__cost_ledger",
        "youtube_analytics.ops__quota_daily",
    }
    # No label is known before the reading it looks at, and none looks past what has landed.
    assert warehouse.value("select max(partition_on) from labels.lbl_video__growth_48h") == DAYS[-1] - timedelta(days=2)
    assert warehouse.value("select count(*) from labels.lbl_video__growth_48h where not is_observed") > 0
    # Point in time: what the last day knows of the share watched is not what the day before knew.
    assert warehouse.value("select count(distinct average_view_pct_20) from features.feat_channel__daily where is_own") > 10
    # Every own video that a report tells of is known, and has a title unless it was never listed.
    assert warehouse.rows("select video_id from marts.dim_video where is_own and title is null") == []
    assert (
        warehouse.value(
            "select count(*) from marts.fct_video_daily left join marts.dim_video using (video_id) where is_own is null"
        )
        == 0
    )
    refuses_contradictions(warehouse)


def refuses_contradictions(warehouse: Warehouse) -> None:
    """The reconciliation holds where there is something to reconcile, and refuses each of its words that is planted wrong."""
    name = "channels_are_their_videos_and_reports"
    (compiled,) = warehouse.target.rglob(f"compiled/**/{name}.sql")
    query = compiled.read_text()

    def contradictions() -> set[str]:
        return {row.told_by for row in warehouse.rows(query)}

    assert warehouse.value("select count(*) from marts.fct_channel_daily where views is not null and impressions is not null") > 9
    assert contradictions() == set()
    combined = "raw_reporting.channel_combined_a3"
    threefold = "payload || jsonb_build_object('views', ((payload ->> 'views')::numeric * {})::text)"
    plants = {
        "marts.fct_video_daily set views =": ("views * 3", "views / 3", {"videos"}),
        "marts.fct_video_country_daily set views =": ("views * 3", "views / 3", {"channel_basic"}),
        f"{combined} set payload =": (threefold.format(3), threefold.format("1 / 3"), {"channel_combined"}),
        "marts.fct_channel_daily set views =": ("views * 3", "views / 3", {"channel_basic", "channel_combined"}),
    }
    for what, (wrong, right, told_by) in plants.items():
        for value, expected in ((wrong, told_by), (right, set())):
            with warehouse.engine.begin() as connection:
                connection.exec_driver_sql(f"update {what} {value}")
            assert contradictions() == expected, what


def test_incremental_builds_equal_full_ones(warehouse: Warehouse) -> None:
    """Late, repeated, disordered, shrunken, emptied and re-fetched partitions, each followed by the same comparison."""
    market, engine = warehouse.market, warehouse.engine

    def disordered() -> None:
        for day in (DAYS[7], DAYS[6], DAYS[9]):
            warehouse.land_days([day])
        warehouse.land_days([DAYS[6]])

    def late_and_repeated() -> None:
        market.land(engine, "raw_youtube.charts", DAYS[8])
        market.land(engine, "raw_youtube.charts", DAYS[8])
        market.land(engine, "raw_youtube.video_statistics", DAYS[8])
        market.land(engine, "raw_reporting.channel_reach_basic_a1", DAYS[8])
        market.land(engine, "raw_youtube.analytics_daily", DAYS[10])
        market.land(engine, "raw_reporting.channel_basic_a3", DAYS[4], fetched_at=noon(DAYS[9]))
        market.land(engine, "raw_youtube.snapshots", DAYS[8])
        market.land(engine, "raw_youtube.analytics_retention", DAYS[1], fetched_at=noon(DAYS[9]))
        market.land(engine, "raw_youtube.charts", DAYS[2], fetched_at=noon(DAYS[7]) + timedelta(hours=3))

    def shrunken() -> None:
        market.land(engine, "raw_youtube.charts", DAYS[3], keep=lambda row: row.row_key.startswith("US"))
        market.land(engine, "raw_youtube.charts", DAYS[4], keep=lambda _: False)
        market.land(engine, "raw_youtube.video_statistics", DAYS[5], keep=lambda _: False)
        market.land(engine, "raw_youtube.analytics_daily", DAYS[6], keep=lambda row: row.row_key.endswith("7"))
        market.land(engine, "raw_reporting.channel_reach_basic_a1", DAYS[7], keep=lambda _: False)
        market.land(engine, "raw_youtube.videos", DAYS[7], keep=lambda row: not row.row_key.startswith("own0"))
        market.land(engine, "raw_youtube.channels", DAYS[7], keep=lambda _: False)
        market.land(engine, "raw_hackernews.stories", DAYS[6], keep=lambda _: False)
        market.land(engine, "raw_reporting.channel_traffic_source_a3", DAYS[7], keep=lambda row: "own0" in row.row_key)
        market.land(engine, "raw_reporting.playlist_basic_a2", DAYS[7], keep=lambda _: False)
        market.land(engine, "raw_youtube.snapshots", DAYS[3], keep=lambda _: False)
        market.land(engine, "raw_youtube.comments", DAYS[7], keep=lambda _: False)
        market.land(engine, "raw_youtube.competitor_videos", DAYS[6], keep=lambda _: False)
        market.land(engine, "raw_youtube.charts", DAYS[2])

    warehouse.land_days(DAYS[:6])
    warehouse.dbt(*MODELS)
    for disturb in (disordered, late_and_repeated, shrunken):
        before = warehouse.contents()
        disturb()
        warehouse.dbt("build", *WITHOUT_UNIT_TESTS)
        incremental = warehouse.contents()
        assert incremental != before
        warehouse.dbt(*MODELS, "--full-refresh")
        full = warehouse.contents()
        assert {name: full[name] for name in full if full[name] != incremental[name]} == {}, disturb.__name__

    unchanged = warehouse.dbt(*MODELS)
    nodes = json.loads((warehouse.target / "manifest.json").read_text())["nodes"]
    inserted = {
        name: result["adapter_response"]["rows_affected"]
        for name, result in unchanged.items()
        if nodes[name]["config"]["materialized"] == "incremental"
    }
    assert set(inserted.values()) == {0}


def test_a_recording_does_what_dbt_does(warehouse: Warehouse) -> None:
    """What holds of played builds holds of dbt's; then three random sequences, of which benchmarks/warehouse.py plays more;
    and the same comparison finds bugs that are planted."""
    warehouse.land_days(BASE_DAYS)
    warehouse.dbt(*MODELS)
    incremental, full = warehouse.record(), warehouse.record("--full-refresh")

    warehouse.land_days([DAYS[4], DAYS[3]])
    incremental.play(warehouse.engine)
    played: dict[str, Any] = warehouse.contents()
    warehouse.land_days([DAYS[4], DAYS[3]])
    warehouse.dbt(*MODELS)
    assert warehouse.contents() == played
    full.play(warehouse.engine)
    assert warehouse.contents() == played

    assert {seed: differing(warehouse, incremental, full, seed) for seed in range(3)} == {0: [], 1: [], 2: []}
    missed = [bug.name for bug in BUGS[::3] if not any(bug.caught_by(warehouse, incremental, full, seed) for seed in range(12))]
    assert missed == []


def test_the_test_of_a_grain_refuses_rows_that_are_double_or_not_known(warehouse: Warehouse) -> None:
    """Of what grows by partitions only the newest is looked at."""
    model = "stg_youtube__videos"

    def land(day: date, ids: list[str | None]) -> None:
        with warehouse.engine.begin() as connection:
            landing_id = connection.exec_driver_sql(
                "insert into ops.landings (asset_key, partition_on, fetched_at, row_count, payload_digest)"
                " values ('raw_youtube/videos', %s, %s, 0, '') returning landing_id",
                (day, noon(day)),
            ).scalar_one()
            for number, video_id in enumerate(ids):
                connection.exec_driver_sql(
                    "insert into raw_youtube.videos values (%s, %s, %s, %s, 'test', jsonb_build_object('id', %s::text))",
                    (day, str(number), landing_id, noon(day), video_id),
                )

    def grain() -> tuple[str, int]:
        results = json.loads((warehouse.target / "run_results.json").read_text())["results"]
        [found] = [result for result in results if result["unique_id"].startswith("test.")]
        return found["status"], found["failures"]

    land(DAYS[0], ["same", "same", None])
    land(DAYS[1], ["one", "other"])
    warehouse.dbt("build", "--select", model)
    assert grain() == ("pass", 0)
    land(DAYS[2], ["one", "one", "other", None])
    with pytest.raises(AssertionError):
        warehouse.dbt("test", "--select", model)
    assert grain() == ("fail", 2)
