"""A video is uploaded once, whatever crashes between two steps, and only when it may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.clock import FrozenClock
from core.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    QuotaExhausted,
    RateLimited,
    Refused,
    Unreachable,
    UploadLimited,
    YtempireError,
)
from generation.artifacts import ArtifactStore
from generation.steps.publication import described, publish
from generation.values import (
    Action,
    Decision,
    Film,
    Finding,
    PolicyVerdict,
    Publication,
    PublicationState,
    QualityVerdict,
    ScoredThumbnail,
    Severity,
    ThumbnailChoice,
)
from tests.unit.generation.fakes import CHANNEL, CLOCK, LANE, SLOT, Channelside, Crash, FakeUploader, MemoryOutbox, MemoryReviews

PUBLISH_AT = datetime(2026, 6, 8, 22, tzinfo=UTC)
POINTS = (
    "before the session",
    "before the session is noted",
    "before the bytes",
    "after the bytes",
    "before the picture",
    "after the picture",
)


class Attempt:
    """Everything that one publication needs; `run` is one run of the step."""

    def __init__(self, verdict: PolicyVerdict, artifacts: ArtifactStore) -> None:
        self.service, self.outbox, self.artifacts = Channelside(), MemoryOutbox(), artifacts
        self.lane, self.reviews = LANE, MemoryReviews()
        self.policy = verdict
        self.quality = QualityVerdict(
            slot=str(SLOT),
            decision=Decision.AUTO_APPROVE,
            score=93,
            aspects={},
            measures=(),
            likelihood=51,
            model_version="1",
        )
        self.film = self._film(b"frames")
        self.thumbnail = ThumbnailChoice(
            slot=str(SLOT),
            candidates=(ScoredThumbnail(image=artifacts.put(b"jpeg", suffix=".jpg"), style="x", features={}, ctr=0.05),),
            model_version="1",
            reason="",
        )

    def _film(self, content: bytes) -> Film:
        scenes = len(self.policy.script.plan.scenes)
        return Film(
            slot=str(SLOT),
            film=self.artifacts.put(content, suffix=".mp4"),
            captions=self.artifacts.put(b"1", suffix=".srt"),
            posters=(),
            width=1920,
            height=1080,
            duration_seconds=12.0 * scenes,
            scene_starts=tuple(12.0 * at for at in range(scenes)),
            captions_coverage=1,
            words_count=150,
            render_seconds=1,
        )

    def remake(self, content: bytes) -> None:
        """A later run rendered another film."""
        self.film = self._film(content)

    def run(self, crash_at: str = "", clock: FrozenClock = CLOCK, **changes: object) -> Publication:
        uploader = FakeUploader(self.service, crash_at)
        options = {"is_audited": True, "reviews": self.reviews, **changes}
        return publish(
            self.lane,
            self.policy,
            self.quality,
            self.film,
            self.thumbnail,
            options.pop("uploader", uploader),  # type: ignore[arg-type]
            self.outbox,
            self.artifacts,
            clock,
            **options,  # type: ignore[arg-type]
        )

    @property
    def row_state(self) -> PublicationState:
        return self.outbox.rows[str(SLOT)].state


@pytest.fixture
def attempt(verdict: PolicyVerdict, artifacts: ArtifactStore) -> Attempt:
    return Attempt(verdict, artifacts)


def test_a_publication(attempt: Attempt) -> None:
    reached = attempt.run()
    assert (reached.state, reached.video_id, reached.publish_at) == (PublicationState.UPLOADED, "vid1", PUBLISH_AT)
    assert (reached.has_thumbnail, reached.note) == (True, "")
    (upload,) = attempt.service.videos
    assert upload.publish_at == PUBLISH_AT
    assert upload.contains_synthetic_media
    assert not upload.is_made_for_kids
    assert upload.category_id == CHANNEL.category_id
    assert "Chapters:\n0:00 " in upload.description
    assert attempt.service.pictures == {"vid1": b"jpeg"}
    row = attempt.outbox.rows[str(SLOT)]
    assert (row.duration_seconds, row.quality_score, row.session_uri) == (attempt.film.duration_seconds, 93, "")


@pytest.mark.parametrize(
    ("error", "until"),
    [
        (UploadLimited("Too many.", "Later."), CLOCK.now() + timedelta(hours=24)),
        (QuotaExhausted("Spent.", "Later."), datetime(2026, 6, 8, 7, tzinfo=UTC)),
        (RateLimited("Slow down.", "Later.", 300), CLOCK.now() + timedelta(minutes=5)),
    ],
)
def test_a_limit_defers_the_slot_and_fails_nothing(attempt: Attempt, error: YtempireError, until: datetime) -> None:
    reached = attempt.run(uploader=FakeUploader(attempt.service, upload_failure=error))
    assert (reached.state, reached.video_id) == (PublicationState.PLANNED, "")
    row = attempt.outbox.rows[str(SLOT)]
    assert (row.deferred_until, row.note) == (until, str(error))
    done = attempt.run(clock=FrozenClock(until))
    moment = PUBLISH_AT if until < PUBLISH_AT else PUBLISH_AT + timedelta(days=1)
    assert (done.state, done.publish_at, done.note) == (PublicationState.UPLOADED, moment, "")
    assert attempt.outbox.rows[str(SLOT)].deferred_until is None


def test_a_channel_that_met_its_limit_is_not_asked_before_it_passes(attempt: Attempt) -> None:
    attempt.run(uploader=FakeUploader(attempt.service, upload_failure=UploadLimited("Too many.", "Later.")))
    reached = attempt.run(clock=FrozenClock(CLOCK.now() + timedelta(hours=1)))
    assert (reached.state, attempt.service.videos) == (PublicationState.PLANNED, [])
    assert "Waits until" in reached.note


def test_a_deferred_slot_whose_moment_passed_takes_the_next_one_that_is_free(attempt: Attempt) -> None:
    attempt.run(uploader=FakeUploader(attempt.service, upload_failure=UploadLimited("Too many.", "Later.")))
    other = attempt.outbox.rows[str(SLOT)].model_copy(update={"slot": "other", "publish_at": PUBLISH_AT + timedelta(days=1)})
    attempt.outbox.rows["other"] = other
    reached = attempt.run(clock=FrozenClock(PUBLISH_AT + timedelta(hours=3)))
    assert reached.publish_at == attempt.service.videos[0].publish_at == PUBLISH_AT + timedelta(days=2)


@pytest.mark.parametrize("late", [timedelta(hours=2), timedelta(minutes=-5)])
def test_a_session_resumed_after_its_moment_gets_another_and_is_not_public_at_once(attempt: Attempt, late: timedelta) -> None:
    with pytest.raises(Crash):
        attempt.run(crash_at="before the bytes")
    reached = attempt.run(clock=FrozenClock(PUBLISH_AT + late))
    (upload,) = attempt.service.videos
    assert reached.publish_at == upload.publish_at == PUBLISH_AT + timedelta(days=1)
    assert reached.has_thumbnail


def test_a_session_that_was_complete_when_its_moment_passed_keeps_its_video(attempt: Attempt) -> None:
    with pytest.raises(Crash):
        attempt.run(crash_at="after the bytes")
    reached = attempt.run(clock=FrozenClock(PUBLISH_AT + timedelta(hours=2)))
    assert (len(attempt.service.videos), reached.video_id, reached.publish_at) == (1, "vid1", PUBLISH_AT)
    assert reached.has_thumbnail


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (NotFound("No such video yet.", "Later."), timedelta(minutes=15)),
        (Forbidden("Not allowed.", "Verify the channel."), timedelta(hours=24)),
        (QuotaExhausted("Spent.", "Later."), timedelta(hours=19)),
    ],
)
def test_a_picture_that_could_not_be_set_is_set_later(attempt: Attempt, error: YtempireError, pause: timedelta) -> None:
    reached = attempt.run(uploader=FakeUploader(attempt.service, thumbnail_failure=error))
    assert (reached.has_thumbnail, str(error) in reached.note) == (False, True)
    row = attempt.outbox.rows[str(SLOT)]
    assert (row.deferred_until, row.note) == (CLOCK.now() + pause, str(error))
    assert attempt.run(clock=FrozenClock(CLOCK.now() + pause)).has_thumbnail
    assert len(attempt.service.videos) == 1


def test_a_second_run_changes_nothing(attempt: Attempt) -> None:
    first = attempt.run()
    attempt.remake(b"another film")
    assert attempt.run() == first
    assert len(attempt.service.videos) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crashes=st.lists(st.sampled_from(POINTS), max_size=6))
def test_crashes_anywhere_in_any_order_never_upload_twice(
    crashes: list[str], verdict: PolicyVerdict, artifacts: ArtifactStore
) -> None:
    attempt = Attempt(verdict, artifacts)
    for number, point in enumerate(crashes):
        attempt.remake(b"frames %d" % number)
        try:
            attempt.run(crash_at=point)
        except Crash:
            continue
        break
    reached = attempt.run()
    assert len(attempt.service.videos) == 1
    assert attempt.service.pictures == {reached.video_id: b"jpeg"}
    assert attempt.row_state is PublicationState.UPLOADED


def test_an_upload_is_finished_with_the_film_that_it_was_begun_with(attempt: Attempt) -> None:
    begun = attempt.film.film
    with pytest.raises(Crash):
        attempt.run(crash_at="before the bytes")
    attempt.remake(b"another film")
    attempt.run(clock=FrozenClock(PUBLISH_AT + timedelta(hours=1)))
    assert attempt.outbox.rows[str(SLOT)].film == begun


def test_a_forgotten_session_is_replaced(attempt: Attempt) -> None:
    with pytest.raises(Crash):
        attempt.run(crash_at="before the bytes")
    attempt.service.sessions.clear()
    assert attempt.run().video_id == "vid1"


def test_a_moment_that_has_passed_is_refused(attempt: Attempt) -> None:
    with pytest.raises(InvalidInput, match="2026-06-08 22:00 UTC, has passed"):
        attempt.run(clock=FrozenClock(PUBLISH_AT))
    assert attempt.row_state is PublicationState.FAILED
    assert attempt.service.sessions == {}
    assert attempt.run().state is PublicationState.UPLOADED


def finding(action: Action) -> Finding:
    return Finding(check="terms", severity=Severity.HIGH, action=action, where="the title", message="The title says so.")


def test_a_blocked_script_is_never_uploaded(attempt: Attempt) -> None:
    attempt.policy = attempt.policy.model_copy(update={"action": Action.BLOCK, "findings": (finding(Action.BLOCK),)})
    with pytest.raises(InvalidInput, match="The title says so"):
        attempt.run()
    assert attempt.service.sessions == {}
    assert attempt.reviews.asked == {}


@pytest.mark.parametrize("decision", [Decision.REJECT, Decision.REVISE])
def test_a_weak_film_is_never_uploaded(decision: Decision, attempt: Attempt) -> None:
    attempt.quality = attempt.quality.model_copy(update={"decision": decision, "score": 41})
    with pytest.raises(InvalidInput, match="its quality is 41 of 100"):
        attempt.run()
    assert attempt.reviews.asked == {}


@pytest.mark.parametrize("decision", list(Decision))
def test_a_vetoed_film_is_never_uploaded_whatever_its_mean(decision: Decision, attempt: Attempt) -> None:
    vetoed = {"decision": decision, "score": 93, "vetoes": ("The picture is black for 100 % of the film.",)}
    attempt.quality = attempt.quality.model_copy(update=vetoed)
    assert attempt.quality.is_refused
    assert not attempt.quality.waits
    with pytest.raises(InvalidInput, match="The picture is black for 100 % of the film"):
        attempt.run()


MUST_BE_SEEN = {"action": Action.MANUAL_REVIEW, "findings": (finding(Action.MANUAL_REVIEW),)}
STILL = {"decision": Decision.MANUAL_REVIEW, "score": 70, "reasons": ("The picture is still for 67 % of the film.",)}


def test_what_a_person_must_see_waits_for_one(attempt: Attempt) -> None:
    attempt.policy = attempt.policy.model_copy(update=MUST_BE_SEEN)
    waiting = attempt.run()
    assert (waiting.state, waiting.video_id) == (PublicationState.PLANNED, "")
    assert waiting.note == attempt.reviews.asked[str(SLOT)].why == "Waits for a person: The title says so."
    attempt.reviews.decide(SLOT, is_approved=True, reason="It is about a game.", now=CLOCK.now())
    approved = attempt.run()
    assert (approved.state, approved.note) == (PublicationState.UPLOADED, "Approved by Ada: It is about a game.")


def test_what_a_person_rejected_is_never_uploaded(attempt: Attempt) -> None:
    attempt.quality = attempt.quality.model_copy(update=STILL)
    attempt.run()
    attempt.reviews.decide(SLOT, is_approved=False, reason="Nothing moves.", now=CLOCK.now())
    with pytest.raises(InvalidInput, match=r"Ada rejected its film: Nothing moves\."):
        attempt.run()
    assert attempt.row_state is PublicationState.FAILED
    assert attempt.service.sessions == {}


def test_another_film_is_asked_about_again(attempt: Attempt) -> None:
    attempt.quality = attempt.quality.model_copy(update=STILL)
    attempt.run()
    attempt.reviews.decide(SLOT, is_approved=True, reason="Fine.", now=CLOCK.now())
    attempt.film = attempt._film(b"other frames")
    assert attempt.run().state is PublicationState.PLANNED


def test_a_middling_film_waits_for_a_person(attempt: Attempt) -> None:
    attempt.quality = attempt.quality.model_copy(update=STILL)
    assert "its quality is 70 of 100" in attempt.run().note
    assert attempt.run().note.endswith("The picture is still for 67 % of the film.")


@pytest.mark.parametrize("changes", [STILL, {"decision": Decision.AUTO_APPROVE}], ids=["score", "policy"])
def test_a_lane_may_publish_what_would_wait_for_a_person(changes: dict[str, object], attempt: Attempt) -> None:
    attempt.lane = LANE.model_copy(update={"publishes_unreviewed": True})
    attempt.quality = attempt.quality.model_copy(update=changes)
    if changes is not STILL:
        attempt.policy = attempt.policy.model_copy(update=MUST_BE_SEEN)
    reached = attempt.run()
    assert reached.state is PublicationState.UPLOADED
    assert "publishes what would wait for a person" in reached.note
    assert attempt.reviews.asked[str(SLOT)].is_approved


def test_no_lane_publishes_a_refused_film(attempt: Attempt) -> None:
    attempt.lane = LANE.model_copy(update={"publishes_unreviewed": True})
    attempt.quality = attempt.quality.model_copy(update={"decision": Decision.REJECT, "vetoes": ("The film is black.",)})
    with pytest.raises(InvalidInput, match="The film is black"):
        attempt.run()
    assert attempt.reviews.asked == {}


def test_an_unaudited_project_is_told_that_the_video_stays_private(attempt: Attempt) -> None:
    assert "keeps this video private" in attempt.run(is_audited=False).note


def test_a_refused_picture_does_not_lose_the_video(attempt: Attempt) -> None:
    refusing = FakeUploader(attempt.service, thumbnail_failure=Refused("The channel may not set pictures."))
    reached = attempt.run(uploader=refusing)
    assert (reached.video_id, reached.has_thumbnail) == ("vid1", False)
    assert "may not set pictures" in reached.note
    assert attempt.run().has_thumbnail


def test_failures_are_noted_and_gone_on_from(attempt: Attempt) -> None:
    class Failing(FakeUploader):
        def upload(self, *_: object, **__: object) -> None:  # type: ignore[override]
            raise self.error

    failing = Failing(attempt.service)
    for error, state in (
        (Unreachable("No answer."), PublicationState.PLANNED),
        (NotFound("No channel."), PublicationState.FAILED),
    ):
        failing.error = error  # type: ignore[attr-defined]
        with pytest.raises(type(error)):
            attempt.run(uploader=failing)
        assert attempt.row_state is state
        assert attempt.outbox.rows[str(SLOT)].note == str(error)
    assert attempt.run().state is PublicationState.UPLOADED


def test_chapters_are_written_only_where_youtube_shows_them(attempt: Attempt) -> None:
    lines = described(attempt.policy, attempt.film).partition("Chapters:\n")[2].splitlines()
    starts = [int(line.split(":")[0]) * 60 + int(line.split(" ")[0].split(":")[1]) for line in lines]
    assert starts[0] == 0
    assert len(starts) >= 3
    assert all(later - earlier >= 10 for earlier, later in pairwise(starts))
    hasty = attempt.film.model_copy(update={"scene_starts": tuple(float(at) for at in range(20)), "duration_seconds": 20.0})
    assert "Chapters" not in described(attempt.policy, hasty)


def test_a_video_is_declared_in_the_language_that_its_words_are_in(attempt: Attempt) -> None:
    script = attempt.policy.script
    channel = script.channel.model_copy(update={"language": "fr"})  # changed after the script was written
    german = script.model_copy(update={"channel": channel, "plan": replace(script.plan, language="de")})
    attempt.policy = attempt.policy.model_copy(update={"script": german})
    attempt.run()
    (upload,) = attempt.service.videos
    assert upload.language == "de"
    assert "Chapters" not in upload.description
    assert "\n0:00 " in upload.description


def test_what_is_said_of_an_upload_comes_from_the_channels_settings(attempt: Attempt) -> None:
    settings = {"upload_category_id": 24, "notifies_subscribers": False, "is_made_for_kids": True}
    attempt.lane = LANE.model_copy(update={"channel": CHANNEL.model_copy(update=settings)})
    attempt.run()
    [video] = attempt.service.videos
    assert (video.category_id, video.notifies_subscribers, video.is_made_for_kids) == (24, False, True)


def test_an_upload_is_given_the_category_of_the_channels_niche(attempt: Attempt) -> None:
    attempt.run()
    [video] = attempt.service.videos
    assert (video.category_id, video.notifies_subscribers, video.is_made_for_kids) == (CHANNEL.category_id, True, False)
