"""The warehouse's assets in Dagster: events, row counts, checks, subsets, and a failure in one sentence."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pydantic import SecretStr
from sqlalchemy.engine import Engine

from connectors.landing import TABLES
from core.clock import noon
from core.settings import Settings
from orchestration.resources import Platform
from orchestration.stack import Stack
from tests.integration.warehouse.market import FIRST_DAY, Market

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.xdist_group("warehouse"),
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning"),
]


@pytest.fixture(scope="module")
def assets() -> dg.AssetsDefinition:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dagster-dbt's own imports and beta notices
        from orchestration.warehouse import warehouse_assets

        return warehouse_assets()


@pytest.fixture
def stack(database: Engine, tmp_path: Path) -> Stack:
    url = SecretStr(database.url.render_as_string(hide_password=False))
    return Stack(Settings(_env_file=None, home=tmp_path, database_url=url))


def materialise(assets: dg.AssetsDefinition, stack: Stack, selection: Any = None) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [assets],
            instance=instance,
            partition_key=str(FIRST_DAY),
            resources={"platform": Platform.of(stack.settings, stack)},
            selection=selection,
            raise_on_error=False,
        )


def land_first_day(engine: Engine) -> None:
    for table in TABLES:
        Market().land(engine, table, FIRST_DAY)


def test_models_are_materialised_with_row_counts_and_tests_are_checks(
    assets: dg.AssetsDefinition, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    land_first_day(stack.engine)
    result = materialise(assets, stack)
    assert result.success
    events = result.get_asset_materialization_events()
    assert {event.asset_key for event in events} == set(assets.keys)
    rows = {
        event.asset_key.path[-1]: event.step_materialization_data.materialization.metadata.get("dagster/row_count")
        for event in events
    }
    assert rows["fct_chart_entry"].value == 24
    assert rows["stg_youtube__videos"] is None
    checks = result.get_asset_check_evaluations()
    assert {check.asset_check_key for check in checks} == {spec.key for spec in assets.check_specs}
    assert all(check.passed for check in checks)
    assert "fct_chart_entry" not in capsys.readouterr().out
    assert (stack.settings.state / "dbt" / "dbt.log").exists()

    chosen = materialise(assets, stack, selection=[dg.AssetKey(["reports", "rpt_source_rows"])])
    assert [event.asset_key.path for event in chosen.get_asset_materialization_events()] == [["reports", "rpt_source_rows"]]


def test_a_failed_check_fails_the_run_with_one_sentence(assets: dg.AssetsDefinition, stack: Stack) -> None:
    land_first_day(stack.engine)
    market = Market()
    market.land(stack.engine, "raw_youtube.charts", FIRST_DAY, noon(FIRST_DAY))
    with stack.engine.begin() as connection:
        connection.exec_driver_sql(
            "update raw_youtube.charts set payload = jsonb_set(payload, '{rank}', '0') where row_key = 'US:0:001'"
        )
    result = materialise(assets, stack)
    assert not result.success
    failure = result.failure_data_for_node("warehouse")
    assert failure is not None
    description = failure.user_failure_data.description
    assert description.startswith("The warehouse was not built: chart_places_are_positive failed, Got 1 result")
    assert "dbt.log" in description
    assert not next(
        check for check in result.get_asset_check_evaluations() if check.check_name == "chart_places_are_positive"
    ).passed
