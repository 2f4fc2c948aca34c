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
from generation.values import Artifact, Deferral, OutboxRow, PublicationState

_LOCK_SPACE = 0x59_54_50_42  # "YTPB": keeps the outbox's advisory locks apart from others

_NOTHING_WAITS = "deferred_until = null, deferred_for = null"

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


_WAITS = text("""
    select max(deferred_until) from ops.publications
    where deferred_until > :now and (deferred_for = 'quota' or (deferred_for = 'channel' and channel_id = :channel))
""")
_TAKEN = text("""
    select publish_at from ops.publications where channel_id = :channel and state <> 'failed' and publish_at is not null
""")
_DUE = text("""
    select slot_id, updated_at from ops.publications
    where deferred_until <= :now and state <> 'failed' order by deferred_until, slot_id
""")
_WAITING = text("""
    select channel_id, count(*), max(deferred_until), coalesce(max(error), 'its moment has passed.') from ops.publications
    where deferred_until is not null group by deferred_for, channel_id order by deferred_for, channel_id
""")
_TROUBLED = text("""
    select slot_id, error from ops.publications
    where state = 'uploaded' and deferred_until is null and error is not null order by publish_at, slot_id
""")
_DEFER = text("""
    update ops.publications
    set deferred_until = :until, deferred_for = :what_for, error = :why, updated_at = :now where slot_id = :slot
""")
_REDATE = text("""
    update ops.publications
    set publish_at = :at, session_uri = null, deferred_until = :now, deferred_for = 'date', updated_at = :now
    where slot_id = :slot and video_id is null
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

    def waits_until(self, channel_id: str, now: datetime) -> datetime | None:
        """Until when no upload to the channel can be begun, as earlier attempts learnt; None where one can."""
        with self._engine.connect() as connection:
            found: datetime | None = connection.execute(_WAITS, {"channel": channel_id, "now": now}).scalar()
            return found

    def taken(self, channel_id: str) -> set[datetime]:
        """Moments at which the channel's publications are due, or were."""
        with self._engine.connect() as connection:
            return set(connection.execute(_TAKEN, {"channel": channel_id}).scalars())

    def due(self, now: datetime) -> list[tuple[SlotId, datetime]]:
        """Slots that are to be taken up again, and when their rows were last changed."""
        with self._engine.connect() as connection:
            return [(SlotId.parse(slot), changed) for slot, changed in connection.execute(_DUE, {"now": now})]

    def waiting(self) -> list[str]:
        """A sentence for each thing that publications wait for: how many, of which channel, until when, and why."""
        with self._engine.connect() as connection:
            return [
                f"{count} of {channel} {'waits' if count == 1 else 'wait'} until {until:%Y-%m-%d %H:%M} UTC: {why}"
                for channel, count, until, why in connection.execute(_WAITING)
            ]

    def troubled(self) -> list[str]:
        """A sentence for each uploaded video that is not public, of which something is wrong that will not pass by itself."""
        with self._engine.connect() as connection:
            return [f"{slot}: {why}" for slot, why in connection.execute(_TROUBLED)]

    def defer(self, slot: SlotId, until: datetime, what_for: Deferral, why: str) -> None:
        """Note that the slot is taken up again at a moment; what was reached is kept."""
        self._write(_DEFER, slot=str(slot), until=until, what_for=what_for.value, why=why)

    def redate(self, slot: SlotId, publish_at: datetime) -> OutboxRow:
        """Give a video that is not up another moment of publishing, and forget its session, which has the old one."""
        self._write(_REDATE, slot=str(slot), at=publish_at)
        row = self.get(slot)
        if row is None:
            raise Transient(f"The row of {slot} vanished from the outbox.", "Try again.")
        return row

    def record_session(self, slot: SlotId, session_uri: str) -> None:
        """Note an open upload session, before the first byte of the film is sent."""
        self._set(slot, "state = 'uploading', session_uri = :value, error = null", session_uri)

    def record_upload(self, slot: SlotId, video_id: str) -> None:
        """Note the id of the uploaded video, and forget the session."""
        self._set(slot, f"state = 'uploaded', video_id = :value, session_uri = null, error = null, {_NOTHING_WAITS}", video_id)

    def record_thumbnail(self, slot: SlotId) -> None:
        """Note that the video has its picture."""
        self._set(slot, f"thumbnail_set_at = cast(:value as timestamptz), error = null, {_NOTHING_WAITS}", self._clock.now())

    def record_failure(self, slot: SlotId, error: str, is_final: bool) -> None:
        """Note why the slot is not published. A final failure changes the state; what was reached is kept either way."""
        ends = f"state = case when video_id is null then 'failed' else state end, {_NOTHING_WAITS}, "
        state = ends if is_final else ""
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
        deferred_until=row["deferred_until"],
        note=row["error"] or "",
        **{role: Artifact(**row["artifacts"][role]) for role in ("film", "thumbnail", "script")},
    )
