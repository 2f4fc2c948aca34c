"""Schema changes of raw, ops and ledger tables, as numbered SQL files applied once each. Tables of the warehouse are dbt's.

A file `NNNN_name.sql` holds a part after `-- migrate:up` and a part after `-- migrate:down` that undoes it. Each runs in one
transaction under an advisory lock, and is recorded with the file's digest in `ops.schema_migrations`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import errors as sqlstates
from sqlalchemy.engine import Engine

from core.digest import digest_bytes
from core.errors import Damaged, Environment

FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_250_518_001
_FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_PARTS = re.compile(r"\s*-- migrate:up\n(?P<up>.*)^-- migrate:down\n(?P<down>.*)", re.DOTALL | re.MULTILINE)
_BOOK = """
    create schema if not exists ops;
    create table if not exists ops.schema_migrations (
        number integer primary key,
        name text not null,
        digest text not null,
        applied_at timestamptz not null default now()
    );
"""


@dataclass(frozen=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    up: str
    down: str
    digest: str


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """Read and check the files, in order. Raises Damaged for a bad name, a missing part, a number twice or left out."""
    found = []
    for file in sorted(folder.glob("*.sql")):
        content = file.read_bytes()
        name = _FILE_NAME.fullmatch(file.name)
        parts = _PARTS.fullmatch(content.decode())
        if name is None or parts is None:
            raise Damaged(
                f"{file} is not a migration.", "Name it NNNN_name.sql, with the lines `-- migrate:up` and `-- migrate:down`."
            )
        found.append(Migration(int(name[1]), file.stem, parts["up"], parts["down"], digest_bytes(content)))
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise Damaged(f"The migrations in {folder} are not numbered 0001, 0002, and so on.", "Give each its own next number.")
    return found


def migrate(engine: Engine, folder: Path = FOLDER) -> list[str]:
    """Apply what is not yet applied; return the names applied by this call.

    Raises Damaged when an applied file was changed or is gone, Environment when the server lacks pgvector.
    """
    migrations = read_migrations(folder)
    applied = []
    for migration in migrations:
        with _transaction(engine) as connection:
            # Read again under each transaction's lock: another process may have gone ahead in the meantime.
            pending = _pending(migrations, _recorded(connection))
            if migration not in pending:
                continue
            _execute(connection, migration.up)
            connection.execute(
                "insert into ops.schema_migrations (number, name, digest) values (%s, %s, %s)",
                (migration.number, migration.name, migration.digest),
            )
            applied.append(migration.name)
    return applied


def rollback(engine: Engine, to: int, folder: Path = FOLDER) -> list[str]:
    """Undo the applied migrations with a number above `to`, newest first; return their names. Raises as `migrate`."""
    migrations = read_migrations(folder)
    undone = []
    for migration in reversed(migrations):
        if migration.number <= to:
            break
        with _transaction(engine) as connection:
            if migration in _pending(migrations, _recorded(connection)):
                continue
            _execute(connection, migration.down)
            connection.execute("delete from ops.schema_migrations where number = %s", (migration.number,))
            undone.append(migration.name)
    return undone


@contextmanager
def _transaction(engine: Engine) -> Iterator[psycopg.Connection]:
    with engine.begin() as outer:
        # The driver's own connection sends a file of many statements as it is, and leaves its % signs alone.
        connection = outer.connection.driver_connection
        assert isinstance(connection, psycopg.Connection)
        connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute(_BOOK)
        yield connection


def _recorded(connection: psycopg.Connection) -> dict[int, tuple[str, str]]:
    rows = connection.execute("select number, name, digest from ops.schema_migrations order by number").fetchall()
    return {number: (name, digest) for number, name, digest in rows}


def _pending(migrations: list[Migration], recorded: dict[int, tuple[str, str]]) -> list[Migration]:
    known = {migration.number: migration for migration in migrations}
    for number, (name, digest) in recorded.items():
        if number not in known:
            raise Damaged(f"The database has migration {name}, which this version does not know.", "Use a newer version.")
        if known[number].digest != digest:
            raise Damaged(f"Migration {name} was changed after it was applied.", "Restore the file and write a new migration.")
    return [migration for migration in migrations if migration.number not in recorded]


def _execute(connection: psycopg.Connection, statements: str) -> None:
    try:
        connection.execute(statements)
    except (sqlstates.FeatureNotSupported, sqlstates.UndefinedFile) as error:
        if "extension" not in str(error):
            raise
        raise Environment(
            "The database server lacks the extension pgvector.", "Install it there, or unset DATABASE_URL for the own server."
        ) from None
