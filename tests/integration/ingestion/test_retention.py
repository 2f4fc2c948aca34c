"""Retention: what is too old goes, what is not stays, and it is written down."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from connectors.landing import RawRow, land, landed
from connectors.retention import OF_OTHERS, enforce_retention

pytestmark = pytest.mark.postgres

NOW = datetime(2026, 6, 8, 12, tzinfo=UTC)
CUTOFF = date(2026, 5, 9)
OWN = "raw_youtube.videos"


def fill(engine: Engine) -> None:
    for table in (*OF_OTHERS, OWN):
        for day in (CUTOFF - timedelta(days=1), CUTOFF):
            land(engine, table, day, [RawRow("a", {}, "test"), RawRow("b", {}, "test")], NOW)


def kept(engine: Engine, table: str) -> list[date]:
    return sorted({row.partition_on for row in landed(engine, table, date(2026, 1, 1), date(2026, 12, 31))})


def test_data_of_others_go_after_thirty_days_and_own_data_stay(database: Engine) -> None:
    fill(database)
    forgotten = enforce_retention(database, NOW, others_days=30)
    assert {entry.table: entry.rows for entry in forgotten} == dict.fromkeys(OF_OTHERS, 2)
    assert all(kept(database, table) == [CUTOFF] for table in OF_OTHERS)
    assert kept(database, OWN) == [CUTOFF - timedelta(days=1), CUTOFF]
    with database.connect() as connection:
        audited = connection.execute(text("select subject, detail ->> 'rows' from ops.audit_log order by subject")).all()
        empty = connection.execute(
            text("select count(*) from ops.landings where row_count = 0 and partition_on < :day"), {"day": CUTOFF}
        ).scalar_one()
    assert [tuple(row) for row in audited] == [(table, "2") for table in sorted(OF_OTHERS)]
    assert empty == len(OF_OTHERS)  # the warehouse learns of it as of any other landing
    assert enforce_retention(database, NOW, others_days=30) == []


def test_a_simulated_market_keeps_the_data_of_others(database: Engine) -> None:
    fill(database)
    assert enforce_retention(database, NOW, others_days=None) == []
    assert all(len(kept(database, table)) == 2 for table in OF_OTHERS)


def test_rows_of_the_platform_have_their_periods(database: Engine) -> None:
    with database.begin() as connection:
        for age in (89, 91):
            connection.execute(
                text(
                    "insert into ops.model_observations"
                    " (request_id, observed_at, model, model_version, entity_key, inputs, outputs)"
                    " values ('r', :at, 'trend', '1', 'v', '{}', '{}')"
                ),
                {"at": NOW - timedelta(days=age)},
            )
    (forgotten,) = enforce_retention(database, NOW, others_days=None)
    assert (forgotten.table, forgotten.rows) == ("ops.model_observations", 1)
