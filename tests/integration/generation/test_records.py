"""What became of a slot, on a real Postgres."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from core.clock import FrozenClock
from core.ledger.cost import CostLedger
from core.ledger.store import PostgresLedgerStore
from generation.artifacts import ArtifactStore
from generation.outbox import PostgresOutbox
from generation.planning.slots import planned
from generation.records import SlotRecords, trouble_of
from generation.retention import FILMS_KEPT, discard_old_films
from generation.values import (
    Decision,
    Film,
    OutboxRow,
    PolicyVerdict,
    Publication,
    PublicationState,
    QualityVerdict,
    ScoredThumbnail,
    ThumbnailChoice,
    TopicChoice,
)
from tests.unit.generation.fakes import CHANNEL, CLOCK, LANE, MOMENT, SLOT

pytestmark = pytest.mark.postgres

JOB = UUID(int=1)
PUBLISH_AT = planned(LANE, SLOT.on).publish_at


def film(artifacts: ArtifactStore) -> Film:
    made = artifacts.put(b"a film", suffix=".mp4")
    return Film(
        slot=str(SLOT),
        film=made,
        captions=artifacts.put(b"1", suffix=".srt"),
        posters=(),
        width=1920,
        height=1080,
        duration_seconds=21.5,
        scene_starts=(0.0,),
        captions_coverage=1.0,
        words_count=50,
        render_seconds=1.0,
    )


def quality() -> QualityVerdict:
    return QualityVerdict(
        slot=str(SLOT), decision=Decision.AUTO_APPROVE, score=91, aspects={}, measures=(), likelihood=50, model_version="1"
    )


def upload(engine: Engine, artifacts: ArtifactStore, verdict: PolicyVerdict) -> Publication:
    """Put the slot's video through the outbox."""
    outbox = PostgresOutbox(engine, CLOCK)
    outbox.plan(
        OutboxRow(
            slot=str(SLOT),
            channel_id=CHANNEL.channel_id,
            state=PublicationState.PLANNED,
            title=verdict.script.title,
            publish_at=PUBLISH_AT,
            film=film(artifacts).film,
            thumbnail=artifacts.put(b"a picture", suffix=".jpg"),
            script=artifacts.put(b"words", suffix=".json"),
            duration_seconds=21.5,
            quality_score=91,
        )
    )
    outbox.record_upload(SLOT, "abcdefghijk")
    return Publication(
        slot=str(SLOT),
        channel_id=CHANNEL.channel_id,
        state=PublicationState.UPLOADED,
        title=verdict.script.title,
        publish_at=PUBLISH_AT,
        video_id="abcdefghijk",
        has_thumbnail=True,
    )


def row(engine: Engine, table: str) -> dict[str, Any]:
    with engine.connect() as connection:
        return dict(
            connection.execute(text(f"select * from {table} where slot_id = :slot"), {"slot": str(SLOT)}).mappings().one()
        )


def test_a_slot_from_plan_to_public(
    warehouse_engine: Engine, artifacts: ArtifactStore, choice: TopicChoice, verdict: PolicyVerdict
) -> None:
    engine, records = warehouse_engine, SlotRecords(warehouse_engine, CLOCK)
    records.begin(LANE, SLOT, JOB)
    records.choose(choice)
    ledger = CostLedger(PostgresLedgerStore(engine))
    for step, price in (("script", 2_000), ("narration", 9_000)):
        ledger.commit(ledger.reserve(f"{SLOT}:{step}", step, str(SLOT), "vendor", price, 500_000, MOMENT), price)
    picture = ScoredThumbnail(image=artifacts.put(b"a picture", suffix=".jpg"), style="bold", features={}, ctr=0.07)
    chosen = ThumbnailChoice(slot=str(SLOT), candidates=(picture,), model_version="4", reason="")
    records.finish(verdict, quality(), film(artifacts), "en-us", upload(engine, artifacts, verdict), JOB, chosen)

    video, entry, job = (row(engine, f"ops.{table}") for table in ("videos", "content_calendar", "generation_jobs"))
    assert (video["status"], video["youtube_video_id"], video["quality_score"]) == ("uploaded", "abcdefghijk", 91)
    assert (video["cost_usd_micros"], video["cost_breakdown"]) == (11_000, {"narration": 9_000, "script": 2_000})
    assert verdict.script.plan.scenes[0].narration in video["script"]
    assert (entry["status"], entry["topic"], entry["scheduled_at"]) == ("ready", choice.headline, PUBLISH_AT)
    assert (entry["metadata"]["decision"], entry["metadata"]["scope"]) == ("auto_approve", choice.scope)
    assert entry["metadata"]["predictions"] == [
        {"model": "quality", "version": "1", "score": 0.5},
        {"model": "ctr", "version": "4", "score": 0.07},
    ]
    assert (job["status"], job["attempt"], job["finished_at"]) == ("succeeded", 1, MOMENT)

    SlotRecords(engine, FrozenClock(PUBLISH_AT - timedelta(seconds=1))).see_published(["abcdefghijk"])
    SlotRecords(engine, FrozenClock(PUBLISH_AT)).see_published(["another"])
    assert row(engine, "ops.videos")["status"] == "uploaded"
    SlotRecords(engine, FrozenClock(PUBLISH_AT)).see_published(["abcdefghijk"])
    video, entry = (row(engine, f"ops.{table}") for table in ("videos", "content_calendar"))
    assert (video["status"], video["published_at"], entry["status"]) == ("published", PUBLISH_AT, "published")
    assert row(engine, "ops.publications")["state"] == "published"


@pytest.mark.parametrize(
    ("status", "late", "said"),
    [
        ({"uploadStatus": "failed", "failureReason": "invalidFile"}, timedelta(hours=-5), "failed: invalidFile"),
        ({"uploadStatus": "rejected", "rejectionReason": "duplicate"}, timedelta(hours=-5), "rejected: duplicate"),
        ({"uploadStatus": "uploaded", "privacyStatus": "private"}, timedelta(hours=1), "not public and is only uploaded"),
        ({"uploadStatus": "processed", "privacyStatus": "private"}, timedelta(hours=1), "is not public. See"),
        (None, timedelta(days=1), "does not show"),
        ({"uploadStatus": "uploaded", "privacyStatus": "private"}, timedelta(minutes=59), ""),
        ({"uploadStatus": "processed", "privacyStatus": "public"}, timedelta(days=1), ""),
        (None, timedelta(hours=23), ""),
    ],
)
def test_what_is_wrong_with_an_upload(status: dict[str, str] | None, late: timedelta, said: str) -> None:
    trouble = trouble_of(status, PUBLISH_AT, PUBLISH_AT + late)
    assert said in trouble
    assert bool(said) == bool(trouble)


def test_trouble_with_an_upload_is_kept_and_told(
    warehouse_engine: Engine, artifacts: ArtifactStore, verdict: PolicyVerdict
) -> None:
    upload(warehouse_engine, artifacts, verdict)
    records, outbox = SlotRecords(warehouse_engine, CLOCK), PostgresOutbox(warehouse_engine, CLOCK)
    assert (records.see_trouble({"abcdefghijk": {"uploadStatus": "uploaded"}}), outbox.troubled()) == ([], [])
    told = records.see_trouble({"abcdefghijk": {"uploadStatus": "rejected", "rejectionReason": "duplicate"}})
    assert (
        told == outbox.troubled() == [f"{SLOT}: YouTube says the upload is rejected: duplicate. See the video in YouTube Studio."]
    )


def test_a_failure_after_the_upload_leaves_the_video_uploaded(
    warehouse_engine: Engine, artifacts: ArtifactStore, verdict: PolicyVerdict
) -> None:
    records = SlotRecords(warehouse_engine, CLOCK)
    records.begin(LANE, SLOT, JOB)
    records.finish(verdict, quality(), film(artifacts), "en-us", upload(warehouse_engine, artifacts, verdict), JOB)
    again = UUID(int=2)
    records.begin(LANE, SLOT, again)
    records.fail(again, "The network went away.")
    assert row(warehouse_engine, "ops.videos")["status"] == "uploaded"
    with warehouse_engine.connect() as connection:
        jobs = connection.execute(text("select status::text, error from ops.generation_jobs order by attempt")).all()
    assert [tuple(job) for job in jobs] == [("succeeded", None), ("failed", "The network went away.")]


def test_a_film_goes_a_month_after_its_publication(
    warehouse_engine: Engine, artifacts: ArtifactStore, verdict: PolicyVerdict
) -> None:
    upload(warehouse_engine, artifacts, verdict)
    made = film(artifacts).film
    assert discard_old_films(warehouse_engine, artifacts, PUBLISH_AT + FILMS_KEPT) == 0
    assert artifacts.holds(made)
    assert discard_old_films(warehouse_engine, artifacts, PUBLISH_AT + FILMS_KEPT + timedelta(seconds=1)) == made.size_bytes
    assert not artifacts.holds(made)
    assert discard_old_films(warehouse_engine, artifacts, PUBLISH_AT + timedelta(days=90)) == 0
