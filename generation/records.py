"""What became of each slot, for operators and reports: the calendar, the videos and the attempts to make them.

The work itself lives in the artifacts and the outbox; nothing here decides anything, so that a lost row costs a report and no
video. Rows are written when a video is begun, when it is finished, and when an attempt fails."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from core.clock import Clock
from core.ids import SlotId
from generation.planning.slots import planned
from generation.values import (
    Film,
    Lane,
    PolicyVerdict,
    Publication,
    PublicationState,
    QualityVerdict,
    ThumbnailChoice,
    TopicChoice,
)

_PLAN = text("""
    insert into ops.content_calendar (slot_id, channel_id, lane_id, scheduled_on, scheduled_at)
    values (:slot, :channel, :lane, :on, :at)
    on conflict (slot_id) do update set scheduled_at = excluded.scheduled_at
""")
_BEGIN = text("""
    insert into ops.generation_jobs (job_id, slot_id, status, attempt, started_at)
    select :job, :slot, 'running', count(*) + 1, :now from ops.generation_jobs where slot_id = :slot
    on conflict (job_id) do update set status = 'running', error = null, finished_at = null
""")
_BEGIN_VIDEO = text("""
    insert into ops.videos (slot_id, channel_id, scheduled_at, generation_started_at, status, updated_at)
    values (:slot, :channel, :at, :now, 'generating', :now)
    on conflict (slot_id) do update set
        status = case when ops.videos.youtube_video_id is null then 'generating' else ops.videos.status end,
        error = null, updated_at = :now
""")
_CHOSEN = text("""
    update ops.content_calendar
    set topic = :topic, status = case when status = 'published' then status else 'in_production' end,
        metadata = metadata || cast(:metadata as jsonb)
    where slot_id = :slot
""")
_FINISH_VIDEO = text("""
    update ops.videos set
        youtube_video_id = nullif(:video, ''), title = :title, description = :description, tags = :tags, script = :script,
        voice_profile = :voice, duration_seconds = :seconds, quality_score = :score, cost_usd_micros = :cost,
        cost_breakdown = cast(:breakdown as jsonb), status = cast(:status as ops.video_status), error = null,
        generation_finished_at = :now, updated_at = :now
    where slot_id = :slot
""")
_FINISH_JOB = text("""
    update ops.generation_jobs
    set status = 'succeeded', result = cast(:result as jsonb), finished_at = :now
    where job_id = :job and status = 'running'
""")
_COSTS = text("""
    select step, sum(usd_micros)::bigint as usd_micros from ops.ledger_cost where slot_id = :slot group by step order by step
""")
_READY = text("""
    update ops.content_calendar
    set status = case when status = 'published' then status else 'ready' end, metadata = metadata || cast(:metadata as jsonb)
    where slot_id = :slot
""")
_FAIL = text("""
    with failed as (
        update ops.generation_jobs set status = 'failed', error = :error, finished_at = :now
        where job_id = :job and status = 'running'
        returning slot_id
    ),

    stopped as (
        update ops.videos set status = 'failed', error = :error, updated_at = :now
        from failed where videos.slot_id = failed.slot_id and youtube_video_id is null
        returning videos.slot_id
    )

    update ops.content_calendar set status = 'failed' from stopped where content_calendar.slot_id = stopped.slot_id
""")
_UPLOADED = text("""
    select slot_id, video_id, publish_at from ops.publications where state = 'uploaded' order by publish_at, slot_id
""")
_TROUBLED = text("""
    update ops.publications set error = :why, updated_at = :now
    where slot_id = :slot and state = 'uploaded' and error is distinct from :why
""")
LATE = timedelta(hours=1)
"""How long after its moment a video that is not public is overdue."""

UNSEEN = timedelta(days=1)
"""How long after its moment a video that no reading of the channel shows is missed: one reading may have been left out."""

_PUBLISHED = text("""
    with due as (
        update ops.publications set state = 'published', updated_at = :now
        where state = 'uploaded' and publish_at <= :now and slot_id in (
            select slot_id from ops.publications where video_id = any(:public)
        )
        returning slot_id, publish_at
    ),

    shown as (
        update ops.videos set status = 'published', published_at = due.publish_at, updated_at = :now
        from due where videos.slot_id = due.slot_id
    )

    update ops.content_calendar set status = 'published' from due where content_calendar.slot_id = due.slot_id
""")


def _predictions(quality: QualityVerdict, thumbnail: ThumbnailChoice | None) -> list[dict[str, str | float]]:
    """What models expect of a finished video, each between 0 and 1 as its model gave it."""
    chance = quality.likelihood if quality.likelihood_learnt is None else quality.likelihood_learnt
    expected: list[dict[str, str | float]] = [{"model": "quality", "version": quality.model_version, "score": chance / 100}]
    if thumbnail is not None:
        expected.append({"model": "ctr", "version": thumbnail.model_version, "score": thumbnail.chosen.ctr})
    return expected


def trouble_of(status: Mapping[str, Any] | None, publish_at: datetime, now: datetime) -> str:
    """Why an uploaded video will not be, or was not, public at its moment; empty where nothing is wrong.

    Args:
        status: the `status` part of its resource as YouTube shows it to the owner; None where no reading shows the video."""
    if status is None:
        return "YouTube does not show the uploaded video. Look for it in YouTube Studio." if publish_at + UNSEEN <= now else ""
    state = status.get("uploadStatus")
    if state in ("failed", "rejected", "deleted"):
        reason = status.get("failureReason") or status.get("rejectionReason") or "no reason is given"
        return f"YouTube says the upload is {state}: {reason}. See the video in YouTube Studio."
    if status.get("privacyStatus") == "public" or publish_at + LATE > now:
        return ""
    done = "" if state == "processed" else f" and is only {state or 'unknown'}"
    return f"The video was due at {publish_at:%Y-%m-%d %H:%M} UTC, is not public{done}. See it in YouTube Studio."


class SlotRecords:
    """Rows of `ops.content_calendar`, `ops.videos` and `ops.generation_jobs`.

    Args:
        engine: of the platform's database.
        clock: of the rows' moments, so that a simulated day writes its own time.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def plan(self, lane: Lane, slots: Iterable[SlotId]) -> None:
        """Put slots of a lane into the calendar; those that are there keep what became of them."""
        rows = [
            {
                "slot": str(slot),
                "channel": lane.channel.channel_id,
                "lane": lane.lane_id,
                "on": slot.on,
                "at": planned(lane, slot.on).publish_at,
            }
            for slot in slots
        ]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(_PLAN, rows)

    def begin(self, lane: Lane, slot: SlotId, job: UUID) -> None:
        """Note that a run sets about a slot's video."""
        self.plan(lane, [slot])
        with self._engine.begin() as connection:
            known = {"slot": str(slot), "job": job, "now": self._clock.now()}
            connection.execute(_BEGIN, known)
            at = planned(lane, slot.on).publish_at
            connection.execute(_BEGIN_VIDEO, {**known, "channel": lane.channel.channel_id, "at": at})

    def choose(self, choice: TopicChoice) -> None:
        """Note what the slot's video is about, and why."""
        metadata = json.dumps({"reason": choice.reason, "scope": choice.scope})
        with self._engine.begin() as connection:
            connection.execute(_CHOSEN, {"slot": choice.slot, "topic": choice.headline, "metadata": metadata})

    def finish(
        self,
        verdict: PolicyVerdict,
        quality: QualityVerdict,
        film: Film,
        voice: str,
        reached: Publication,
        job: UUID,
        thumbnail: ThumbnailChoice | None = None,
    ) -> None:
        """Note the finished video, what it cost, how it was judged, what models expect of it, and how far its publication got."""
        script = verdict.script
        is_up = reached.state in (PublicationState.UPLOADED, PublicationState.PUBLISHED)
        result = {"state": reached.state.value, "video_id": reached.video_id, "note": reached.note}
        with self._engine.begin() as connection:
            costs = {row.step: row.usd_micros for row in connection.execute(_COSTS, {"slot": reached.slot})}
            values = {
                "slot": reached.slot,
                "video": reached.video_id,
                "title": reached.title,
                "description": script.description,
                "tags": list(script.tags),
                "script": script.spoken_text,
                "voice": voice,
                "seconds": film.duration_seconds,
                "score": quality.score,
                "cost": sum(costs.values()),
                "breakdown": json.dumps(costs),
                "status": "uploaded" if is_up else "ready",
                "now": self._clock.now(),
            }
            connection.execute(_FINISH_VIDEO, values)
            judged = {"decision": quality.decision.value, "predictions": _predictions(quality, thumbnail)}
            connection.execute(_READY, {"slot": reached.slot, "metadata": json.dumps(judged)})
            connection.execute(_FINISH_JOB, {"job": job, "result": json.dumps(result), "now": self._clock.now()})

    def fail(self, job: UUID, error: str) -> None:
        """Note why a run failed. A video that is uploaded already stays so."""
        with self._engine.begin() as connection:
            connection.execute(_FAIL, {"job": job, "error": error, "now": self._clock.now()})

    def see_trouble(self, statuses: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Note why uploads are failed, rejected, missing or overdue, and return a sentence for each.

        Args:
            statuses: of the videos that were read, by video id."""
        now, told = self._clock.now(), []
        with self._engine.begin() as connection:
            for slot, video_id, publish_at in connection.execute(_UPLOADED).all():
                if why := trouble_of(statuses.get(video_id), publish_at, now):
                    connection.execute(_TROUBLED, {"slot": slot, "why": why, "now": now})
                    told.append(f"{slot}: {why}")
        return told

    def see_published(self, public_video_ids: Iterable[str]) -> None:
        """Note that uploads whose moment has come are public, as YouTube shows them."""
        with self._engine.begin() as connection:
            connection.execute(_PUBLISHED, {"public": list(public_video_ids), "now": self._clock.now()})
