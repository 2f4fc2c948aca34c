"""What is read of a channel when it is connected: its own description, and figures of its last videos."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from statistics import median
from typing import Any

from connectors.landing import storable
from connectors.youtube.accounts import Lane, Profile
from connectors.youtube.client import YouTube
from connectors.youtube.models import Resource
from connectors.youtube.niches import suggest_niche
from core.errors import Damaged
from core.ids import ChannelId
from core.languages import is_language

LAST_VIDEOS = 50
PEOPLE_AND_BLOGS = 22
"""YouTube's own default category."""

FIRST_LANE = Lane("daily", time(18))
"""Where a new channel's calendar begins: switched off, until the operator wants videos made for it."""


def read_profile(youtube: YouTube, channel_id: ChannelId, now: datetime) -> Profile:
    """Read the channel that a client acts for, with four calls or fewer.

    Args:
        channel_id: under which the client knows the token; the channel's own id stands in the profile.

    Raises NotFound where the account has no channel, and what the client raises.
    """
    data = youtube.data(channel_id)
    channel = data.own_channel()
    playlist = _part(_part(channel, "contentDetails"), "relatedPlaylists").get("uploads")
    videos = data.videos(data.uploads(playlist, datetime.min.replace(tzinfo=UTC), most=LAST_VIDEOS)) if playlist else []
    return profile_of(channel, videos, now)


def profile_of(channel: Resource, videos: Sequence[Resource], now: datetime) -> Profile:
    """Put a profile together. Raises Damaged for a channel without id."""
    channel_id = channel.get("id")
    if not isinstance(channel_id, str) or not channel_id:
        raise Damaged("YouTube described a channel without its id.", "Run it again later.")
    snippet, statistics = _part(channel, "snippet"), _part(channel, "statistics")
    snippets = [_part(video, "snippet") for video in videos]
    languages = Counter(language for each in snippets if (language := _language(each)))
    categories = Counter(number for each in snippets if (number := _count(each, "categoryId", 4)) is not None)
    return Profile(
        channel_id=ChannelId(channel_id),
        handle=_handle(_text(snippet, "customUrl")) or channel_id,
        title=_text(snippet, "title") or channel_id,
        niche=suggest_niche(videos),
        category_id=categories.most_common(1)[0][0] if categories else PEOPLE_AND_BLOGS,
        timezone="UTC",
        language=languages.most_common(1)[0][0] if languages else "en",
        description=_text(snippet, "description") or None,
        country=_text(snippet, "country") or None,
        subscribers_count=_count(statistics, "subscriberCount"),
        views_count=_count(statistics, "viewCount"),
        videos_count=_count(statistics, "videoCount"),
        baseline=baseline_of(videos, now),
        lanes=(FIRST_LANE,),
    )


def baseline_of(videos: Sequence[Resource], now: datetime) -> dict[str, Any]:
    """Median views, median engagement (likes and comments to views) and uploads a week of a channel's last videos.

    A figure that no video tells, because its counts are hidden or there is none, is None."""
    counts = [_part(video, "statistics") for video in videos]
    views = [count for each in counts if (count := _count(each, "viewCount")) is not None]
    published = [moment for video in videos if (moment := _published_at(_part(video, "snippet"))) is not None]
    weeks = max((now - min(published)) / timedelta(weeks=1), 1.0) if published else 0.0
    engagement = [rate for each in counts if (rate := _engagement(each)) is not None]
    return {
        "videos_count": len(videos),
        "views_median": median(views) if views else None,
        "engagement_median": round(median(engagement), 5) if engagement else None,
        "uploads_per_week": round(len(published) / weeks, 2) if weeks else None,
        "measured_at": now.isoformat(),
    }


def _engagement(statistics: Resource) -> float | None:
    views, likes, comments = (_count(statistics, name) for name in ("viewCount", "likeCount", "commentCount"))
    return (likes + comments) / views if views and likes is not None and comments is not None else None


def _part(resource: Resource, name: str) -> Mapping[str, Any]:
    part = resource.get(name)
    return part if isinstance(part, dict) else {}


def _text(snippet: Resource, name: str) -> str:
    """A text as Postgres can keep it and a terminal show it, without control characters; empty where there is none."""
    text = snippet.get(name)
    return "".join(sign for sign in storable(text) if sign.isprintable() or sign == "\n") if isinstance(text, str) else ""


def _count(part: Resource, name: str, most_digits: int = 18) -> int | None:
    """A number, which Google sends as text; None where it is hidden or none that a column holds."""
    text = str(part.get(name, ""))
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= most_digits else None


def _published_at(snippet: Resource) -> datetime | None:
    """When a video was published; None for a private one."""
    try:
        moment = datetime.fromisoformat(snippet["publishedAt"])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _language(snippet: Resource) -> str | None:
    """The language proper of a video's BCP 47 tag."""
    tag = snippet.get("defaultAudioLanguage") or snippet.get("defaultLanguage")
    found = re.match("[A-Za-z]{2,3}(?![A-Za-z])", tag) if isinstance(tag, str) else None
    return found[0].lower() if found and is_language(found[0]) else None


def _handle(custom_url: str) -> str:
    """A handle as lanes and commands name it: lower case, with nothing that separates things elsewhere."""
    return re.sub(r"[^\w.-]", "-", custom_url.removeprefix("@").lower())
