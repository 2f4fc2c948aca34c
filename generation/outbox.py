"""The outbox of publications in Postgres, `ops.publications`: each thing done is written before the next is begun."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.engine import RowMapping

from core.clock import Clock
from core.errors import Transient
from core.ids import SlotId
from generation.values import Artifact, OutboxRow, PublicationState

_LOCK_SPACE = 0x59_54_50_42  # "YTPB": keeps the outbox's advisory locks apart from others

_PLAN = text("""
    insert into ops.publications (
        slot_id, channel_id, state, title, artifacts, publish_at, duration_seconds, quality_score, created_at, updated_at
    ) values (:slot, :channel_id, 'planned', :title, cast(:artifacts as jsonb), :publish_at, :duration, :score, :now, :now)
    on conflict (slot_id) do update set
        channel_id = excluded.channel_id, state = 'planned', title = excluded.title, artifacts = excluded.artifacts,
        publish_at = excluded.publish_at, duration_seconds = excluded.duration_seconds,
        quality_score = excluded.quality_score, error = null, updated_at = excluded.updated_at
    where ops.publications.session_uri is null and ops.publications.video_id is null
""")


class PostgresOutbox:
    """Rows of `ops.publications`, one per slot.

    Args:
        engine: of the platform's database.
        clock: of the rows' moments, so that a simulated day writes its own time.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    @contextmanager
    def claim(self, slot: SlotId) -> Iterator[None]:
        """Hold the slot for the block. Raises Transient when another process holds it. A dead process holds nothing."""
        key = {"space": _LOCK_SPACE, "slot": str(slot)}
        with self._engine.connect() as connection:
            held = connection.execute(text("select pg_try_advisory_lock(:space, hashtext(:slot))"), key).scalar()
            connection.commit()  # the lock is the connection's, not the transaction's
            if not held:
                raise Transient(f"Another process is publishing {slot}.", "Wait until it is done, then try again.")
            try:
                yield
            finally:
                connection.execute(text("select pg_advisory_unlock(:space, hashtext(:slot))"), key)
                connection.commit()

    def get(self, slot: SlotId) -> OutboxRow | None:
        """The slot's row; None when nothing was planned for it."""
        with self._engine.connect() as connection:
            rows = connection.execute(text("select * from ops.publications where slot_id = :slot"), {"slot": str(slot)})
            row = rows.mappings().first()
        return _row(row) if row else None

    def plan(self, row: OutboxRow) -> OutboxRow:
        """Write a planned row and return the row that now stands: the given one, or an earlier one whose upload has begun."""
        artifacts = {role: getattr(row, role).model_dump() for role in ("film", "thumbnail", "script")}
        self._write(
            _PLAN,
            slot=row.slot,
            channel_id=row.channel_id,
            title=row.title,
            artifacts=json.dumps(artifacts),
            publish_at=row.publish_at,
            duration=row.duration_seconds,
            score=row.quality_score,
        )
        standing = self.get(SlotId.parse(row.slot))
        if standing is None:
            raise Transient(f"The row of {row.slot} vanished from the outbox.", "Try again.")
        return standing

    def record_session(self, slot: SlotId, session_uri: str) -> None:
        """Note an open upload session, before the first byte of the film is sent."""
        self._set(slot, "state = 'uploading', session_uri = :value, error = null", session_uri)

    def record_upload(self, slot: SlotId, video_id: str) -> None:
        """Note the id of the uploaded video, and forget the session."""
        self._set(slot, "state = 'uploaded', video_id = :value, session_uri = null, error = null", video_id)

    def record_thumbnail(self, slot: SlotId) -> None:
        """Note that the video has its picture."""
        self._set(slot, "thumbnail_set_at = cast(:value as timestamptz), error = null", self._clock.now())

    def record_failure(self, slot: SlotId, error: str, is_final: bool) -> None:
        """Note why the slot is not published. A final failure changes the state; what was reached is kept either way."""
        state = "state = case when video_id is null then 'failed' else state end, " if is_final else ""
        self._set(slot, f"{state}error = :value", error)

    def _set(self, slot: SlotId, changes: str, value: str | datetime) -> None:
        query = text(f"update ops.publications set {changes}, updated_at = :now where slot_id = :slot")  # noqa: S608 (own text)
        self._write(query, slot=str(slot), value=value)

    def _write(self, query: Any, **parameters: Any) -> None:
        with self._engine.begin() as connection:
            connection.execute(query, {**parameters, "now": self._clock.now()})


def _row(row: RowMapping) -> OutboxRow:
    return OutboxRow(
        slot=row["slot_id"],
        channel_id=row["channel_id"],
        state=PublicationState(row["state"]),
        title=row["title"],
        publish_at=row["publish_at"],
        duration_seconds=row["duration_seconds"],
        quality_score=row["quality_score"],
        session_uri=row["session_uri"] or "",
        video_id=row["video_id"] or "",
        has_thumbnail=row["thumbnail_set_at"] is not None,
        note=row["error"] or "",
        **{role: Artifact(**row["artifacts"][role]) for role in ("film", "thumbnail", "script")},
    )
