"""Where ledger entries are kept. Entries are only ever added; what stands on an account is the sum of its changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import BigInteger, DateTime, Text, Uuid, column, func, insert, select, table, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Engine, Row


class Event(StrEnum):
    """What happened to a reservation."""

    RESERVED = "reserved"
    COMMITTED = "committed"
    RELEASED = "released"


@dataclass(frozen=True)
class Entry:
    """One line of a ledger. `change` is what the event adds to its account: units of quota or micro-USD."""

    account: str
    key: str
    reservation_id: str
    event: Event
    change: int
    labels: Mapping[str, str]
    occurred_at: datetime


class Journal(Protocol):
    """One ledger, while the caller alone may write to the accounts and keys that it named."""

    def balance(self, account: str) -> int:
        """Sum of an account's changes."""
        ...

    def history(self, key: str) -> Sequence[Entry]:
        """All entries under an idempotency key, oldest first."""
        ...

    def append(self, entry: Entry) -> None:
        """Add an entry."""
        ...


class LedgerStore(Protocol):
    """Opens ledgers by name (`quota`, `cost`)."""

    def open(self, ledger: str, names: Sequence[str] = ()) -> AbstractContextManager[Journal]:
        """Open a ledger in one transaction, alone with the accounts and keys in `names`; without names for reading."""
        ...


@dataclass
class _MemoryJournal:
    entries: list[Entry]
    added: list[Entry] = field(default_factory=list)

    def _all(self) -> list[Entry]:
        return self.entries + self.added

    def balance(self, account: str) -> int:
        return sum(entry.change for entry in self._all() if entry.account == account)

    def history(self, key: str) -> Sequence[Entry]:
        return [entry for entry in self._all() if entry.key == key]

    def append(self, entry: Entry) -> None:
        self.added.append(entry)


class MemoryLedgerStore:
    """Ledgers of one process, for tests and dry runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ledgers: dict[str, list[Entry]] = {}

    @contextmanager
    def open(self, ledger: str, names: Sequence[str] = ()) -> Iterator[Journal]:
        with self._lock:
            journal = _MemoryJournal(self._ledgers.setdefault(ledger, []))
            yield journal
            journal.entries.extend(journal.added)


_ENTRIES = table(
    "ledger_entries",
    column("entry_id", BigInteger),
    column("ledger", Text),
    column("account", Text),
    column("key", Text),
    column("reservation_id", Uuid(as_uuid=False)),
    column("event", Text),
    column("change", BigInteger),
    column("labels", JSONB),
    column("occurred_at", DateTime(timezone=True)),
    schema="ops",
)
_FIELDS = [_ENTRIES.c[name.name] for name in fields(Entry)]


@dataclass(frozen=True)
class _PostgresJournal:
    ledger: str
    connection: Connection

    def balance(self, account: str) -> int:
        query = select(func.coalesce(func.sum(_ENTRIES.c.change), 0)).where(
            _ENTRIES.c.ledger == self.ledger, _ENTRIES.c.account == account
        )
        return int(self.connection.execute(query).scalar_one())

    def history(self, key: str) -> Sequence[Entry]:
        query = select(*_FIELDS).where(_ENTRIES.c.ledger == self.ledger, _ENTRIES.c.key == key)
        return [_entry(row) for row in self.connection.execute(query.order_by(_ENTRIES.c.entry_id))]

    def append(self, entry: Entry) -> None:
        self.connection.execute(insert(_ENTRIES).values(ledger=self.ledger, **vars(entry)))


def _entry(row: Row[Any]) -> Entry:
    entry = Entry(*row)
    return replace(entry, event=Event(entry.event))


class PostgresLedgerStore:
    """Ledgers in `ops.ledger_entries`, shared by all processes.

    Names are locked with advisory locks, held to the end of the transaction, so that two processes never both find the
    last unit free. They are taken in the order of their numbers, so that two callers cannot wait for each other.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def open(self, ledger: str, names: Sequence[str] = ()) -> Iterator[Journal]:
        with self._engine.begin() as connection:
            if names:
                connection.execute(
                    text(
                        "select pg_advisory_xact_lock(number) from (select distinct hashtextextended(name, 0) as number"
                        " from unnest(cast(:names as text[])) as name order by number) as numbers"
                    ),
                    {"names": [f"{ledger}:{name}" for name in names]},
                )
            yield _PostgresJournal(ledger, connection)
