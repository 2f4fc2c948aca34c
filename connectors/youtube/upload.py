"""Uploads: a video in one resumable session, and its thumbnail.

An upload is private with a publication time: YouTube publishes it by itself, and a slip before then can be mended.
The session's address is handed to the caller before the first byte is sent, so that after a crash the same session is gone on
with in place of a second upload of the same video."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.youtube.models import UploadedVideo, UploadProgress, VideoUpload
from connectors.youtube.quota import QuotaGate
from connectors.youtube.transport import Transport, classified
from core.errors import Forbidden, InvalidInput, NotFound, Transient
from core.ids import ChannelId, VideoId
from core.languages import checked_tag, is_language

CHUNK = 8 << 20
"""Bytes sent per request: a multiple of 256 KiB, as the protocol demands."""

MAX_TITLE_CHARACTERS = 100
MAX_TAGS_CHARACTERS = 500
MAX_DESCRIPTION_BYTES = 5000
MAX_THUMBNAIL_BYTES = 2 << 20
THUMBNAIL_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}


ASSIGNABLE_CATEGORIES = frozenset((1, 2, 10, 15, 17, 19, 20, 22, 23, 24, 25, 26, 27, 28, 29))
"""Categories that a video may be given; the others of `videoCategories.list` (18, 21, 30 to 44) only describe what exists."""

_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
"""Invisible characters that scripts and emoji are written with."""


def cleaned(upload: VideoUpload) -> VideoUpload:
    """An upload without what nobody sees and YouTube may refuse: control and bidirectional-override characters, lone surrogates,
    invisible characters, and newlines anywhere but in the description. Texts are NFC; spaces in titles and tags are single."""
    return replace(
        upload,
        title=" ".join(_visible(upload.title).split()),
        description="\n".join(_visible(line) for line in re.split("\r\n|[\n\r\u2028\u2029]", upload.description)),
        tags=tuple(tag for tag in (" ".join(_visible(tag).split()) for tag in upload.tags) if tag),
    )


def _visible(text: str) -> str:
    kept = []
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        if category in ("Cc", "Zl", "Zp"):
            kept.append(" ")
        elif category not in ("Cf", "Cs", "Co", "Cn") or character in _JOINERS or "\U000e0020" <= character <= "\U000e007f":
            kept.append(character)
    return "".join(kept)


def _is_seen(text: str) -> bool:
    """Whether there is anything to see in a text, and not only spaces, joiners and marks."""
    return any(unicodedata.category(character)[0] in "LNPS" for character in text)


def check_upload(upload: VideoUpload, now: datetime) -> None:
    """Raise InvalidInput, naming the rule, for what YouTube would refuse after the bytes were sent and the quota was paid."""
    texts = (upload.title, *upload.tags, *upload.description.splitlines())
    for claim, holds in (
        ("The title is empty", _is_seen(upload.title)),
        (
            "A text holds a control, invisible or bidirectional-override character, or half of one",
            all(_visible(text) == unicodedata.normalize("NFC", text) for text in texts),
        ),
        (f"The title is longer than {MAX_TITLE_CHARACTERS} characters", len(upload.title) <= MAX_TITLE_CHARACTERS),
        ("The title holds < or >", not set("<>") & set(upload.title)),
        ("The description holds < or >", not set("<>") & set(upload.description)),
        (
            f"The description is longer than {MAX_DESCRIPTION_BYTES} bytes",
            len(upload.description.encode(errors="replace")) <= MAX_DESCRIPTION_BYTES,
        ),
        (f"The tags are longer than {MAX_TAGS_CHARACTERS} characters", tags_length(upload.tags) <= MAX_TAGS_CHARACTERS),
        ("A tag is empty or holds <, > or a comma", all(tag.strip() and not set("<>,") & set(tag) for tag in upload.tags)),
        (f"Category {upload.category_id} cannot be given to a video", upload.category_id in ASSIGNABLE_CATEGORIES),
        (
            f"{upload.language!r} is not the code of a language",
            is_language(upload.language) and checked_tag(upload.language) == upload.language,
        ),
        ("The publication time has no zone", upload.publish_at.tzinfo is not None),
        ("The publication time is not in the future", upload.publish_at.tzinfo is None or upload.publish_at > now),
    ):
        if not holds:
            raise InvalidInput(f"{claim}, and YouTube would refuse the video.", "Change it and publish again.")


def tags_length(tags: tuple[str, ...]) -> int:
    """Length of tags as YouTube counts it: a tag with a space counts two quotation marks, and tags are parted by commas."""
    return sum(len(tag) + (2 if " " in tag else 0) for tag in tags) + max(len(tags) - 1, 0)


class Uploader:
    """Uploads to one channel as its owner."""

    def __init__(self, transport: Transport, gate: QuotaGate, channel_id: ChannelId) -> None:
        self._transport = transport
        self._gate = gate
        self._channel_id = channel_id

    def upload(
        self,
        film: Path,
        upload: VideoUpload,
        *,
        on_session: Callable[[str], None],
        session_uri: str | None = None,
        on_progress: Callable[[UploadProgress], None] = lambda progress: None,
        chunk_bytes: int = CHUNK,
    ) -> UploadedVideo:
        """Upload a film, or go on with the session of an earlier attempt.

        Args:
            film: an MP4 file.
            on_session: stores the session's address; called before any byte of the film is sent.
            session_uri: the address that an earlier attempt stored. A session that has expired is replaced by a new one,
                which costs the price of an upload again.

        Raises InvalidInput before a session is opened or charged, and else what the service's answer means. After a
        Transient error (the retries are then used up) the same call with the stored session goes on where this one stopped.
        """
        if session_uri is not None:
            # A session lives for about a week. When it is gone, its last reply may have been lost, and the video be there.
            with contextlib.suppress(NotFound):
                return self._send(film, upload, session_uri, on_session, on_progress, chunk_bytes)
            if (found := self.find(upload)) is not None:
                return found
        upload = cleaned(upload)
        check_upload(upload, self._gate.clock.now())
        return self._send(film, upload, None, on_session, on_progress, chunk_bytes)

    def finished(self, film: Path, upload: VideoUpload, session_uri: str) -> UploadedVideo | None:
        """The video of an earlier attempt's session, if all of it has arrived; sends nothing of the film.

        A session that is gone says nothing: the channel's uploads are searched."""
        try:
            request = self._request(film, upload, session_uri, CHUNK)
            uri, size = request.resumable_uri, request.resumable.size()
            headers = {"Content-Range": f"bytes */{size}", "content-length": "0"}

            def ask() -> tuple[Any, Any]:
                found: tuple[Any, Any] = request._process_response(*http.request(uri, method="PUT", body="", headers=headers))
                return found

            with self._transport.http(self._channel_id) as http:
                answer = self._transport.retry.call(lambda: classified("videos.insert", ask))[1]
        except NotFound:
            return self.find(upload)
        return None if answer is None else _uploaded(dict(answer), self._channel_id)

    def find(self, upload: VideoUpload) -> UploadedVideo | None:
        """The upload among the channel's newest fifty: one with its title and description that is, or was, published at its
        moment. Three calls of one unit."""
        wanted = cleaned(upload)
        service = self._transport.service("youtube", self._channel_id)

        def listed(method: str, request: Any) -> list[dict[str, Any]]:
            return list(self._transport.execute(self._gate, method, request, self._channel_id).get("items") or ())

        own = listed("channels.list", service.channels().list(part="contentDetails", mine=True))
        playlist = own[0]["contentDetails"]["relatedPlaylists"]["uploads"] if own else None
        if not playlist:
            return None
        request = service.playlistItems().list(part="contentDetails", playlistId=playlist, maxResults=50)
        try:
            ids = [item["contentDetails"]["videoId"] for item in listed("playlistItems.list", request)]
        except NotFound:  # a channel without uploads has no such playlist
            return None
        if not ids:
            return None
        for video in listed("videos.list", service.videos().list(part="snippet,status", id=",".join(ids))):
            if _is_upload(video, wanted):
                return _uploaded(video, self._channel_id)
        return None

    def set_thumbnail(self, video_id: VideoId, image: Path) -> None:
        """Set a video's thumbnail: a JPEG or PNG file of at most 2 MiB, 1280×720 for best results. Raises InvalidInput."""
        from googleapiclient.http import MediaFileUpload

        media_type = THUMBNAIL_TYPES.get(image.suffix.lower())
        if media_type is None or image.stat().st_size > MAX_THUMBNAIL_BYTES:
            raise InvalidInput(f"{image.name} is no thumbnail that YouTube takes.", "Give a JPEG or PNG of at most 2 MiB.")
        thumbnails = self._transport.service("youtube", self._channel_id).thumbnails()
        request = thumbnails.set(videoId=video_id, media_body=MediaFileUpload(str(image), mimetype=media_type))
        request.uri = self._transport.local_address(request.uri)
        try:
            self._transport.execute(self._gate, "thumbnails.set", request, self._channel_id)
        except Forbidden as error:
            if not error.is_of_account:
                error.remedy = "Verify the channel at youtube.com/verify: only verified channels may set thumbnails."
            raise

    def _send(
        self,
        film: Path,
        upload: VideoUpload,
        session_uri: str | None,
        on_session: Callable[[str], None],
        on_progress: Callable[[UploadProgress], None],
        chunk_bytes: int,
    ) -> UploadedVideo:
        request = self._request(film, upload, session_uri, chunk_bytes)
        with self._transport.http(self._channel_id) as http:
            answer = self._send_all(request, _SessionObserver(http, on_session), on_progress)
        return _uploaded(answer, self._channel_id)

    def _request(self, film: Path, upload: VideoUpload, session_uri: str | None, chunk_bytes: int) -> Any:
        from googleapiclient.http import MediaFileUpload

        media = MediaFileUpload(str(film), mimetype="video/mp4", chunksize=chunk_bytes, resumable=True)
        videos = self._transport.service("youtube", self._channel_id).videos()
        request = videos.insert(
            part="snippet,status", body=_body(upload), notifySubscribers=upload.notifies_subscribers, media_body=media
        )
        request.uri = self._transport.local_address(request.uri)
        if session_uri is not None:
            request.resumable_uri = self._transport.local_address(session_uri)
            # There is no public way to resume: in this state the client first asks the session how much has arrived.
            request._in_error_state = True
        return request

    def _send_all(self, request: Any, http: _SessionObserver, on_progress: Callable[[UploadProgress], None]) -> dict[str, Any]:
        retry, failures = self._transport.retry, 0
        while True:
            try:
                # num_retries stays 0: the client's own retry sends a consumed stream again, with a length and no bytes.
                progress, answer = self._next_chunk(request, http)
            except Transient as error:
                failures += 1
                if failures >= retry.attempts:
                    raise
                retry.sleep(retry.pause_after(failures, error))
                continue
            failures = 0
            if answer is not None:
                on_progress(UploadProgress(request.resumable.size(), request.resumable.size()))
                return dict(answer)
            on_progress(UploadProgress(progress.resumable_progress, progress.total_size))

    def _next_chunk(self, request: Any, http: _SessionObserver) -> tuple[Any, Any]:
        def call() -> tuple[Any, Any]:
            found: tuple[Any, Any] = request.next_chunk(http=http, num_retries=0)
            return found

        if request.resumable_uri is not None:
            return classified("videos.insert", call)
        with self._gate.call("videos.insert"):  # the price is that of opening a session; its chunks are free
            return classified("videos.insert", call)


class _SessionObserver:
    """Passes requests on, and tells a new session's address before the official client sends the first chunk to it."""

    def __init__(self, http: Any, on_session: Callable[[str], None]) -> None:
        self._http = http
        self._on_session = on_session

    def request(self, uri: str, method: str = "GET", **arguments: Any) -> tuple[Any, bytes]:
        response, content = self._http.request(uri, method=method, **arguments)
        if method == "POST" and response.status == 200 and "location" in response:
            self._on_session(response["location"])
        return response, content


def _body(upload: VideoUpload) -> dict[str, Any]:
    return {
        "snippet": {
            "title": upload.title,
            "description": upload.description,
            "tags": list(upload.tags),
            "categoryId": str(upload.category_id),
            "defaultLanguage": upload.language,
            "defaultAudioLanguage": upload.language,
        },
        "status": {
            "privacyStatus": "private",  # publishAt is only valid with it
            "publishAt": upload.publish_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "selfDeclaredMadeForKids": upload.is_made_for_kids,
            "containsSyntheticMedia": upload.contains_synthetic_media,
        },
    }


def _is_upload(video: dict[str, Any], wanted: VideoUpload) -> bool:
    """Whether a video of the channel is what was to be uploaded."""
    snippet, status = video.get("snippet", {}), video.get("status", {})
    if (snippet.get("title"), snippet.get("description", "").rstrip()) != (wanted.title, wanted.description.rstrip()):
        return False
    moment = status.get("publishAt")  # gone once the video is public
    if moment is not None:
        return datetime.fromisoformat(moment) == wanted.publish_at.replace(microsecond=0)
    return bool(status.get("privacyStatus") == "public")


def _uploaded(answer: dict[str, Any], channel_id: ChannelId) -> UploadedVideo:
    status = answer.get("status", {})
    publish_at = datetime.fromisoformat(status["publishAt"]) if "publishAt" in status else None
    return UploadedVideo(VideoId(answer["id"]), channel_id, status.get("privacyStatus", "private"), publish_at)
