"""The dbt project on a real Postgres, through dbt's command: what is built, and that an incremental build equals a full one."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from connectors.landing import TABLES
from core.clock import noon
from core.postgres.address import DatabaseAddress
from core.settings import ROOT
from tests.integration.warehouse.market import FIRST_DAY, OWN_CHANNELS, Market

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("warehouse")]

DAYS = [FIRST_DAY + timedelta(days=number) for number in range(12)]
WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
MODELS = ("build", *WITHOUT_UNIT_TESTS, "--exclude-resource-type", "test")
BUILT_SCHEMAS = ("intermediate", "marts", "features", "labels", "reports")


@dataclass(frozen=True)
class Warehouse:
    """A database, the market that is landed in it, and dbt."""

    engine: Engine
    target: Path
    market: Market

    def dbt(self, *arguments: str) -> dict[str, Any]:
        """Run dbt; the results by the node's unique id. Fails with dbt's own words."""
        address = DatabaseAddress.parse(self.engine.url)
        run = subprocess.run(
            [str(Path(sys.executable).with_name("dbt")), *arguments],
            cwd=ROOT / "dbt",
            env={
                "PATH": os.defpath,
                "LC_ALL": "C.UTF-8",
                "YTEMPIRE_PG_HOST": address.host,
                "YTEMPIRE_PG_PORT": str(address.port),
                "YTEMPIRE_PG_USER": address.user,
                "YTEMPIRE_PG_PASSWORD": address.password,
                "YTEMPIRE_PG_DATABASE": address.database,
                "DBT_PROFILES_DIR": str(ROOT / "dbt"),
                "DBT_TARGET_PATH": str(self.target),
                "DBT_LOG_PATH": str(self.target),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout[-6000:]
        results = json.loads((self.target / "run_results.json").read_text())["results"]
        return {result["unique_id"]: result for result in results}

    def rows(self, query: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.exec_driver_sql(query))

    def value(self, query: str) -> Any:
        return self.rows(query)[0][0]

    def contents(self) -> dict[str, tuple[int, str]]:
        """Row count and digest of every built relation; floating point to twelve digits, because sums differ in the last ones."""
        relations = self.rows(
            "select table_schema, table_name from information_schema.tables"
            f" where table_schema in {BUILT_SCHEMAS} and table_name not like '%%landing%%' order by 1, 2"
        )
        found = {}
        with self.engine.connect() as connection:
            connection.exec_driver_sql("set extra_float_digits = -3")
            for schema, name in relations:
                text = [row[0] for row in connection.exec_driver_sql(f"select t::text from {schema}.{name} as t order by 1")]
                found[f"{schema}.{name}"] = (len(text), hashlib.sha256("\n".join(text).encode()).hexdigest())
        return found


@pytest.fixture
def warehouse(database: Engine, tmp_path: Path) -> Warehouse:
    with database.begin() as connection:
        for number, (channel, category) in enumerate(OWN_CHANNELS.items()):
            connection.exec_driver_sql(
                "insert into ops.channels (channel_id, handle, title, niche, category_id, timezone)"
                " values (%s, %s, %s, 'Gaming', %s, 'UTC')",
                (channel, f"own-{number}", f"Own {number}", category),
            )
    return Warehouse(database, tmp_path / "target", Market())


def land_days(warehouse: Warehouse, days: list[date]) -> None:
    for day in days:
        for table in TABLES:
            warehouse.market.land(warehouse.engine, table, day)


def test_a_build_of_twelve_days_holds_what_was_landed(warehouse: Warehouse) -> None:
    """Models, data tests and unit tests in one build; then each layer against the landed rows and the formulas."""
    land_days(warehouse, DAYS)
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
    # Every relation has rows but the outbox, which nothing was planned in.
    assert [name for name, (count, _) in warehouse.contents().items() if count == 0] == ["marts.fct_publication"]
    # No label is known before the reading it looks at, and none looks past what has landed.
    assert warehouse.value("select max(partition_on) from labels.lbl_video__growth_48h") == DAYS[-1] - timedelta(days=2)
    assert warehouse.value("select count(*) from labels.lbl_video__growth_48h where not is_observed") > 0
    # Point in time: what the last day knows of the share watched is not what the day before knew.
    assert warehouse.value("select count(distinct average_view_pct_20) from features.feat_channel__daily where is_own") > 10


def test_incremental_builds_equal_full_ones(warehouse: Warehouse) -> None:
    """Late, repeated, disordered, shrunken, emptied and re-fetched partitions, each followed by the same comparison."""
    market, engine = warehouse.market, warehouse.engine

    def disordered() -> None:
        for day in (DAYS[7], DAYS[6], DAYS[9]):
            land_days(warehouse, [day])
        land_days(warehouse, [DAYS[6]])

    def late_and_repeated() -> None:
        market.land(engine, "raw_youtube.charts", DAYS[8])
        market.land(engine, "raw_youtube.charts", DAYS[8])
        market.land(engine, "raw_youtube.video_statistics", DAYS[8])
        market.land(engine, "raw_youtube.reach_daily", DAYS[8])
        market.land(engine, "raw_youtube.analytics_daily", DAYS[10])
        market.land(engine, "raw_youtube.charts", DAYS[2], fetched_at=noon(DAYS[7]) + timedelta(hours=3))

    def shrunken() -> None:
        market.land(engine, "raw_youtube.charts", DAYS[3], keep=lambda row: row.row_key.startswith("US"))
        market.land(engine, "raw_youtube.charts", DAYS[4], keep=lambda _: False)
        market.land(engine, "raw_youtube.video_statistics", DAYS[5], keep=lambda _: False)
        market.land(engine, "raw_youtube.analytics_daily", DAYS[6], keep=lambda row: row.row_key.endswith("7"))
        market.land(engine, "raw_youtube.reach_daily", DAYS[7], keep=lambda _: False)
        market.land(engine, "raw_youtube.videos", DAYS[7], keep=lambda row: not row.row_key.startswith("own0"))
        market.land(engine, "raw_youtube.channels", DAYS[7], keep=lambda _: False)
        market.land(engine, "raw_hackernews.stories", DAYS[6], keep=lambda _: False)
        market.land(engine, "raw_youtube.charts", DAYS[2])

    land_days(warehouse, DAYS[:6])
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
    inserted = {
        name: node["adapter_response"].get("rows_affected")
        for name, node in unchanged.items()
        if ".feat_" in name or ".fct_video" in name
    }
    assert set(inserted.values()) == {0}
