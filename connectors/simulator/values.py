"""What the world answers with at a moment: videos, channels and stories as frozen values, free of any wire format."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Video:
    """A video as it stands at the moment asked for. Times are hours since 1970."""

    video_id: str
    channel_id: str
    channel_title: str
    title: str
    description: str
    tags: tuple[str, ...]
    category_id: int
    published: float
    seconds: int
    views: int
    likes: int
    comments: int
    language: str = "en"
    definition: str = "hd"
    has_captions: bool = False
    is_licensed: bool = True
    privacy: str = "public"
    upload_status: str = "processed"
    failure_reason: str | None = None
    publish_at: float | None = None
    contains_synthetic_media: bool | None = None
    made_for_kids: bool = False
    thumbnail: str | None = None
    """Address of a picture elsewhere; None when the simulator draws or keeps it."""
    is_deleted: bool = False
    """Gone: nobody can see it, though playlists still have its place."""
    has_hidden_likes: bool = False
    has_closed_comments: bool = False
    """Comments switched off by the owner: none can be read, and none are counted in public."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as it stands at the moment asked for."""

    channel_id: str
    handle: str
    title: str
    description: str
    country: str
    created: float
    subscribers: int | None
    """None where the channel hides them."""
    views: int
    videos: int
    category_id: int = 0
    """What it is mostly about; 0 when nothing is known."""


@dataclass(frozen=True, slots=True)
class Story:
    """A Hacker News story as it stands at the moment asked for."""

    story_id: int
    title: str
    url: str
    author: str
    score: int
    comments: int
    posted: float
