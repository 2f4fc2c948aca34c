"""`video/publication`: the upload, as private with a moment of publishing, through an outbox: never twice, whatever crashes.

    planned ──► uploading ──► uploaded ──► (picture set)
                the session's address   the video's id
                before its first byte   as soon as it is known

A crash before the session is noted leaves a session that nothing was sent to, which is no video. A crash after it leaves an
address by which the next run learns how much has arrived, or that the video is there already."""

from __future__ import annotations

from datetime import datetime, timedelta

from connectors.youtube.models import VideoUpload
from core.clock import Clock, next_pacific_day
from core.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    Permanent,
    QuotaExhausted,
    RateLimited,
    UploadLimited,
    YtempireError,
)
from core.ids import SlotId, VideoId
from core.languages import is_english
from generation.artifacts import ArtifactStore
from generation.planning.slots import next_slots, publish_moment
from generation.policy.metadata import MAX_DESCRIPTION_BYTES
from generation.ports import PublicationOutbox, Reviews, Uploader
from generation.values import (
    Action,
    Channel,
    Deferral,
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

UPLOAD_LIMIT = timedelta(hours=24)
"""After how long YouTube takes videos of a channel again that reached its limit of uploads."""

PICTURE_AGAIN = timedelta(minutes=15)
"""When a picture is tried again whose video YouTube did not know yet."""

UNVERIFIED_AGAIN = timedelta(hours=24)
"""When a picture is tried again that the channel was not allowed to set."""

RESUME_MARGIN = timedelta(minutes=15)
"""An interrupted upload that is due sooner than this gets another moment: it could end after its own, and be public without a
picture at once."""

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

    A spent quota, a channel's limit of uploads and a limit of the rate end nothing: the outbox holds until when the slot waits,
    and the note says so. A slot whose moment passes while it waits, or whose upload was interrupted until then, gets the lane's
    next free one.
    """
    slot = SlotId.parse(film.slot)
    publish_at = publish_moment(slot.on, lane.publish_local_time, lane.channel.timezone)
    script = policy.script
    with outbox.claim(slot):
        publish_at = _moment(lane, publish_at, outbox.get(slot), outbox, clock)
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
                if until := outbox.waits_until(row.channel_id, clock.now()):
                    return _deferred(row, until, Deferral.RATE, "Earlier uploads met a limit.", outbox)
            try:
                video_id = row.video_id
                if not video_id:
                    row, video_id = _resumed(lane, row, policy, film, uploader, outbox, artifacts, clock)
                video_id = video_id or _upload(lane, row, policy, film, uploader, outbox, artifacts)
            except (QuotaExhausted, RateLimited) as error:
                return _deferred(row, *_until(error, clock.now()), str(error), outbox)
            note = "" if row.has_thumbnail else _set_thumbnail(row, VideoId(video_id), uploader, outbox, artifacts, clock)
        except YtempireError as error:
            outbox.record_failure(slot, str(error), isinstance(error, Permanent))
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


def _moment(lane: Lane, own: datetime, standing: OutboxRow | None, outbox: PublicationOutbox, clock: Clock) -> datetime:
    """When the slot is published: at its own moment; one that waited, at the later one it was given, or is given now."""
    if standing is None or standing.deferred_until is None or standing.publish_at is None:
        return own
    moment = max(own, standing.publish_at)
    return moment if moment > clock.now() or standing.session_uri else _next_free(lane, outbox, clock.now())


def _next_free(lane: Lane, outbox: PublicationOutbox, after: datetime) -> datetime:
    taken = outbox.taken(lane.channel.channel_id)
    moments = (each.publish_at for each in next_slots([lane], after, len(taken) + 1))
    return next(moment for moment in moments if moment not in taken)


def _resumed(
    lane: Lane,
    row: OutboxRow,
    policy: PolicyVerdict,
    film: Film,
    uploader: Uploader,
    outbox: PublicationOutbox,
    artifacts: ArtifactStore,
    clock: Clock,
) -> tuple[OutboxRow, str]:
    """The row to go on with, and its video's id where all of it has arrived. A session that would end after the row's moment
    would be public at once: the row gets another moment, and a new session."""
    now = clock.now()
    if not row.session_uri or row.publish_at is None or row.publish_at > now + RESUME_MARGIN:
        return row, ""
    slot = SlotId.parse(row.slot)
    found = uploader.finished(artifacts.path(row.film), _described(row, lane.channel, policy, film), row.session_uri)
    if found is None:
        return outbox.redate(slot, _next_free(lane, outbox, now + RESUME_MARGIN)), ""
    outbox.record_upload(slot, found.video_id)
    return row, found.video_id


def _until(error: QuotaExhausted | RateLimited, now: datetime) -> tuple[datetime, Deferral]:
    if isinstance(error, UploadLimited):
        return now + UPLOAD_LIMIT, Deferral.CHANNEL
    if isinstance(error, QuotaExhausted):
        return next_pacific_day(now), Deferral.QUOTA
    return now + timedelta(seconds=max(error.retry_after_seconds or 0, 60)), Deferral.RATE


def _deferred(row: OutboxRow, until: datetime, what_for: Deferral, why: str, outbox: PublicationOutbox) -> Publication:
    outbox.defer(SlotId.parse(row.slot), until, what_for, why)
    return _publication(row, note=f"Waits until {until:%Y-%m-%d %H:%M} UTC: {why}")


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
    lane: Lane,
    row: OutboxRow,
    policy: PolicyVerdict,
    film: Film,
    uploader: Uploader,
    outbox: PublicationOutbox,
    artifacts: ArtifactStore,
) -> str:
    slot = SlotId.parse(row.slot)
    uploaded = uploader.upload(
        artifacts.path(row.film),
        _described(row, lane.channel, policy, film),
        on_session=lambda session_uri: outbox.record_session(slot, session_uri),
        session_uri=row.session_uri or None,
    )
    outbox.record_upload(slot, uploaded.video_id)
    return uploaded.video_id


def _described(row: OutboxRow, channel: Channel, policy: PolicyVerdict, film: Film) -> VideoUpload:
    script = policy.script
    if row.publish_at is None:
        raise InvalidInput(f"{row.slot} has no moment of publishing.", "Plan the slot again.")
    return VideoUpload(
        title=row.title,
        description=described(policy, film),
        tags=script.tags,
        category_id=channel.upload_category_id or channel.category_id,
        publish_at=row.publish_at,
        language=script.plan.language,
        contains_synthetic_media=True,
        is_made_for_kids=channel.is_made_for_kids,
        notifies_subscribers=channel.notifies_subscribers,
    )


def _set_thumbnail(
    row: OutboxRow, video_id: VideoId, uploader: Uploader, outbox: PublicationOutbox, artifacts: ArtifactStore, clock: Clock
) -> str:
    """Give the video its picture. A service that refuses it costs the picture, not the video: the reason is returned, and what
    may pass is tried again later."""
    slot = SlotId.parse(row.slot)
    try:
        uploader.set_thumbnail(video_id, artifacts.path(row.thumbnail))
    except (Permanent, RateLimited) as error:
        now = clock.now()
        if isinstance(error, QuotaExhausted | RateLimited):
            outbox.defer(slot, _until(error, now)[0], Deferral.PICTURE, str(error))
        elif isinstance(error, NotFound | Forbidden):
            again = PICTURE_AGAIN if isinstance(error, NotFound) else UNVERIFIED_AGAIN
            outbox.defer(slot, now + again, Deferral.PICTURE, str(error))
        else:
            outbox.record_failure(slot, str(error), is_final=True)
        return f"The video has no picture of its own: {error}"
    outbox.record_thumbnail(slot)
    return ""
