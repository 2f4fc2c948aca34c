"""The outbox in Postgres remembers each thing done, and lets one process at a time publish a slot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from core.errors import Transient
from core.ids import SlotId
from generation.artifacts import ArtifactStore
from generation.outbox import PostgresOutbox
from generation.values import Deferral, OutboxRow, PolicyVerdict, PublicationState
from tests.unit.generation.fakes import CLOCK, SLOT, Crash
from tests.unit.generation.test_publication import POINTS, Attempt

pytestmark = pytest.mark.postgres


def planned_row(artifacts: ArtifactStore) -> OutboxRow:
    return OutboxRow(
        slot=str(SLOT),
        channel_id="UCpulse",
        state=PublicationState.PLANNED,
        title="Modern Warfare 4 in Numbers",
        publish_at=datetime(2026, 6, 8, 22, tzinfo=UTC),
        film=artifacts.put(b"film", suffix=".mp4"),
        thumbnail=artifacts.put(b"picture", suffix=".jpg"),
        script=artifacts.put(b"{}", suffix=".json"),
        duration_seconds=71.5,
        quality_score=97.0,
    )


@pytest.fixture
def outbox(database: Engine) -> PostgresOutbox:
    return PostgresOutbox(database, CLOCK)


def test_a_row_keeps_everything(outbox: PostgresOutbox, artifacts: ArtifactStore) -> None:
    row = planned_row(artifacts)
    assert outbox.get(SLOT) is None
    assert outbox.plan(row) == row
    assert outbox.get(SLOT) == row


def test_a_plan_is_replaced_until_its_upload_begins(outbox: PostgresOutbox, artifacts: ArtifactStore) -> None:
    row = planned_row(artifacts)
    outbox.plan(row)
    better = row.model_copy(update={"title": "Better", "film": artifacts.put(b"better", suffix=".mp4")})
    outbox.record_failure(SLOT, "No answer.", is_final=True)
    assert outbox.plan(better) == better
    outbox.record_session(SLOT, "https://upload/1")
    standing = outbox.plan(row)
    assert (standing.title, standing.state, standing.session_uri) == ("Better", PublicationState.UPLOADING, "https://upload/1")
    outbox.record_upload(SLOT, "vid1")
    standing = outbox.plan(row)
    assert (standing.title, standing.state, standing.video_id, standing.session_uri) == (
        "Better",
        PublicationState.UPLOADED,
        "vid1",
        "",
    )
    outbox.record_thumbnail(SLOT)
    assert outbox.plan(row).has_thumbnail


def test_a_failure_is_noted_and_takes_nothing_back(outbox: PostgresOutbox, artifacts: ArtifactStore) -> None:
    outbox.plan(planned_row(artifacts))
    outbox.record_failure(SLOT, "No answer.", is_final=False)
    assert (outbox.plan(planned_row(artifacts)).note) == ""
    outbox.record_session(SLOT, "https://upload/1")
    outbox.record_failure(SLOT, "Refused.", is_final=True)
    failed = outbox.get(SLOT)
    assert failed is not None
    assert (failed.state, failed.session_uri, failed.note) == (PublicationState.FAILED, "https://upload/1", "Refused.")
    outbox.record_upload(SLOT, "vid1")
    outbox.record_failure(SLOT, "Picture refused.", is_final=True)
    uploaded = outbox.get(SLOT)
    assert uploaded is not None
    assert (uploaded.state, uploaded.note) == (PublicationState.UPLOADED, "Picture refused.")


def test_what_is_deferred_waits_is_due_and_is_counted(outbox: PostgresOutbox, artifacts: ArtifactStore) -> None:
    now, later = CLOCK.now(), CLOCK.now() + timedelta(hours=24)
    row = planned_row(artifacts)
    outbox.plan(row)
    outbox.defer(SLOT, later, Deferral.CHANNEL, "Too many.")
    assert (outbox.waits_until("UCpulse", now), outbox.waits_until("UCother", now)) == (later, None)
    assert (outbox.waits_until("UCpulse", later), outbox.due(now)) == (None, [])
    assert outbox.due(later) == [(SLOT, now)]
    assert outbox.waiting() == [f"1 of UCpulse waits until {later:%Y-%m-%d %H:%M} UTC: Too many."]
    assert outbox.taken("UCpulse") == {row.publish_at}
    assert outbox.plan(row).deferred_until == later
    outbox.defer(SLOT, later, Deferral.QUOTA, "Spent.")
    assert outbox.waits_until("UCother", now) == later
    outbox.record_session(SLOT, "https://upload/1")
    dated = outbox.redate(SLOT, later)
    assert (dated.session_uri, dated.publish_at, outbox.due(now)) == ("", later, [(SLOT, now)])
    outbox.record_upload(SLOT, "vid1")
    assert (outbox.waiting(), outbox.due(later)) == ([], [])


def test_a_final_failure_waits_for_nothing(outbox: PostgresOutbox, artifacts: ArtifactStore) -> None:
    outbox.plan(planned_row(artifacts))
    outbox.defer(SLOT, CLOCK.now(), Deferral.RATE, "Slow down.")
    outbox.record_failure(SLOT, "Refused.", is_final=True)
    assert outbox.due(CLOCK.now()) == []


def test_one_process_at_a_time_publishes_a_slot(outbox: PostgresOutbox, database: Engine) -> None:
    other = SlotId(SLOT.on + timedelta(days=1), SLOT.lane)
    rival = PostgresOutbox(database, CLOCK)
    with outbox.claim(SLOT):
        with pytest.raises(Transient, match="Another process"), rival.claim(SLOT):
            pytest.fail("both hold the slot")
        with rival.claim(other):
            pass
    with rival.claim(SLOT):
        pass


def test_a_claim_ends_with_its_holder(outbox: PostgresOutbox) -> None:
    with pytest.raises(Crash), outbox.claim(SLOT):
        raise Crash
    with outbox.claim(SLOT):
        pass


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crashes=st.lists(st.sampled_from(POINTS), max_size=4))
def test_crashes_anywhere_never_upload_twice(
    crashes: list[str], verdict: PolicyVerdict, artifacts: ArtifactStore, outbox: PostgresOutbox, database: Engine
) -> None:
    attempt = Attempt(verdict, artifacts)
    attempt.outbox = outbox  # type: ignore[assignment]
    with database.begin() as connection:
        connection.exec_driver_sql("truncate ops.publications cascade")
    for number, point in enumerate(crashes):
        attempt.remake(b"frames %d" % number)
        try:
            attempt.run(crash_at=point)
        except Crash:
            continue
        break
    reached = attempt.run()
    assert len(attempt.service.videos) == 1
    standing = outbox.get(SLOT)
    assert standing is not None
    assert (standing.state, standing.video_id, standing.has_thumbnail) == (PublicationState.UPLOADED, reached.video_id, True)
