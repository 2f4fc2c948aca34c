"""The raw assets in Dagster: a range in one run, checks that stop what is downstream, failures in one sentence."""

from __future__ import annotations

import warnings
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from connectors.feeds import FEEDS
from connectors.landing import RawRow, landed
from connectors.simulator.process import SimulatorControl
from core.clock import noon
from core.errors import NotConfigured, Unreachable, YtempireError
from tests.integration.ingestion.conftest import DAY, World, make_world

pytestmark = [
    pytest.mark.postgres,
    # Dagster marks what every partitioned project uses as beta.
    pytest.mark.filterwarnings("ignore::dagster_shared.utils.warnings.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster_shared.utils.warnings.PreviewWarning"),
]


@pytest.fixture(scope="module")
def ingestion() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from orchestration import ingestion

        yield ingestion


def run(ingestion: Any, world: Any, *tables: str, days: int = 1, extra: Any = ()) -> Any:
    """Execute assets with their checks for the last days up to DAY, in one run."""
    import dagster as dg

    from orchestration.resources import Platform

    Platform._stacks["test"] = world
    first = DAY - timedelta(days=days - 1)
    keys = [asset.key for asset in ingestion.ASSETS if ".".join(asset.key.path) in tables] + [asset.key for asset in extra]
    definitions = dg.Definitions(
        assets=[*ingestion.ASSETS, *extra],
        jobs=[dg.define_asset_job("job", dg.AssetSelection.assets(*keys), executor_def=dg.in_process_executor)],
        resources={"platform": Platform(state="test")},
    )
    with dg.DagsterInstance.ephemeral() as instance:
        return definitions.resolve_job_def("job").execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags={
                "dagster/asset_partition_range_start": first.isoformat(),
                "dagster/asset_partition_range_end": DAY.isoformat(),
            },
        )


def checks(result: Any, name: str = "rows_have_their_shape") -> dict[str, Any]:
    found = [
        event.asset_check_evaluation_data for event in result.all_events if event.event_type_value == "ASSET_CHECK_EVALUATION"
    ]
    return {".".join(check.asset_key.path): check for check in found if check.check_name == name}


def failures(result: Any) -> list[str]:
    return [event.step_failure_data.user_failure_data.description for event in result.all_events if event.is_step_failure]


def test_a_range_is_landed_day_by_day_in_one_run(ingestion: Any, world: World) -> None:
    result = run(ingestion, world, "raw_youtube.charts", "raw_youtube.video_statistics", days=3)
    assert result.success, failures(result)
    events = [event.materialization for event in result.all_events if event.is_step_materialization]
    for table in ("charts", "video_statistics"):
        days = [event.partition for event in events if event.asset_key.path[-1] == table]
        assert days == [(DAY - timedelta(days=n)).isoformat() for n in (2, 1, 0)]
    with world.engine.connect() as connection:
        fetched = connection.execute(text("select partition_on, fetched_at from ops.landings order by landing_id")).all()
    assert [row.fetched_at for row in fetched] == [noon(row.partition_on) for row in fetched]
    assert [row.partition_on for row in fetched] == [DAY - timedelta(days=n) for n in (2, 1, 0)] * 2
    last = events[2].metadata
    assert last["dagster/partition_row_count"].value == 250
    assert last["quota_units"].value == 5
    assert last["sample"].value.count("\n") == 6
    assert all(check.passed for check in checks(result).values())


def test_wrong_rows_stop_what_is_downstream(ingestion: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    import dagster as dg

    def fetch_nonsense(*_: object) -> list[RawRow]:
        return [RawRow("DE:0:001", {"region": "DE", "rank": 0, "item": {"id": "abcdefghijk"}}, "test")]

    monkeypatch.setitem(FEEDS, "raw_youtube.charts", replace(FEEDS["raw_youtube.charts"], fetch=fetch_nonsense))

    @dg.asset(deps=[["raw_youtube", "charts"]])
    def downstream() -> None:
        raise AssertionError("built on wrong rows")

    result = run(ingestion, world, "raw_youtube.charts", extra=[downstream])
    check = checks(result, "volume_is_usual")["raw_youtube.charts"]
    assert not check.passed
    assert check.blocking
    assert check.severity == dg.AssetCheckSeverity.ERROR
    assert "1 were rejected" in check.description
    assert not result.success
    assert "downstream" not in {event.step_key for event in result.all_events if event.is_step_start}


def test_missing_rows_are_a_warning_that_stops_nothing(ingestion: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    import dagster as dg

    monkeypatch.setitem(FEEDS, "raw_hackernews.stories", replace(FEEDS["raw_hackernews.stories"], fetch=lambda _: []))
    result = run(ingestion, world, "raw_hackernews.stories")
    assert result.success
    check = checks(result)["raw_hackernews.stories"]
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN


def test_a_spent_quota_lands_what_came_and_says_so(
    ingestion: Any, database: Engine, simulator: SimulatorControl, tmp_path: Path
) -> None:
    import dagster as dg

    made = make_world(database, simulator, tmp_path, data=3)
    with closing(made):
        result = run(ingestion, made, "raw_youtube.charts")
        check = checks(result, "volume_is_usual")["raw_youtube.charts"]
        nothing = run(ingestion, made, "raw_youtube.charts")
    assert result.success
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "It was stopped: Quota 'data' of project 'default' has 0 of 3 units left on 2026-06-08" in check.description
    assert len(landed(database, "raw_youtube.charts", DAY, DAY)) == 150
    assert not [event for event in nothing.all_events if event.is_step_up_for_retry]
    (sentence,) = failures(nothing)  # where not even the first row can be read, there is nothing to go on with
    assert sentence.startswith("Quota 'data' of project 'default' has 0 of 3 units left on 2026-06-08")
    assert "Traceback" not in sentence
    assert len(landed(database, "raw_youtube.charts", DAY, DAY)) == 150


def failing(world: World, error: YtempireError, times: int) -> Any:
    """The world, but it cannot be read the first few times."""
    left = [error] * times

    class Failing:
        def __getattr__(self, name: str) -> Any:
            return getattr(world, name)

        def ingest(self, table: str, day: Any) -> Any:
            if left:
                raise left.pop()
            return world.ingest(table, day)

    return Failing()


@pytest.mark.parametrize(
    ("error", "times", "retries", "success"),
    [(Unreachable("Gone."), 2, 2, True), (Unreachable("Gone."), 9, 3, False), (NotConfigured("No key.", "Set it."), 1, 0, False)],
)
def test_only_transient_failures_are_tried_again(
    ingestion: Any, world: World, monkeypatch: pytest.MonkeyPatch, error: YtempireError, times: int, retries: int, success: bool
) -> None:
    monkeypatch.setattr("orchestration.failures.FIRST_PAUSE_SECONDS", 0.0)
    result = run(ingestion, failing(world, error, times), "raw_wikipedia.pageviews")
    assert result.success == success
    assert len([event for event in result.all_events if event.is_step_up_for_retry]) == retries
    assert failures(result) == ([] if success else [str(error)])


def test_tables_for_people_keep_their_columns(ingestion: Any) -> None:
    table = ingestion.markdown_table([{"a": "x|y\nz", "b": "w" * 99}])
    assert table.splitlines() == ["| a | b |", "| --- | --- |", f"| x¦y z | {'w' * 59}… |"]
    assert ingestion.markdown_table([]) == "no rows"


def test_who_is_left_out_is_named_beside_the_partition_and_the_others_day_goes_on(ingestion: Any, world: World) -> None:
    import dagster as dg

    world.simulator.fault("/youtube/v3/videos", count=100, member="GB", reason="videoChartNotFound")
    try:
        result = run(ingestion, world, "raw_youtube.charts", days=9)
    finally:
        world.simulator.mend()
    assert result.success, failures(result)
    check = checks(result, "every_member_is_read")["raw_youtube.charts"]
    assert (check.passed, check.blocking, check.severity) == (False, False, dg.AssetCheckSeverity.ERROR)
    since = DAY - timedelta(days=8)
    assert check.description.startswith(f"region GB is left out of raw_youtube.charts since {since}: ")
    (*_, last) = [event.materialization.metadata for event in result.all_events if event.is_step_materialization]
    assert last["left_out_members"].value == 1
    assert "region GB" in last["left_out"].value
    mended = run(ingestion, world, "raw_youtube.charts")
    assert checks(mended, "every_member_is_read")["raw_youtube.charts"].passed
