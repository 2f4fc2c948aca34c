"""Where a Postgres database is, apart from the driver that speaks to it. Every URL of the platform is made here.

Reaching the database is `engine.py`; starting one is `cluster.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from core.errors import NotConfigured

_FORM = "Write it as postgresql://user:password@host:5432/database."


@dataclass(frozen=True)
class DatabaseAddress:
    """Host, credentials and name of one database. Its repr shows no password."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    """Further libpq options of the URL, such as `sslmode`."""

    @classmethod
    def parse(cls, url: str | URL) -> DatabaseAddress:
        """Read a `postgres://`, `postgresql://` or `postgresql+driver://` URL.

        Raises NotConfigured for anything else; the message holds no part of the URL, which may carry a password.
        """
        try:
            parts = make_url(url)
        except (ArgumentError, ValueError):
            raise NotConfigured("The database URL is not a URL.", _FORM) from None
        if parts.get_backend_name() not in {"postgres", "postgresql"} or not parts.database:
            raise NotConfigured("The database URL does not name a Postgres database.", _FORM)
        options = {name: value if isinstance(value, str) else value[-1] for name, value in parts.query.items()}
        host = parts.host or options.pop("host", "localhost")
        password = str(parts.password) if parts.password is not None else ""
        return cls(host, parts.port or 5432, parts.username or "postgres", password, parts.database, options)

    def url(self, driver: str = "psycopg") -> str:
        """The URL with its password, for a SQLAlchemy driver; `driver=""` gives the plain libpq form."""
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        parts = URL.create(scheme, self.user, self.password or None, self.host, self.port, self.database, dict(self.options))
        return parts.render_as_string(hide_password=False)

    def sibling(self, database: str) -> DatabaseAddress:
        """Another database of the same server."""
        return replace(self, database=database)

    def __str__(self) -> str:
        """`host:port/database`, fit for messages."""
        return f"{self.host}:{self.port}/{self.database}"
