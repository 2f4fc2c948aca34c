"""Reviews (`ops.reviews`): films that a person is asked about before they are published, and what was decided.

A decision is about one film: a slot that is made again with another film is asked about again. A review ends when the slot's
moment of publishing passes: nobody can decide it any more. Decisions are audited."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from core.audit import OPERATOR, write_audit
from core.errors import Refused, UnknownName
from core.ids import SlotId
from generation.values import Artifact, QualityVerdict, Review

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

LANE_SETTING = "the lane's setting"
"""Who decided where a lane publishes unreviewed."""

_ASK = text("""
    insert into ops.reviews (slot_id, film_digest, why, verdict, asked_at)
    values (:slot, :film, :why, cast(:verdict as jsonb), :now)
    on conflict (slot_id, film_digest) do update
    set why = excluded.why, verdict = excluded.verdict
    where reviews.decided_at is null
""")
_REVIEWS = text("""
    select reviews.*, publications.title, publications.publish_at, publications.state, publications.artifacts
    from ops.reviews as reviews
    inner join ops.publications as publications
        on publications.slot_id = reviews.slot_id and publications.artifacts -> 'film' ->> 'digest' = reviews.film_digest
    where coalesce(reviews.slot_id = :slot, reviews.decided_at is null and publications.state = 'planned')
    order by publications.publish_at, reviews.slot_id
""")
_DECIDE = text("""
    update ops.reviews
    set decided_at = :now, decided_by = :actor, is_approved = :approved, reason = :reason
    where slot_id = :slot and film_digest = :film and decided_at is null
""")
_FAIL = text("""
    update ops.publications set state = 'failed', error = :error, updated_at = :now
    where slot_id = :slot and session_uri is null and video_id is null
""")


class PostgresReviews:
    """Asks for and takes decisions.

    Args:
        actor: who is written into the audit log.
    """

    def __init__(self, engine: Engine, actor: str = OPERATOR) -> None:
        self._engine = engine
        self._actor = actor

    def ask(self, slot: SlotId, film: Artifact, why: str, verdict: QualityVerdict, now: datetime) -> Review:
        """Ask about a planned slot's film, once, and return the question as it stands, decided or not."""
        with self._engine.begin() as connection:
            values = {"slot": str(slot), "film": film.digest, "why": why, "verdict": verdict.model_dump_json(), "now": now}
            connection.execute(_ASK, values)
            return self._of(connection, slot)

    def waiting(self) -> list[Review]:
        """The films that nobody has decided about, the one that is published first first; those whose moment passed, too."""
        with self._engine.connect() as connection:
            return [_review(row) for row in connection.execute(_REVIEWS, {"slot": None}).mappings()]

    def get(self, slot: SlotId) -> Review:
        """The question about a slot's present film. Raises UnknownName where nobody is asked."""
        with self._engine.connect() as connection:
            return self._of(connection, slot)

    def decide(self, slot: SlotId, *, is_approved: bool, reason: str, now: datetime) -> Review:
        """Decide about a slot's present film. A rejected one ends its publication; the same decision again changes nothing.

        Raises UnknownName where nobody is asked, Refused where it was decided otherwise or its moment has passed."""
        with self._engine.begin() as connection:
            review = self._of(connection, slot)
            if review.is_approved is not None:
                if review.is_approved is is_approved:
                    return review
                raise Refused(
                    f"The film of {slot} was {review.outcome} by {review.decided_by} on {review.decided_at:%Y-%m-%d %H:%M} UTC.",
                    "A decision stands. Make the slot again for another film.",
                )
            if review.publish_at <= now:
                raise Refused(
                    f"The review of {slot} has ended: its moment, {review.publish_at:%Y-%m-%d %H:%M} UTC, has passed.",
                    "Nothing was published. List what still waits: ytempire review list",
                )
            values = {"slot": str(slot), "film": review.film.digest, "now": now, "actor": self._actor, "reason": reason}
            connection.execute(_DECIDE, {**values, "approved": is_approved})
            if not is_approved:
                error = f"Rejected by {self._actor}: {reason}"
                connection.execute(_FAIL, {"slot": str(slot), "error": error, "now": now})
            action = "review.approved" if is_approved else "review.rejected"
            detail = {"why": reason, "film": review.film.digest, "score": review.verdict.score}
            write_audit(connection, now, self._actor, action, str(slot), detail)
            return self._of(connection, slot)

    def _of(self, connection: Connection, slot: SlotId) -> Review:
        row = connection.execute(_REVIEWS, {"slot": str(slot)}).mappings().one_or_none()
        if row is None:
            raise UnknownName(f"No film of {slot} waits for a person.", "List those that do: ytempire review list")
        return _review(row)


def _review(row: Any) -> Review:
    return Review(
        slot=row["slot_id"],
        title=row["title"],
        publish_at=row["publish_at"],
        is_uploaded=row["state"] in ("uploaded", "published"),
        film=Artifact(**row["artifacts"]["film"]),
        thumbnail=Artifact(**row["artifacts"]["thumbnail"]),
        why=row["why"],
        verdict=QualityVerdict.model_validate(row["verdict"]),
        asked_at=row["asked_at"],
        decided_at=row["decided_at"],
        decided_by=row["decided_by"] or "",
        is_approved=row["is_approved"],
        reason=row["reason"] or "",
    )
