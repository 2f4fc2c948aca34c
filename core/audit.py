"""The audit log (`ops.audit_log`): who did what to whom, when. It is only ever added to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

if TYPE_CHECKING:
    from sqlalchemy import Connection

OPERATOR = "operator@localhost"
"""Whoever types commands on this machine."""

_WRITE = text(
    "insert into ops.audit_log (occurred_at, actor, action, subject, detail) values (:now, :actor, :action, :subject, :detail)"
).bindparams(bindparam("detail", type_=JSONB))


def write_audit(connection: Connection, now: datetime, actor: str, action: str, subject: str, detail: Mapping[str, Any]) -> None:
    """Add an entry, in the transaction of what it tells of. `detail` holds JSON values and no secrets."""
    connection.execute(_WRITE, {"now": now, "actor": actor, "action": action, "subject": subject, "detail": dict(detail)})
