"""`video/publication`: the upload, as private with a moment of publishing, through an outbox: never twice, whatever crashes.

    planned ──► uploading ──► uploaded ──► (picture set)
                the session's address   the video's id
                before its first byte   as soon as it is known

A crash before the session is noted leaves a session that nothing was sent to, which is no video. A crash after it leaves an
address by which the next run learns how much has arrived, or that the video is there already."""

from __future__ import annotations

from datetime import datetime

from connectors.youtube.models import VideoUpload
from core.clock import Clock
from core.errors import InvalidInput, Permanent, YtempireError
from core.ids import SlotId, VideoId
from core.languages import is_english
from generation.artifacts import ArtifactStore
from generation.planning.slots import publish_moment
from generation.policy.metadata import MAX_DESCRIPTION_BYTES
from generation.ports import PublicationOutbox, Reviews, Uploader
from generation.values import (
    Action,
    Film,
    Lane,
    OutboxRow,
    PolicyVerdict,
    Publication,
    PublicationState,
    QualityVerdict,
    Review,
    ThumbnailChoice,
)

MIN_CHAPTERS = 3
MIN_CHAPTER_SECONDS = 10
"""YouTube shows chapters only when there are three or more, the first at 0:00, none shorter than ten seconds."""

_PRIVATE_FOR_GOOD = "The API project is not audited, so YouTube keeps this video private and does not publish it."


def publish(
    lane: Lane,
    policy: PolicyVerdict,
    quality: QualityVerdict,
    film: Film,
    thumbnail: ThumbnailChoice,
    uploader: Uploader,
    outbox: PublicationOutbox,
    artifacts: ArtifactStore,
    clock: Clock,
    *,
    reviews: Reviews,
    is_audited: bool,
) -> Publication:
    """Upload a slot's film with its picture, once.

    Args:
        lane: says when the slot is published, and whether films that would wait for a person are published by themselves.
        policy: must not block. Its script is the video's title and description.
        quality: must neither reject nor ask for a better film.
        reviews: asks a person where the verdicts leave it to one.
        is_audited: whether the API project passed YouTube's audit.

    Returns: what was reached. An upload that an earlier run began is finished as it was begun. A video that waits for a person
    stays planned, and its note says why.

    Raises InvalidInput when the slot may not be published: the policy blocked it, its film is not good enough, a person rejected
    it, or its moment has passed. Transient when another process publishes it. The uploader's errors; they are noted in the
    outbox, and the same call goes on from there.
    """
    slot = SlotId.parse(film.slot)
    publish_at = publish_moment(slot.on, lane.publish_local_time, lane.channel.timezone)
    script = policy.script
    with outbox.claim(slot):
        row = outbox.plan(
            OutboxRow(
                slot=film.slot,
                channel_id=lane.channel.channel_id,
                state=PublicationState.PLANNED,
                title=script.title,
                publish_at=publish_at,
                film=film.film,
                thumbnail=thumbnail.chosen.image,
                script=artifacts.put(script.model_dump_json().encode(), suffix=".json"),
                duration_seconds=film.duration_seconds,
                quality_score=quality.score,
            )
        )
        decided = ""
        try:
            if not row.session_uri and not row.video_id:
                _require_publishable(slot, publish_at, policy, quality, clock)
                if waiting := _needs_a_person(policy, quality):
                    review = _reviewed(lane, slot, film, waiting, quality, reviews, clock)
                    if review.is_approved is None:
                        outbox.record_failure(slot, waiting, is_final=False)
                        return _publication(row, note=waiting)
                    decided = f"Approved by {review.decided_by}: {review.reason}"
            video_id = row.video_id or _upload(row, policy, film, uploader, outbox, artifacts)
            note = "" if row.has_thumbnail else _set_thumbnail(row, VideoId(video_id), uploader, outbox, artifacts)
        except YtempireError as error:
            outbox.record_failure(slot, error.message, isinstance(error, Permanent))
            raise
    return _publication(
        row,
        video_id=video_id,
        has_thumbnail=not note,
        note=" ".join(filter(None, (decided, note, "" if is_audited else _PRIVATE_FOR_GOOD))),
    )


def described(policy: PolicyVerdict, film: Film) -> str:
    """The description with the chapters of the finished film, where YouTube would show them."""
    script = policy.script
    chapters = [(film.scene_starts[chapter.scene], chapter.title) for chapter in script.chapters]
    kept: list[tuple[float, str]] = []
    for start, title in chapters:
        if not kept or start - kept[-1][0] >= MIN_CHAPTER_SECONDS:
            kept.append((start, title))
    while kept and film.duration_seconds - kept[-1][0] < MIN_CHAPTER_SECONDS:
        kept.pop()
    if len(kept) < MIN_CHAPTERS or kept[0][0] >= 1:
        return script.description
    lines = "\n".join(f"{int(start) // 60}:{int(start) % 60:02d} {title}" for start, title in kept)
    heading = "Chapters:\n" if is_english(script.plan.language) else ""
    text = f"{script.description}\n\n{heading}{lines}"
    return text if len(text.encode()) <= MAX_DESCRIPTION_BYTES else script.description


def _require_publishable(
    slot: SlotId, publish_at: datetime, policy: PolicyVerdict, quality: QualityVerdict, clock: Clock
) -> None:
    if policy.action is Action.BLOCK:
        raise InvalidInput(f"{slot} is not published: {policy.reason}", "Change the topic, or wait for the next slot.")
    if quality.is_refused:
        raise InvalidInput(
            " ".join(
                (f"{slot} is not published: its quality is {quality.score:.0f} of 100.", *(quality.vetoes or quality.reasons[:2]))
            ),
            "See the measures of the verdict for what to fix.",
        )
    if publish_at <= clock.now():
        raise InvalidInput(
            f"{slot} is not published: its moment, {publish_at:%Y-%m-%d %H:%M} UTC, has passed.", "Run a slot that lies ahead."
        )


def _reviewed(
    lane: Lane, slot: SlotId, film: Film, waiting: str, quality: QualityVerdict, reviews: Reviews, clock: Clock
) -> Review:
    """What a person decided about the film, or the lane's setting in place of one. Raises InvalidInput for a rejected film."""
    review = reviews.ask(slot, film.film, waiting, quality, clock.now())
    if review.is_approved is None and lane.publishes_unreviewed:
        reason = "Lane " + lane.lane_id + " of the simulated market publishes what would wait for a person."
        review = reviews.decide(slot, is_approved=True, reason=reason, now=clock.now())
    if review.is_approved is False:
        raise InvalidInput(
            f"{slot} is not published: {review.decided_by} rejected its film: {review.reason}", "Run a slot that lies ahead."
        )
    return review


def _needs_a_person(policy: PolicyVerdict, quality: QualityVerdict) -> str:
    """Why a person must look at the video first; empty when nobody must."""
    if policy.action is Action.MANUAL_REVIEW:
        return f"Waits for a person: {policy.reason}"
    if quality.waits:
        why = f"Waits for a person: its quality is {quality.score:.0f} of 100, and is published by itself from 85 on."
        return " ".join((why, *quality.reasons[:2]))
    return ""


def _publication(row: OutboxRow, video_id: str = "", has_thumbnail: bool = False, note: str = "") -> Publication:
    state = PublicationState.PUBLISHED if row.state is PublicationState.PUBLISHED else PublicationState.UPLOADED
    return Publication(
        slot=row.slot,
        channel_id=row.channel_id,
        state=state if video_id else PublicationState.PLANNED,
        title=row.title,
        publish_at=row.publish_at,
        video_id=video_id,
        has_thumbnail=has_thumbnail,
        note=note,
    )


def _upload(
    row: OutboxRow, policy: PolicyVerdict, film: Film, uploader: Uploader, outbox: PublicationOutbox, artifacts: ArtifactStore
) -> str:
    slot, script = SlotId.parse(row.slot), policy.script
    if row.publish_at is None:
        raise InvalidInput(f"{slot} has no moment of publishing.", "Plan the slot again.")
    upload = VideoUpload(
        title=row.title,
        description=described(policy, film),
        tags=script.tags,
        category_id=script.channel.category_id,
        publish_at=row.publish_at,
        language=script.plan.language,
        contains_synthetic_media=True,
        is_made_for_kids=False,
    )
    uploaded = uploader.upload(
        artifacts.path(row.film),
        upload,
        on_session=lambda session_uri: outbox.record_session(slot, session_uri),
        session_uri=row.session_uri or None,
    )
    outbox.record_upload(slot, uploaded.video_id)
    return uploaded.video_id


def _set_thumbnail(
    row: OutboxRow, video_id: VideoId, uploader: Uploader, outbox: PublicationOutbox, artifacts: ArtifactStore
) -> str:
    """Give the video its picture. A service that refuses it costs the picture, not the video: the reason is returned."""
    slot = SlotId.parse(row.slot)
    try:
        uploader.set_thumbnail(video_id, artifacts.path(row.thumbnail))
    except Permanent as error:
        outbox.record_failure(slot, error.message, is_final=False)
        return f"The video has no picture of its own: {error.message}"
    outbox.record_thumbnail(slot)
    return ""
