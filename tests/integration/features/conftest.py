"""A feature store over a hand-made warehouse: one database for all of these tests, emptied before each."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import sql
from sqlalchemy import Engine, text

from core.postgres.address import DatabaseAddress
from core.postgres.engine import connect, create_engine, ensure_database
from tests.integration.features import sample


@pytest.fixture(scope="session")
def _sample_database(postgres_url: str) -> Iterator[Engine]:
    engine = create_engine(ensure_database(postgres_url, f"sample_{uuid.uuid4().hex[:12]}"))
    sample.make_tables(engine)
    yield engine
    engine.dispose()
    with connect(DatabaseAddress.parse(postgres_url)) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(str(engine.url.database))))


@pytest.fixture
def warehouse(_sample_database: Engine) -> Engine:
    """A database with the feature and label tables, empty, and no feature registry."""
    with _sample_database.begin() as connection:
        schemas = "('marts', 'features', 'labels', 'feast')"
        named = f"select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in {schemas}"
        connection.execute(text("truncate " + ", ".join(connection.scalars(text(named)))))
    return _sample_database


@pytest.fixture
def store(warehouse: Engine, redis_url: str) -> Any:
    """An applied feature store over the warehouse. Applied once: later tests are given the registry as it was then."""
    from features.repository import apply, open_store

    with warehouse.begin() as connection:
        query = "select tablename from pg_tables where schemaname = '{}' order by tablename"
        kept = connection.scalars(text(query.format("kept"))).all()
        for table in kept:
            connection.execute(text(f"insert into feast.{table} select * from kept.{table}"))
    opened = open_store(warehouse.url.render_as_string(hide_password=False), redis_url)
    if not kept:
        apply(opened)
        with warehouse.begin() as connection:
            connection.execute(text("create schema kept"))
            for table in connection.scalars(text(query.format("feast"))).all():
                connection.execute(text(f"create table kept.{table} as table feast.{table}"))
    return opened
