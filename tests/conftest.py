"""Fixtures of all tests: one embedded Postgres and Redis per test session, a fresh migrated database per test."""

from __future__ import annotations

import json
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock
from psycopg import sql
from sqlalchemy.engine import Engine

from core.postgres.address import DatabaseAddress
from core.postgres.cluster import EmbeddedPostgres
from core.postgres.engine import connect, create_engine, ensure_database
from core.postgres.migrations import migrate
from core.redis import EmbeddedRedis

# A shared two-core machine is slow at random moments, so time per example says nothing.
hypothesis.settings.register_profile("ytempire", deadline=None, max_examples=50)
hypothesis.settings.load_profile("ytempire")

_TEMPLATE = "ytempire_template"
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Test data need not survive a power cut; durability has its own tests on servers of their own."""


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """URL of the session's embedded server, shared by all xdist workers; the last to leave stops it."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    note = shared / "postgres.json"
    lock = FileLock(shared / "postgres.lock")
    with lock:
        state = json.loads(note.read_text()) if note.exists() else {"root": None, "users": 0}
        if state["root"] is None:
            state["root"] = tempfile.mkdtemp(prefix="yt-pg-")
            Path(state["root"]).chmod(0o755)
        server = EmbeddedPostgres(Path(state["root"]) / "pg", settings=_FAST)
        address = server.ensure()
        template = ensure_database(address.url(), _TEMPLATE)
        engine = create_engine(template)
        migrate(engine)
        engine.dispose()
        note.write_text(json.dumps({**state, "users": state["users"] + 1}))
    yield address.url()
    with lock:
        state = json.loads(note.read_text())
        state["users"] -= 1
        if state["users"] == 0:
            server.stop()
            shutil.rmtree(state["root"])
            state["root"] = None
        note.write_text(json.dumps(state))


@contextmanager
def fresh_database(postgres_url: str) -> Iterator[Engine]:
    """A migrated, empty database on the session's server, dropped at the end. Its URL: `engine.url`."""
    server = DatabaseAddress.parse(postgres_url)
    name = sql.Identifier(f"test_{uuid.uuid4().hex[:12]}")
    with connect(server) as connection:
        connection.execute(sql.SQL("create database {} template {}").format(name, sql.Identifier(_TEMPLATE)))
    engine = create_engine(server.sibling(name.as_string().strip('"')).url())
    try:
        yield engine
    finally:
        engine.dispose()
        with connect(server) as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(name))


@pytest.fixture
def database(postgres_url: str) -> Iterator[Engine]:
    """A fresh, migrated, empty database, dropped after the test. Its URL: `database.url`."""
    with fresh_database(postgres_url) as engine:
        yield engine


@pytest.fixture(scope="session")
def _redis_server() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="yt-redis-") as folder:
        server = EmbeddedRedis(Path(folder))
        yield server.ensure()
        server.stop()


@pytest.fixture
def redis_url(_redis_server: str) -> str:
    """URL of an embedded Redis, emptied before the test."""
    import redis

    with redis.Redis.from_url(_redis_server) as client:
        client.flushall()
    return _redis_server
