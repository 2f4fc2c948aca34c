"""YouTube Data API v3, writing: videos.insert and thumbnails.set, with Google's resumable upload protocol.

A session is opened by POST and filled by PUTs that carry `Content-Range`; a chunk that isn't the last must be a multiple of
256 KiB; `bytes */N` asks how far the server got; 308 with `Range` tells. A broken chunk keeps its whole multiples.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from connectors.simulator import mp4, pictures
from connectors.simulator.apis import google
from connectors.simulator.apis.google import GoogleError
from connectors.simulator.apis.youtube_data import CATEGORIES, VIDEO_PARTS, thumbnails, video_resource
from connectors.simulator.calendar import hours, utc_ordinal
from connectors.simulator.identity import Origin, VideoKey, token
from connectors.simulator.own import NEVER, Upload
from connectors.simulator.simulation import Simulation
from connectors.simulator.state import Session
from connectors.simulator.values import Video

CHUNK_BYTES = 256 * 1024
THUMBNAIL_BYTES = 2 * 1024 * 1024
VIDEO_BYTES = 256 * 1024**3
SESSION_HOURS = 7 * 24.0
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")


async def insert_video(request: Request) -> Response:
    """videos.insert: open a resumable session."""
    channel_id = google.owner(request)
    google.charge(request, google.caller(request).project, google.INSERTS)
    google.parts(request, VIDEO_PARTS)
    if request.query_params.get("uploadType") != "resumable":
        raise GoogleError(400, "badRequest", "Only resumable uploads are simulated: use uploadType=resumable.", domain="global")
    metadata = await _metadata(request)
    _checked(metadata, google.simulation(request).now)
    return _opened(request, channel_id, "video", json.dumps(metadata), VIDEO_BYTES)


async def set_thumbnail(request: Request) -> Response:
    """thumbnails.set, by a plain body or a resumable session."""
    channel_id = google.owner(request)
    google.charge(request, google.caller(request).project, "thumbnails.set")
    video_id = request.query_params.get("videoId")
    if not video_id:
        raise GoogleError(
            400, "missingRequiredParameter", "Required parameter: videoId", domain="youtube.parameter", parameter="videoId"
        )
    video = _thumbnail_video(google.simulation(request), channel_id, video_id)
    if request.query_params.get("uploadType") == "resumable":
        return _opened(request, channel_id, "thumbnail", video_id, THUMBNAIL_BYTES)
    content = await request.body()
    if len(content) > THUMBNAIL_BYTES:
        raise _too_large(THUMBNAIL_BYTES)
    return JSONResponse(_thumbnail_set(request, video, content))


async def fill_session(request: Request) -> Response:
    """Take a chunk of a session, or tell how far it is."""
    running = google.simulation(request)
    session = _session(request)
    if session.answer is not None:
        return JSONResponse(json.loads(session.answer))
    try:
        begin, last, total = _span(request, session)
    except ValueError:
        return PlainTextResponse("Failed to parse Content-Range header.", 400)
    if session.size is not None and total not in {None, session.size}:
        return PlainTextResponse(f"The total of Content-Range is not the {session.size} bytes announced.", 400)
    session = dataclasses.replace(session, size=session.size if total is None else total)
    if begin is not None:
        refusal = _refusal(session, begin, last)
        if refusal:
            return PlainTextResponse(refusal, 400)
        session = await _take(request, session, begin, last)
    running.state.save_session(session)
    if session.size is None or session.received < session.size:
        return _so_far(session)
    finished = _finished(request, session)
    running.state.save_session(dataclasses.replace(session, answer=json.dumps(finished)))
    _spool(running, session).unlink(missing_ok=True)
    return JSONResponse(finished)


async def drop_session(request: Request) -> Response:
    """Give an upload up."""
    session = _session(request)
    google.simulation(request).state.forget_session(session.upload_id)
    _spool(google.simulation(request), session).unlink(missing_ok=True)
    return Response(status_code=499)


def _opened(request: Request, channel_id: str, kind: str, target: str, limit: int) -> Response:
    running = google.simulation(request)
    text = request.headers.get("x-upload-content-length", "")
    size = int(text) if text.isdecimal() else None
    if size is not None and size > limit:
        raise _too_large(limit)
    number = int(running.state.fact("sessions") or 0)
    running.state.remember("sessions", str(number + 1))
    upload_id = token("session", number, channel_id, target, repr(running.now), length=60)
    content_type = request.headers.get("x-upload-content-type", "application/octet-stream")
    running.state.save_session(Session(upload_id, channel_id, kind, target, content_type, size, 0, running.now, None))
    url = request.url.include_query_params(upload_id=upload_id)
    return Response(headers={"Location": str(url), "X-GUploader-UploadID": upload_id})


def _session(request: Request) -> Session:
    running = google.simulation(request)
    session = running.state.session(request.query_params.get("upload_id", ""))
    if session is None or running.now - session.created > SESSION_HOURS:
        raise GoogleError(404, "notFound", "Upload session not found or expired: begin a new one.", domain="global")
    return session


def _span(request: Request, session: Session) -> tuple[int | None, int, int | None]:
    """First and last byte of the chunk (no first: a question) and the whole size if told. Raises ValueError."""
    header = request.headers.get("content-range")
    if header is None:
        size = int(request.headers.get("content-length") or session.size or 0)
        return 0, size - 1, size
    match = _RANGE.fullmatch(header)
    if match is None:
        raise ValueError(header)
    begin, last, total = match.groups()
    size_told = None if total == "*" else int(total)
    return (None, -1, size_told) if begin is None else (int(begin), int(last), size_told)


def _refusal(session: Session, begin: int, last: int) -> str:
    """Why a chunk can't be taken; empty when it can."""
    if last < begin or begin > session.received:
        return f"Chunk {begin}-{last} does not continue the {session.received} bytes received."
    if session.size is not None and last >= session.size:
        return f"Chunk {begin}-{last} goes beyond the {session.size} bytes announced."
    is_last = session.size is not None and last + 1 == session.size
    if not is_last and (last + 1 - begin) % CHUNK_BYTES:
        return (
            f"Invalid request. The number of bytes uploaded is required to be equal or greater than {CHUNK_BYTES}, except for "
            f"the final request (it's recommended to be the exact multiple of {CHUNK_BYTES}). The received request contained "
            f"{last + 1 - begin} bytes, which does not meet this requirement."
        )
    return ""


async def _take(request: Request, session: Session, begin: int, last: int) -> Session:
    """Append a chunk to the spooled file; what was received before is skipped, what was not announced is dropped."""
    path = _spool(google.simulation(request), session)
    path.parent.mkdir(exist_ok=True)
    at, received = begin, session.received
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.seek(received)
        try:
            async for piece in request.stream():
                fresh = piece[max(0, received - at) :][: last + 1 - received]
                file.write(fresh)
                at += len(piece)
                received += len(fresh)
        except ClientDisconnect:
            pass  # what came before the line broke counts
        if received <= last:
            received = max(session.received, received - received % CHUNK_BYTES)
        file.truncate(received)
    return dataclasses.replace(session, received=received)


def _so_far(session: Session) -> Response:
    headers = {"X-GUploader-UploadID": session.upload_id}
    if session.received:
        headers["Range"] = f"bytes=0-{session.received - 1}"
    return Response(status_code=308, headers=headers)


def _finished(request: Request, session: Session) -> dict[str, Any]:
    running = google.simulation(request)
    path = _spool(running, session)
    if session.kind == "thumbnail":
        video = _thumbnail_video(running, session.channel_id, session.target)
        return _thumbnail_set(request, video, path.read_bytes())
    video_id = _new_video(running, session, path)
    video = running.world.videos([video_id], running.now, session.channel_id)[0]
    video = dataclasses.replace(video, upload_status="uploaded", failure_reason=None)
    return video_resource(request, video, google.parts(request, VIDEO_PARTS), session.channel_id)


def _new_video(running: Simulation, session: Session, path: Path) -> str:
    """Make a complete session a video of the world."""
    metadata = json.loads(session.target)
    snippet, status = metadata["snippet"], metadata.get("status", {})
    with path.open("rb") as file:
        seconds = mp4.duration_seconds(file)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    privacy = status.get("privacyStatus", "public")
    published = running.now if privacy == "public" else NEVER
    if "publishAt" in status:
        published = max(running.now, hours(datetime.fromisoformat(status["publishAt"])))
    key = VideoKey(Origin.UPLOAD, utc_ordinal(running.now), running.state.next_upload_number())
    upload = Upload(
        video_id=running.world.ids.encode(key),
        channel_id=session.channel_id,
        title=snippet["title"],
        description=snippet.get("description", ""),
        tags=tuple(snippet.get("tags", ())),
        category_id=int(snippet.get("categoryId", 22)),
        language=snippet.get("defaultLanguage") or snippet.get("defaultAudioLanguage") or "",
        seconds=seconds or 0,
        uploaded=running.now,
        published=published if seconds else NEVER,
        privacy=privacy,
        failure_reason=None if seconds else "invalidFile",
        contains_synthetic_media=status.get("containsSyntheticMedia"),
        made_for_kids=status.get("selfDeclaredMadeForKids"),
    )
    running.state.add_upload(upload, digest, path.stat().st_size)
    return upload.video_id


def _thumbnail_video(running: Simulation, channel_id: str, video_id: str) -> Video:
    found = running.world.videos([video_id], running.now, channel_id)
    if not found:
        message = (
            "The video that you are trying to set a thumbnail for cannot be found. Check the value of the request's "
            "<code>videoId</code> parameter to ensure that it is correct."
        )
        raise GoogleError(404, "videoNotFound", message, domain="youtube.thumbnail", parameter="videoId")
    if found[0].channel_id != channel_id:
        message = "The thumbnail can't be set for the specified video. The request might not be properly authorized."
        raise GoogleError(403, "forbidden", message, domain="youtube.thumbnail", parameter="videoId")
    return found[0]


def _thumbnail_set(request: Request, video: Video, content: bytes) -> dict[str, Any]:
    if not content:
        raise GoogleError(400, "mediaBodyRequired", "The request does not include the image content.", domain="youtube.thumbnail")
    try:
        picture = pictures.open_picture(content)
    except pictures.NotAPicture:
        message = "The provided image content is invalid."
        raise GoogleError(400, "invalidImage", message, domain="youtube.thumbnail") from None
    running = google.simulation(request)
    running.state.set_thumbnail(video.video_id, running.now, pictures.measure(picture), pictures.jpeg(picture))
    return google.resource("youtube#thumbnailSetResponse", {"items": [thumbnails(request, video)]})


def _spool(running: Simulation, session: Session) -> Path:
    return running.state.folder / "uploads" / f"{session.upload_id}.part"


def _too_large(limit: int) -> GoogleError:
    return GoogleError(413, "uploadTooLarge", f"Media is too large. Limit: {limit}", domain="global")


async def _metadata(request: Request) -> dict[str, Any]:
    try:
        metadata = json.loads(await request.body() or b"{}")
    except ValueError:
        metadata = None
    if not isinstance(metadata, dict):
        raise GoogleError(400, "parseError", "Parse Error", domain="global")
    return metadata


def _checked(metadata: dict[str, Any], now: float) -> None:
    """Refuse metadata that YouTube refuses. Raises GoogleError 400."""
    snippet, status = metadata.get("snippet") or {}, metadata.get("status") or {}

    def refuse(reason: str, message: str) -> GoogleError:
        return GoogleError(400, reason, message, domain="youtube.video", parameter="body.snippet")

    title = snippet.get("title")
    if not isinstance(title, str) or not title.strip() or len(title) > 100 or set("<>") & set(title):
        raise refuse("invalidTitle", "The request metadata specifies an invalid or empty video title.")
    description = snippet.get("description", "")
    if not isinstance(description, str) or len(description.encode()) > 5000 or set("<>") & set(description):
        raise refuse("invalidDescription", "The request metadata specifies an invalid video description.")
    # A tag with a space counts with its quotation marks, and tags are joined by commas.
    tags = snippet.get("tags", [])
    if not isinstance(tags, list) or sum(len(str(tag)) + 2 * (" " in str(tag)) + 1 for tag in tags) - 1 > 500:
        raise refuse("invalidTags", "The request metadata specifies invalid video keywords.")
    category = str(snippet.get("categoryId", "22"))
    if not category.isdecimal() or int(category) not in CATEGORIES:
        raise refuse("invalidCategoryId", "The snippet.categoryId property specifies an invalid category ID.")
    if status.get("privacyStatus", "public") not in {"public", "private", "unlisted"}:
        raise refuse("invalidVideoMetadata", "The request metadata is invalid.")
    if "publishAt" in status:
        try:
            at = datetime.fromisoformat(status["publishAt"])
        except (ValueError, TypeError):
            at = None
        if at is None or at.tzinfo is None or status.get("privacyStatus") != "private":
            raise refuse("invalidPublishAt", "The request metadata specifies an invalid scheduled publishing time.")


ROUTES = [
    Route("/upload/youtube/v3/videos", insert_video, methods=["POST"]),
    Route("/upload/youtube/v3/thumbnails/set", set_thumbnail, methods=["POST"]),
    Route("/youtube/v3/thumbnails/set", set_thumbnail, methods=["POST"]),
    Route("/upload/youtube/v3/videos", fill_session, methods=["PUT"]),
    Route("/upload/youtube/v3/thumbnails/set", fill_session, methods=["PUT"]),
    Route("/upload/youtube/v3/videos", drop_session, methods=["DELETE"]),
    Route("/upload/youtube/v3/thumbnails/set", drop_session, methods=["DELETE"]),
]
