"""The only factory of SQLAlchemy engines, so that pool size, time zone and application name are decided once.

What an engine is used for lives with its user: migrations, ledgers, landings, the warehouse readers.
"""

from __future__ import annotations

import contextlib

import psycopg
import sqlalchemy
from psycopg import errors as sqlstates
from psycopg import sql
from sqlalchemy.engine import URL, Engine

from core.errors import InvalidInput, NotConfigured, Refused, Unreachable
from core.postgres.address import DatabaseAddress

__all__ = ["DatabaseAddress", "check_reachable", "create_engine", "ensure_database", "psycopg2_url"]

_CONNECT_SECONDS = 10


def create_engine(url: str | URL, *, pool_size: int = 4) -> Engine:
    """Make an engine on psycopg 3 whose sessions run in UTC.

    The pool is small, because a run has many processes and the embedded server 100 connections; it tests a connection
    before handing it out, so that work goes on after the server was killed and started again.
    """
    return sqlalchemy.create_engine(
        DatabaseAddress.parse(url).url(),
        pool_size=pool_size,
        max_overflow=4,
        pool_pre_ping=True,
        connect_args={"application_name": "ytempire", "connect_timeout": _CONNECT_SECONDS, "options": "-c timezone=UTC"},
    )


def psycopg2_url(url: str | URL) -> str:
    """The plain `postgresql://` form, which Dagster, MLflow and libpq read and SQLAlchemy takes to psycopg2."""
    return DatabaseAddress.parse(url).url(driver="")


def connect(address: DatabaseAddress, *, timeout_seconds: int = _CONNECT_SECONDS) -> psycopg.Connection:
    """Open one autocommit connection outside of any pool, for administration. Raises what psycopg raises."""
    return psycopg.connect(
        host=address.host,
        port=address.port,
        user=address.user,
        password=address.password or None,
        dbname=address.database,
        connect_timeout=timeout_seconds,
        application_name="ytempire",
        autocommit=True,
        **address.options,  # type: ignore[arg-type]
    )


def check_reachable(address: DatabaseAddress) -> None:
    """Connect once.

    Raises Unreachable when nothing answers, Refused when the server refuses the user or its password, NotConfigured when
    it has no such database. No message holds the password.
    """
    try:
        connect(address).close()
    except psycopg.OperationalError as error:
        raise _explain(address, error) from None


def _explain(address: DatabaseAddress, error: psycopg.OperationalError) -> Exception:
    # A failed connection carries no SQLSTATE in libpq, so its text is all there is to tell the cases apart.
    text = str(error)
    if "authentication failed" in text or "no password supplied" in text or "pg_hba.conf" in text:
        return Refused(f"The database at {address} refuses user {address.user!r}.", "Check user and password in DATABASE_URL.")
    if f'database "{address.database}" does not exist' in text:
        return NotConfigured(
            f"The server at {address.host}:{address.port} has no database {address.database!r}.",
            "Create it, or name another one in DATABASE_URL.",
        )
    reason = text.strip().splitlines()[0].rpartition("failed: ")[2].rstrip(".")
    if address.password:
        reason = reason.replace(address.password, "***")
    return Unreachable(
        f"The database at {address} does not answer: {reason}.",
        "Start it or correct DATABASE_URL; without DATABASE_URL an own server is started.",
    )


def ensure_database(url: str | URL, name: str) -> str:
    """Create the database `name` on the server of `url` unless it is there; return its URL with the same driver."""
    if not name.isidentifier():
        raise InvalidInput(f"{name!r} is no fit name for a database.", "Use letters, digits and underscores.")
    address = DatabaseAddress.parse(url)
    check_reachable(address)
    with connect(address) as connection:
        known = connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone()
        if known is None:
            # Another process may be faster.
            with contextlib.suppress(sqlstates.DuplicateDatabase, sqlstates.UniqueViolation):
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    _, plus, driver = str(url).partition("://")[0].partition("+")
    return address.sibling(name).url(driver if plus else "")
