"""Channels of the market as the operator's competitors: who they are, and what a record tells of one.

The synthetic market knows its channels with all their uploads. A recorded market knows only videos that charted: a channel there
is what its charting videos add up to, with its subscribers hidden and its handle unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from connectors.simulator.markets import Market
from connectors.simulator.values import Channel, Video


def recorded_channel(channel_id: str, videos: Sequence[Video]) -> Channel | None:
    """A channel as the videos that were seen of it tell; None when there were none."""
    if not videos:
        return None
    newest = max(videos, key=lambda video: video.published)
    return Channel(
        channel_id=channel_id,
        handle="",
        title=newest.channel_title,
        description="",
        country="",
        created=min(video.published for video in videos),
        subscribers=None,
        views=sum(video.views for video in videos),
        videos=len(videos),
        category_id=Counter(video.category_id for video in videos).most_common(1)[0][0],
    )


def competitors(market: Market, regions: Iterable[str], categories: Iterable[int], now: float, count: int) -> list[str]:
    """Ids of the channels that chart most in these regions and categories at `now`, most often first."""
    charts = [market.chart(region, category, now) or [] for region in regions for category in sorted(set(categories))]
    often = Counter(video.channel_id for chart in charts for video in chart)
    return sorted(often, key=lambda channel_id: (-often[channel_id], channel_id))[:count]
