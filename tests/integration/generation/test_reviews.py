"""Films that wait for a person: asked about once, decided about once, by somebody whom the audit log names."""

from __future__ import annotations

import io
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import Engine, text

from core.errors import InvalidInput, Refused, UnknownName
from generation.artifacts import ArtifactStore
from generation.outbox import PostgresOutbox
from generation.reviews import LANE_SETTING, PostgresReviews
from generation.values import PolicyVerdict, PublicationState
from orchestration import reviewing
from tests.unit.generation.fakes import CLOCK, LANE, SLOT
from tests.unit.generation.test_publication import PUBLISH_AT, STILL, Attempt

pytestmark = pytest.mark.postgres

NOW = CLOCK.now()


@pytest.fixture
def attempt(database: Engine, verdict: PolicyVerdict, artifacts: ArtifactStore) -> Attempt:
    """A film that waits for a person."""
    made = Attempt(verdict, artifacts)
    made.outbox, made.reviews = PostgresOutbox(database, CLOCK), PostgresReviews(database)  # type: ignore[assignment]
    made.quality = made.quality.model_copy(update=STILL)
    assert made.run().state is PublicationState.PLANNED
    return made


@pytest.fixture
def stack(database: Engine, artifacts: ArtifactStore) -> Any:
    return SimpleNamespace(engine=database, artifacts=artifacts, present=NOW)


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def audited(engine: Engine) -> list[tuple[str, str, str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(text("select actor, action, subject, detail ->> 'why' from ops.audit_log order by audit_id"))
        return [tuple(row) for row in rows]


def test_an_approved_film_is_published(database: Engine, attempt: Attempt) -> None:
    reviews = PostgresReviews(database, "ada@example.com")
    [waiting] = reviews.waiting()
    assert (waiting.slot, waiting.film, waiting.verdict) == (str(SLOT), attempt.film.film, attempt.quality)
    assert reviews.decide(SLOT, is_approved=True, reason="Looked at it.", now=NOW).is_approved
    assert reviews.decide(SLOT, is_approved=True, reason="Again.", now=NOW).reason == "Looked at it."
    assert attempt.run().state is PublicationState.UPLOADED
    assert reviews.waiting() == []
    assert audited(database) == [("ada@example.com", "review.approved", str(SLOT), "Looked at it.")]
    with pytest.raises(Refused, match=r"was approved by ada@example\.com on 2026-06-07 12:00 UTC"):
        reviews.decide(SLOT, is_approved=False, reason="No.", now=NOW)


def test_a_rejected_film_never_is(database: Engine, attempt: Attempt) -> None:
    PostgresReviews(database, "ada@example.com").decide(SLOT, is_approved=False, reason="Nothing moves.", now=NOW)
    row = PostgresOutbox(database, CLOCK).get(SLOT)
    assert row is not None
    assert (row.state, row.note) == (PublicationState.FAILED, "Rejected by ada@example.com: Nothing moves.")
    with pytest.raises(InvalidInput, match="rejected its film"):
        attempt.run()


def test_a_review_ends_with_its_moment(database: Engine, attempt: Attempt) -> None:
    reviews = PostgresReviews(database)
    for is_approved in (True, False):
        with pytest.raises(Refused, match="its moment, 2026-06-08 22:00 UTC, has passed"):
            reviews.decide(SLOT, is_approved=is_approved, reason="Late.", now=PUBLISH_AT)
    assert reviews.get(SLOT).is_approved is None
    assert audited(database) == []
    reviews.decide(SLOT, is_approved=True, reason="In time.", now=PUBLISH_AT - timedelta(seconds=1))


def test_a_decision_is_about_one_film(database: Engine, attempt: Attempt) -> None:
    reviews = PostgresReviews(database)
    reviews.decide(SLOT, is_approved=True, reason="Fine.", now=NOW)
    attempt.film = attempt._film(b"other frames")
    assert attempt.run().state is PublicationState.PLANNED
    assert [one.film for one in reviews.waiting()] == [attempt.film.film]


def test_the_lane_decides_where_it_may(database: Engine, attempt: Attempt) -> None:
    attempt.reviews = PostgresReviews(database, LANE_SETTING)  # type: ignore[assignment]
    attempt.lane = LANE.model_copy(update={"publishes_unreviewed": True})
    assert attempt.run().state is PublicationState.UPLOADED
    assert [entry[:2] for entry in audited(database)] == [(LANE_SETTING, "review.approved")]


def test_the_commands(attempt: Attempt, stack: Any, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    reviewing.show_reviews(stack, console)
    reviewing.show_review(stack, console, str(SLOT))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Next       ytempire review show '2026-06-08|pixel-pulse.evening'" in printed
    assert "The picture is still for 67 % of the film." in printed
    assert "review approve '2026-06-08|pixel-pulse.evening' --why \"…\"" in printed
    with pytest.raises(InvalidInput, match="No reason is given"):
        reviewing.reject(stack, console, str(SLOT), " ")
    reviewing.reject(stack, console, str(SLOT), "Nothing moves.")
    reviewing.show_reviews(stack, console)
    assert console.file.getvalue().endswith("No film waits for a person.\n")  # type: ignore[attr-defined]
    with pytest.raises(UnknownName, match="waits for a person"):
        reviewing.show_review(stack, console, "2026-06-09|pixel-pulse.evening")
