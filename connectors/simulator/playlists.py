"""The playlists that channels make of their videos: one of each month, and one of what is short.

An id holds its channel, so that no list of playlists is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from connectors.simulator.calendar import moment
from connectors.simulator.identity import token
from connectors.simulator.values import Channel, Video

SHORT_SECONDS = 240
SHORT_TITLE = "In a few minutes"
_CHANNEL_CHARACTERS = 22


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist as it stands at the moment asked for; its videos in their places."""

    playlist_id: str
    channel: Channel
    title: str
    description: str
    created: float
    videos: tuple[Video, ...]


def uploads_playlist(channel_id: str) -> str:
    """The id of a channel's uploads playlist."""
    return "UU" + channel_id[2:]


def channel_of(playlist_id: str) -> str | None:
    """The channel that a playlist would belong to; None for what is no playlist id."""
    if playlist_id[:2] not in {"UU", "PL"}:
        return None
    return "UC" + playlist_id[2 : 2 + _CHANNEL_CHARACTERS]


def playlists(channel: Channel, videos: Sequence[Video]) -> list[Playlist]:
    """The playlists of a channel with these videos, newest first."""
    dated = sorted(videos, key=lambda video: (video.published, video.video_id))
    made = []
    for month, part in groupby(dated, key=lambda video: _month(video.published)):
        made.append(_playlist(channel, month, f"Everything that {channel.title} published in {month}.", tuple(part)))
    short = tuple(video for video in dated if video.seconds < SHORT_SECONDS)
    if short:
        made.append(_playlist(channel, SHORT_TITLE, f"The short ones of {channel.title}.", short))
    return sorted(made, key=lambda playlist: (-playlist.created, playlist.title))


@cache
def playlists_with(channel_id: str, published: float, seconds: int) -> tuple[str, ...]:
    """Ids of the playlists that have a video of a channel, published then (hours) and so long: its month's comes first."""
    titles = [_month(published)] + [SHORT_TITLE] * (seconds < SHORT_SECONDS)
    return tuple(_playlist_id(channel_id, title) for title in titles)


def _month(published: float) -> str:
    return moment(published).strftime("%B %Y")


def _playlist_id(channel_id: str, title: str) -> str:
    return f"PL{channel_id[2:]}{token('playlist', channel_id, title, length=10)}"


def _playlist(channel: Channel, title: str, description: str, videos: tuple[Video, ...]) -> Playlist:
    return Playlist(_playlist_id(channel.channel_id, title), channel, title, description, videos[0].published, videos)
