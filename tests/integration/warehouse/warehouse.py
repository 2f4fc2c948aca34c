"""A warehouse under test: a database, the market that is landed in it, and dbt; and a recording of what a build sends to it.

A recording is every statement of one real build, hooks and transactions included, in dbt's order (it is made with one thread).
The text depends on the project and on which tables exist, not on what is in them: played again, it does what dbt would do,
without the seconds that dbt takes to start. `test_a_recording_does_what_dbt_does` holds it to that."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import Engine

from connectors.landing import TABLES
from core.clock import noon
from core.postgres.address import DatabaseAddress
from core.settings import ROOT
from tests.integration.warehouse.market import FIRST_DAY, OWN_CHANNELS, Market

WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
MODELS = ("build", *WITHOUT_UNIT_TESTS, "--exclude-resource-type", "test")
BUILT_SCHEMAS = ("intermediate", "marts", "features", "labels", "finance", "reports", "youtube_analytics")
LONG_NUMBER = re.compile(r"\d+\.\d{5,}")
CHANGING = ("landings_seen", "int_landing__current", "rpt_source_rows", "rpt_source_freshness")
"""Relations that tell of the landings themselves, or of the moment of asking."""


def _rounded(number: re.Match[str]) -> str:
    """A number to eleven digits: sums in another order differ in the last ones.

    The nudge keeps numbers that end in a 5, as means of 256 views do, from being rounded up in one sum and down in the other."""
    return f"{float(number.group()) * (1 + 3.7e-12):.11g}"


@dataclass(frozen=True)
class Warehouse:
    """A database, the market that is landed in it, and dbt."""

    engine: Engine
    target: Path
    market: Market

    def dbt(self, *arguments: str, may_fail: bool = False) -> dict[str, Any]:
        """Run dbt; the results by the node's unique id. Fails with dbt's own words, or tells of failures in the results."""
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
        assert run.returncode == 0 or may_fail, run.stdout[-6000:]
        results = json.loads((self.target / "run_results.json").read_text())["results"]
        return {result["unique_id"]: result for result in results}

    def connect_channels(self) -> None:
        """Make the market's own channels known."""
        with self.engine.begin() as connection:
            for number, (channel, category) in enumerate(OWN_CHANNELS.items()):
                connection.exec_driver_sql(
                    "insert into ops.channels (channel_id, handle, title, niche, category_id, timezone)"
                    " values (%s, %s, %s, 'Gaming', %s, 'UTC')",
                    (channel, f"own-{number}", f"Own {number}", category),
                )

    def land_days(self, days: list[date]) -> None:
        """Land every raw table of some days."""
        for day in days:
            for table in TABLES:
                self.market.land(self.engine, table, day)

    def record(self, *arguments: str) -> Recording:
        """Build with dbt, and keep what it did."""
        log = self.target / "dbt.log"
        log.unlink(missing_ok=True)
        self.dbt(
            *MODELS,
            "--exclude-resource-type",
            "seed",
            "--threads",
            "1",
            "--log-level-file",
            "debug",
            "--log-format-file",
            "json",
            *arguments,
        )
        return Recording(tuple(_statements(log, str(self.engine.url.database))))

    def rows(self, query: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.exec_driver_sql(query))

    def value(self, query: str) -> Any:
        return self.rows(query)[0][0]

    def contents(self) -> dict[str, tuple[int, str]]:
        """Row count and digest of every built relation, floating point to eleven digits."""
        relations = self.rows(
            "select table_schema, table_name from information_schema.tables"
            f" where table_schema in {BUILT_SCHEMAS} and table_name not in {CHANGING} order by 1, 2"
        )
        found = {}
        for schema, name in relations:
            text = sorted(LONG_NUMBER.sub(_rounded, row[0]) for row in self.rows(f"select t::text from {schema}.{name} as t"))
            found[f"{schema}.{name}"] = (len(text), hashlib.sha256("\n".join(text).encode()).hexdigest())
        return found


@dataclass(frozen=True)
class Recording:
    """The statements of a build, by node, in their order; each node is one transaction."""

    nodes: tuple[tuple[str, tuple[str, ...]], ...]

    def play(self, engine: Engine) -> set[str]:
        """Do to a database what the build did to the recorded one; the incremental models that rows were inserted into."""
        url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        inserted = set()
        with psycopg.connect(url) as connection:
            for node, statements in self.nodes:
                for statement in statements:
                    count = connection.execute(statement.encode()).rowcount
                    if count > 0 and statement.split("*/")[-1].lstrip().startswith('insert into "'):
                        inserted.add(node)
                connection.commit()
        return inserted


def _statements(log: Path, database: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each node's statements, with names that hold in any database."""
    node, statements = "", list[str]()
    for line in log.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["info"]["name"] != "SQLQuery":
            continue
        sql, connection = event["data"]["sql"], event["data"]["conn_name"]
        if connection != node:
            if statements:
                yield node, tuple(statements)
            node, statements = connection, []
        if sql.split("*/")[-1].strip().upper() not in {"BEGIN", "COMMIT", "ROLLBACK"}:
            statements.append(sql.replace(f'"{database}".', ""))
    if statements:
        yield node, tuple(statements)


DAYS = [FIRST_DAY + timedelta(days=number) for number in range(12)]
BASE_DAYS = DAYS[:3]
"""Days that are landed and built before a random sequence begins."""


def disturb(warehouse: Warehouse, rng: random.Random) -> None:
    """A day's landings in any order, some missing, then a dozen late, repeated, shrunken, emptied or re-fetched partitions."""
    day = rng.choice(DAYS[:9])
    for table in rng.sample(TABLES, rng.randint(len(TABLES) * 3 // 4, len(TABLES))):
        warehouse.market.land(warehouse.engine, table, day)
    for _ in range(rng.randint(6, 14)):
        table, day = rng.choice(TABLES), rng.choice(DAYS[:9])
        share = rng.choice((0, 0.3, 0.7, 1, 1))
        fetched_at = noon(day) + timedelta(hours=rng.choice((0, 0, 3, 30, 80)))
        warehouse.market.land(warehouse.engine, table, day, fetched_at, keep=lambda _, share=share: rng.random() < share)
        if rng.random() < 0.2:
            warehouse.market.land(warehouse.engine, table, day)


def differing(warehouse: Warehouse, incremental: Recording, full: Recording, seed: int, builds: int = 3) -> list[str]:
    """Relations that differ from a full refresh after a random sequence of landings, each followed by an incremental build; and
    models that one more build, of an unchanged warehouse, inserts rows into."""
    rng = random.Random(seed)
    for _ in range(builds):
        disturb(warehouse, rng)
        incremental.play(warehouse.engine)
    grown = warehouse.contents()
    inserted = incremental.play(warehouse.engine)
    full.play(warehouse.engine)
    whole = warehouse.contents()
    return sorted({name for name in whole if whole[name] != grown.get(name)} | inserted)
