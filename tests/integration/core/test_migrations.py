"""Migrations: applied once, by one process at a time, and undone without a trace."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy
from psycopg import errors as sqlstates
from sqlalchemy import text
from sqlalchemy.engine import Engine

from connectors.landing import TABLES
from core.errors import Damaged
from core.postgres.engine import create_engine, ensure_database
from core.postgres.migrations import migrate, read_migrations, rollback

pytestmark = pytest.mark.postgres
NAMES = [migration.name for migration in read_migrations()]


@pytest.fixture
def empty(postgres_url: str) -> Iterator[Engine]:
    """A database without any migration."""
    engine = create_engine(ensure_database(postgres_url, f"empty_{uuid.uuid4().hex[:8]}"))
    yield engine
    engine.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text(
        "-- migrate:up\ncreate table first (share text default '5%');\n-- migrate:down\ndrop table first;\n"
    )
    (tmp_path / "0002_second.sql").write_text("-- migrate:up\ncreate table second ();\n-- migrate:down\ndrop table second;\n")
    return tmp_path


def relations(engine: Engine) -> list[str]:
    """Every relation, column, constraint, function and trigger outside the system's schemas."""
    queries = [
        "select n.nspname || '.' || c.relname || ' ' || c.relkind::text from pg_class c join pg_namespace n"
        " on n.oid = relnamespace",
        "select n.nspname || ' fn ' || p.proname from pg_proc p join pg_namespace n on n.oid = pronamespace",
        "select nspname || ' schema' from pg_namespace n",
        "select table_schema || '.' || table_name || '.' || column_name || ' ' || data_type || coalesce(column_default, '')"
        " from information_schema.columns join pg_namespace n on nspname = table_schema",
        "select n.nspname || ' ' || conname || pg_get_constraintdef(k.oid) from pg_constraint k join pg_namespace n"
        " on n.oid = connamespace",
    ]
    with engine.connect() as connection:
        return sorted(
            row
            for query in queries
            for row in connection.execute(
                text(f"{query} where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'")
            ).scalars()
        )


def test_each_is_applied_once(empty: Engine) -> None:
    assert migrate(empty) == NAMES
    assert migrate(empty) == []


def test_down_leaves_no_trace_and_up_comes_again(empty: Engine) -> None:
    migrate(empty)
    after_up = relations(empty)
    assert rollback(empty, 1) == NAMES[:0:-1]
    assert rollback(empty, 0) == NAMES[:1]
    left = [name for name in relations(empty) if "schema_migrations" not in name]
    assert left == ["ops schema", "public schema"]
    assert rollback(empty, 0) == []
    assert migrate(empty) == NAMES
    assert relations(empty) == after_up


def test_racing_processes_apply_each_once(empty: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = [name for names in pool.map(lambda _: migrate(empty), range(4)) for name in names]
    assert sorted(applied) == NAMES


def test_changed_file_is_refused(empty: Engine, folder: Path) -> None:
    migrate(empty, folder)
    file = folder / "0001_first.sql"
    file.write_text(file.read_text().replace("5%", "6%"))
    with pytest.raises(Damaged, match="0001_first was changed after it was applied"):
        migrate(empty, folder)


def test_database_of_a_newer_version_is_refused(empty: Engine, folder: Path) -> None:
    migrate(empty, folder)
    (folder / "0002_second.sql").unlink()
    with pytest.raises(Damaged, match="0002_second, which this version does not know"):
        migrate(empty, folder)


def test_failing_one_changes_nothing_and_keeps_the_earlier(empty: Engine, folder: Path) -> None:
    good = (folder / "0002_second.sql").read_text()
    (folder / "0002_second.sql").write_text(good.replace("create table second ();", "create table second (); select 1 / 0;"))
    with pytest.raises(sqlstates.DivisionByZero):
        migrate(empty, folder)
    assert not sqlalchemy.inspect(empty).has_table("second")
    (folder / "0002_second.sql").write_text(good)
    assert migrate(empty, folder) == ["0002_second"]


def test_every_raw_table_has_the_one_shape(database: Engine) -> None:
    inspector = sqlalchemy.inspect(database)
    tables = [
        (schema, table)
        for schema in inspector.get_schema_names()
        if schema.startswith("raw_")
        for table in inspector.get_table_names(schema)
    ]
    tables = [(schema, table) for schema, table in tables if schema != "raw_archive"]  # of files, not of days
    assert {f"{schema}.{table}" for schema, table in tables} == set(TABLES)
    for schema, table in tables:
        columns = [column["name"] for column in inspector.get_columns(table, schema)]
        assert columns == ["partition_on", "row_key", "landing_id", "fetched_at", "source", "payload"]
        assert inspector.get_pk_constraint(table, schema)["constrained_columns"] == ["partition_on", "row_key"]


def test_files_of_an_archive_are_told_which_partition_they_landed_in(empty: Engine) -> None:
    """By their lines where there are any; else by the day on which they were fetched, where it landed; else they have not yet."""
    number = next(migration.number for migration in read_migrations() if migration.name.endswith("_report_partitions"))
    migrate(empty)
    rollback(empty, number - 1)
    with empty.begin() as connection:
        for day in ("2026-06-08", "2026-06-09"):
            connection.exec_driver_sql(
                "insert into ops.landings (asset_key, partition_on, fetched_at, row_count, payload_digest)"
                " values ('raw_reporting/channel_basic_a3', %s, now(), 1, '')",
                (day,),
            )
            connection.exec_driver_sql(
                "insert into raw_reporting.channel_basic_a3 (partition_on, row_key, landing_id, fetched_at, source, payload)"
                """ values (%s, 'k', 1, now(), 'test', '{"report_id": "with lines"}')""",
                (day,),
            )
        for report_id, fetched_at in [
            ("with lines", "2026-06-09 12:00Z"),
            ("none", "2026-06-09 12:00Z"),
            ("failed", "2026-06-10Z"),
        ]:
            connection.exec_driver_sql(
                "insert into ops.report_files"
                " select report_id, channel_id, report_type, day, created_at, 'changed', size_bytes, path, rows_count, now()"
                " from ops.report_files where report_id = 'none'"
            )
    rollback(empty, number - 1)
    with empty.connect() as connection:
        found = connection.exec_driver_sql("select report_id, sha256 from ops.report_files order by 1").all()
        assert list(map(tuple, found)) == [("failed", "abc"), ("none", "changed"), ("with lines", "abc")]
