"""What callers have done to the world, kept in one SQLite file: the clock, uploads, sessions, thumbnails, quota, report jobs,
consents given and withdrawn, videos taken down.

File contents are not kept: an upload is reduced to its digest, size and duration. Times are hours since 1970.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from connectors.simulator.audience import ThumbnailTraits
from connectors.simulator.own import NEVER, Face, Upload
from core.errors import Damaged

_SCHEMA = """
create table if not exists facts (name text primary key, value text not null);
create table if not exists uploads (
    number integer primary key, video_id text unique not null, channel_id text not null, sha256 text not null,
    size integer not null, published real, document text not null);
create table if not exists sessions (
    upload_id text primary key, channel_id text not null, kind text not null, target text not null, content_type text not null,
    size integer, received integer not null, created real not null, answer text);
create table if not exists thumbnails (
    video_id text not null, since real not null, brightness real not null, contrast real not null, colourfulness real not null,
    picture blob not null, primary key (video_id, since));
create table if not exists quota (
    project text not null, pacific_day integer not null, bucket text not null, spent integer not null,
    primary key (project, pacific_day, bucket));
create table if not exists jobs (
    job_id text primary key, channel_id text not null, report_type text not null, name text not null, created real not null,
    unique (channel_id, report_type));
create table if not exists characters (month text primary key, spent integer not null);
create table if not exists grants (
    grant_id integer primary key, refresh_token text unique, channel_id text not null, scopes text not null,
    withheld text not null default '', state text not null default 'healthy', used real not null);
create table if not exists codes (
    code text primary key, channel_id text not null, scopes text not null, redirect_uri text not null, challenge text not null,
    is_offline integer not null, issued real not null);
create table if not exists marks (
    video_id text primary key, state text not null, since real not null, has_hidden_likes integer not null,
    has_closed_comments integer not null);
"""


@dataclass(frozen=True, slots=True)
class Session:
    """A resumable upload under way; `answer` is the JSON of the finished resource once complete."""

    upload_id: str
    channel_id: str
    kind: str
    """`video` or `thumbnail`."""
    target: str
    """JSON of the video's metadata, or the id of the thumbnail's video."""
    content_type: str
    size: int | None
    received: int
    created: float
    answer: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the Reporting API."""

    job_id: str
    channel_id: str
    report_type: str
    name: str
    created: float


@dataclass(frozen=True, slots=True)
class Grant:
    """A consent: the scopes that a channel's owner gave to the client. `used` is when its refresh token last was, in hours."""

    grant_id: int
    refresh_token: str | None
    channel_id: str
    consented: frozenset[str]
    withheld: frozenset[str]
    state: str
    """`healthy`, `expired`, `revoked` or `idle`."""
    used: float

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that count: those consented to and not taken back."""
        return self.consented - self.withheld


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code that nobody has exchanged yet. `issued` is in seconds of the wall clock."""

    code: str
    channel_id: str
    scopes: frozenset[str]
    redirect_uri: str
    challenge: str
    """S256 code challenge; empty when the client sent none."""
    is_offline: bool
    issued: float


@dataclass(frozen=True, slots=True)
class Mark:
    """What was done to a video by hand: `state` (`available`, `private` or `deleted`) since an hour, and what its owner hides."""

    state: str = "available"
    since: float = 0.0
    has_hidden_likes: bool = False
    has_closed_comments: bool = False


class State:
    """The SQLite file `world.sqlite` in a folder, made if absent. Used by one thread of one process."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        path = folder / "world.sqlite"
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = normal")
            self._db.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            raise Damaged(
                f"The simulator's state {path} can't be read: {error}.", "Remove the file to begin a new world."
            ) from None
        self._changes = 0

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def changes(self) -> int:
        """Grows whenever uploads, thumbnails or marks change."""
        return self._changes

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("begin immediate")
        try:
            yield self._db
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")
        self._changes += 1

    def fact(self, name: str) -> str | None:
        """A remembered value."""
        row = self._db.execute("select value from facts where name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, name: str, value: str) -> None:
        """Keep a value under a name."""
        self._db.execute("insert or replace into facts values (?, ?)", (name, value))

    def next_upload_number(self) -> int:
        """How many uploads there are."""
        return int(self._db.execute("select count(*) from uploads").fetchone()[0])

    def add_upload(self, upload: Upload, sha256: str, size: int) -> None:
        """Keep an upload."""
        document = {name: value for name, value in asdict(upload).items() if name not in {"video_id", "channel_id", "published"}}
        published = None if upload.published == NEVER else upload.published
        row = (upload.video_id, upload.channel_id, sha256, size, published, json.dumps(document))
        with self._change() as db:
            db.execute(
                "insert into uploads (video_id, channel_id, sha256, size, published, document) values (?, ?, ?, ?, ?, ?)", row
            )

    def uploads(self) -> list[Upload]:
        """All uploads, oldest first."""
        rows = self._db.execute("select video_id, channel_id, published, document from uploads order by number").fetchall()
        return [_upload(*row) for row in rows]

    def upload_file(self, video_id: str) -> tuple[str, int] | None:
        """SHA-256 and size of an uploaded file."""
        row: tuple[str, int] | None = self._db.execute(
            "select sha256, size from uploads where video_id = ?", (video_id,)
        ).fetchone()
        return row

    def set_thumbnail(self, video_id: str, since: float, traits: ThumbnailTraits, picture: bytes) -> None:
        """Give a video this picture from `since` on; a picture set later (the clock can go back) is forgotten."""
        with self._change() as db:
            db.execute("delete from thumbnails where video_id = ? and since >= ?", (video_id, since))
            db.execute(
                "insert into thumbnails values (?, ?, ?, ?, ?, ?)",
                (video_id, since, traits.brightness, traits.contrast, traits.colourfulness, picture),
            )

    def faces(self, video_id: str) -> list[Face]:
        """Thumbnails that a video was given, oldest first."""
        rows = self._db.execute(
            "select since, brightness, contrast, colourfulness from thumbnails where video_id = ? order by since", (video_id,)
        ).fetchall()
        return [Face(since, ThumbnailTraits(*traits)) for since, *traits in rows]

    def picture(self, video_id: str, now: float) -> bytes | None:
        """The picture that a video shows at `now`, if it was given one."""
        row = self._db.execute(
            "select picture from thumbnails where video_id = ? and since <= ? order by since desc limit 1", (video_id, now)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def save_session(self, session: Session) -> None:
        """Keep a session as it stands."""
        row = tuple(getattr(session, name) for name in Session.__dataclass_fields__)
        self._db.execute("insert or replace into sessions values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def session(self, upload_id: str) -> Session | None:
        """An upload session."""
        row = self._db.execute("select * from sessions where upload_id = ?", (upload_id,)).fetchone()
        return None if row is None else Session(*row)

    def forget_session(self, upload_id: str) -> None:
        """Drop a session."""
        self._db.execute("delete from sessions where upload_id = ?", (upload_id,))

    def spend(self, project: str, pacific_day: int, bucket: str, units: int, limit: int) -> bool:
        """Count units against a day's bucket; False, and nothing counted, when the limit would be passed."""
        if self.spent(project, pacific_day).get(bucket, 0) + units > limit:
            return False
        self._db.execute(
            "insert into quota values (?, ?, ?, ?) on conflict do update set spent = spent + excluded.spent",
            (project, pacific_day, bucket, units),
        )
        return True

    def spent(self, project: str, pacific_day: int) -> dict[str, int]:
        """Units by bucket of a Pacific day (ordinal)."""
        rows = self._db.execute("select bucket, spent from quota where project = ? and pacific_day = ?", (project, pacific_day))
        return dict(rows.fetchall())

    def spend_characters(self, month: str, count: int, limit: int) -> int | None:
        """Count spoken characters against a month; None, or what is left when they would be too many."""
        row = self._db.execute("select spent from characters where month = ?", (month,)).fetchone()
        spent = 0 if row is None else int(row[0])
        if spent + count > limit:
            return limit - spent
        self._db.execute("insert or replace into characters values (?, ?)", (month, spent + count))
        return None

    def characters(self, month: str) -> int:
        """Characters spoken in a month."""
        row = self._db.execute("select spent from characters where month = ?", (month,)).fetchone()
        return 0 if row is None else int(row[0])

    def add_job(self, job: Job) -> bool:
        """Keep a report job; False when the channel has one of this type already."""
        row = (job.job_id, job.channel_id, job.report_type, job.name, job.created)
        return self._db.execute("insert or ignore into jobs values (?, ?, ?, ?, ?)", row).rowcount == 1

    def jobs(self, channel_id: str) -> list[Job]:
        """Report jobs of a channel, oldest first."""
        rows = self._db.execute("select * from jobs where channel_id = ? order by created, job_id", (channel_id,)).fetchall()
        return [Job(*row) for row in rows]

    def remove_job(self, job_id: str) -> None:
        """Drop a report job."""
        self._db.execute("delete from jobs where job_id = ?", (job_id,))

    def add_grant(self, refresh_token: str | None, channel_id: str, scopes: frozenset[str], used: float) -> Grant:
        """Keep a new consent."""
        row = (refresh_token, channel_id, _joined(scopes), used)
        cursor = self._db.execute("insert into grants (refresh_token, channel_id, scopes, used) values (?, ?, ?, ?)", row)
        assert cursor.lastrowid is not None
        return Grant(cursor.lastrowid, refresh_token, channel_id, scopes, frozenset(), "healthy", used)

    def grant(self, grant_id: int) -> Grant | None:
        """A consent by its number."""
        return self._grant("grant_id = ?", grant_id)

    def grant_of(self, refresh_token: str) -> Grant | None:
        """The consent that a refresh token stands for."""
        return self._grant("refresh_token = ?", refresh_token)

    def use_grant(self, grant_id: int, now: float) -> None:
        """Remember that a refresh token was used."""
        self._db.execute("update grants set used = ? where grant_id = ?", (now, grant_id))

    def revoke_grant(self, grant_id: int) -> None:
        """Withdraw one consent."""
        self._db.execute("update grants set state = 'revoked' where grant_id = ?", (grant_id,))

    def set_grants(self, channel_id: str, state: str, withheld: frozenset[str]) -> None:
        """Put all consents of a channel into a state, without the scopes `withheld`."""
        self._db.execute("update grants set state = ?, withheld = ? where channel_id = ?", (state, _joined(withheld), channel_id))

    def add_code(self, code: Code) -> None:
        """Keep an authorization code until it is exchanged."""
        row = (code.code, code.channel_id, _joined(code.scopes), code.redirect_uri, code.challenge, code.is_offline, code.issued)
        self._db.execute("insert into codes values (?, ?, ?, ?, ?, ?, ?)", row)

    def take_code(self, code: str) -> Code | None:
        """Give an authorization code out, once."""
        row = self._db.execute("delete from codes where code = ? returning *", (code,)).fetchone()
        if row is None:
            return None
        code, channel_id, scopes, redirect_uri, challenge, is_offline, issued = row
        return Code(code, channel_id, _split(scopes), redirect_uri, challenge, bool(is_offline), issued)

    def mark(self, video_id: str, mark: Mark) -> None:
        """Keep what was done to a video."""
        row = (video_id, mark.state, mark.since, mark.has_hidden_likes, mark.has_closed_comments)
        with self._change() as db:
            db.execute("insert or replace into marks values (?, ?, ?, ?, ?)", row)

    def marks(self) -> dict[str, Mark]:
        """All marked videos."""
        rows = self._db.execute("select * from marks").fetchall()
        return {video_id: Mark(state, since, bool(likes), bool(comments)) for video_id, state, since, likes, comments in rows}

    def _grant(self, condition: str, value: object) -> Grant | None:
        row = self._db.execute(f"select * from grants where {condition}", (value,)).fetchone()  # noqa: S608 - the condition is ours
        if row is None:
            return None
        grant_id, refresh_token, channel_id, scopes, withheld, state, used = row
        return Grant(grant_id, refresh_token, channel_id, _split(scopes), _split(withheld), state, used)


def _joined(scopes: frozenset[str]) -> str:
    return " ".join(sorted(scopes))


def _split(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _upload(video_id: str, channel_id: str, published: float | None, document: str) -> Upload:
    fields: dict[str, Any] = json.loads(document)
    fields["tags"] = tuple(fields["tags"])
    return Upload(video_id=video_id, channel_id=channel_id, published=NEVER if published is None else published, **fields)
