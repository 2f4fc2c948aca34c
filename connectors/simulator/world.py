"""Everything that can be seen at a moment: the market's videos, the own channels' and the uploads, each by who asks.

The world reads uploads and thumbnails from the state and changes nothing. Times are hours since 1970.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from connectors.simulator.audience import ThumbnailTraits
from connectors.simulator.calendar import EPOCH_ORDINAL, WORLD_BEGIN, pacific_midnight, pacific_ordinal
from connectors.simulator.identity import VideoIds, stream
from connectors.simulator.markets import Market
from connectors.simulator.own import NEVER, Curves, Face, OwnChannels, OwnVideo, Upload, curves
from connectors.simulator.scenario import OwnChannel, Scenario
from connectors.simulator.state import State
from connectors.simulator.talk import Talk
from connectors.simulator.topics import Topics
from connectors.simulator.values import Channel, Video

AUTOMATIC_STILL = ThumbnailTraits(brightness=0.38, contrast=0.16, colourfulness=0.22)
"""What a video shows until it is given a thumbnail: some frame of it."""
ARTICLE_SIGMA = 0.18
KEPT_REPORTS = 12


@dataclass(frozen=True, slots=True)
class Article:
    """An encyclopaedia article and its reads on a day."""

    name: str
    views: int


class World:
    """A scenario, a market and what callers uploaded, under one seed."""

    def __init__(self, scenario: Scenario, topics: Topics, market: Market, state: State, seed: int) -> None:
        self.scenario = scenario
        self.market = market
        self.ids = VideoIds(seed)
        self.talk = Talk(scenario, topics, seed)
        self._topics = topics
        self._own = OwnChannels(scenario, topics, seed)
        self._state = state
        self._seed = seed
        self._reports: OrderedDict[tuple[str, int, int], tuple[list[OwnVideo], Curves]] = OrderedDict()
        self._adopted: dict[str, OwnVideo] = {}
        self._adopted_at = -1

    def chart(self, region: str, category_id: int, now: float) -> list[Video] | None:
        """The most popular videos of a region, best first; None when there is no such chart."""
        return self.market.chart(region, category_id, now)

    def videos(self, video_ids: Sequence[str], now: float, viewer: str | None) -> list[Video]:
        """Those of the videos that `viewer` (a channel id, or None) can see, in the order asked for."""
        own = self._shown(
            [video for video in map(self._find, video_ids) if video is not None and _visible(video, now, viewer)], now
        )
        found = self.market.videos([video_id for video_id in video_ids if self._find(video_id) is None], now)
        found |= {video.video_id: video for video in own}
        return [found[video_id] for video_id in dict.fromkeys(video_ids) if video_id in found]

    def channel(self, channel_id: str, now: float) -> Channel | None:
        """A channel by its id."""
        own = self.scenario.own(channel_id)
        return self.market.channel(channel_id, now) if own is None else self._own_channel(own, now)

    def channel_by_handle(self, handle: str, now: float) -> Channel | None:
        """A channel by its handle, with or without the @."""
        handle = handle.removeprefix("@").lower()
        own = next((channel for channel in self.scenario.channels if channel.handle == handle), None)
        return self.market.channel_by_handle(handle, now) if own is None else self._own_channel(own, now)

    def uploads(self, channel_id: str, now: float, viewer: str | None, page: slice) -> tuple[int, list[Video]] | None:
        """How many videos of a channel `viewer` can list, and a page of them, newest first; None for an unknown channel."""
        own = self.scenario.own(channel_id)
        if own is None:
            return self.market.uploads(channel_id, now, page)
        listed = [
            video
            for video in self.own_videos(own, now)
            if viewer == channel_id or (video.published <= now and _privacy(video, now) == "public")
        ]
        listed.sort(key=lambda video: -_shown_at(video, now))
        return len(listed), self._shown(listed[page], now)

    def own_videos(self, channel: OwnChannel, now: float) -> list[OwnVideo]:
        """Everything on an own channel at `now`, private uploads too, oldest first."""
        uploads = [video for video in self._uploads() if video.channel == channel and _uploaded(video) <= now]
        return self._own.published(channel, now) + uploads

    def report(self, channel: OwnChannel, last: int) -> tuple[list[OwnVideo], Curves]:
        """Public videos of an own channel and their counts up to the end of the Pacific day `last` (ordinal)."""
        key = (channel.channel_id, last, self._state.changes)
        if key not in self._reports:
            end = pacific_midnight(last + 1)
            videos = [video for video in self.own_videos(channel, end) if video.published < end]
            self._reports[key] = videos, curves(videos, end)
            while len(self._reports) > KEPT_REPORTS:
                self._reports.popitem(last=False)
        return self._reports[key]

    def face(self, video_id: str, now: float) -> ThumbnailTraits | None:
        """How a video's thumbnail looks; None when nothing is known of it."""
        video = self._find(video_id)
        if video is None:
            return self.market.thumbnail(video_id)
        return [face for face in video.faces if face.since <= now][-1].traits

    def articles(self, ordinal: int) -> list[Article]:
        """Encyclopaedia articles by reads on a UTC day, most read first."""
        heat = self._topics.heat(ordinal)
        random = stream(self._seed, "articles", ordinal)
        noise = np.exp(random.normal(0, ARTICLE_SIGMA, len(heat)))
        base = np.exp(stream(self._seed, "articles").normal(8.3, 0.9, len(heat)))
        reads = np.floor(base * np.exp(0.8 * heat) * noise).astype(int)
        found = [Article(topic.article, int(reads[topic.number])) for topic in self._topics.all]
        evergreen = self.scenario.evergreen_articles.items()
        found += [Article(name, int(views * np.exp(random.normal(0, 0.05)))) for name, views in evergreen]
        return sorted(found, key=lambda article: (-article.views, article.name))

    def _find(self, video_id: str) -> OwnVideo | None:
        self._uploads()
        return self._adopted.get(video_id) or self._own.find(video_id)

    def _uploads(self) -> Iterable[OwnVideo]:
        if self._adopted_at != self._state.changes:
            self._adopted = {upload.video_id: self._adopt(upload) for upload in self._state.uploads()}
            self._adopted_at = self._state.changes
        return self._adopted.values()

    def _adopt(self, upload: Upload) -> OwnVideo:
        charted = self.market.title_heat(upload.title)
        faces = (Face(-NEVER, AUTOMATIC_STILL), *self._state.faces(upload.video_id))
        return self._own.adopt(upload, faces, charted)

    def _own_channel(self, channel: OwnChannel, now: float) -> Channel:
        public = [video for video in self.own_videos(channel, now) if video.published <= now]
        counted = curves(public, now)
        return Channel(
            channel_id=channel.channel_id,
            handle=channel.handle,
            title=channel.title,
            description=f"{channel.title}: what the numbers say about {channel.niche}.",
            country=channel.country,
            created=(WORLD_BEGIN.toordinal() - EPOCH_ORDINAL) * 24.0,
            subscribers=channel.subscribers + int((counted.subscribers_gained - counted.subscribers_lost)[:, -1].sum()),
            views=int(counted.views[:, -1].sum()),
            videos=len(public),
        )

    def _shown(self, videos: Sequence[OwnVideo], now: float) -> list[Video]:
        if not videos:
            return []
        counted = curves(videos, now)
        return [
            _video(video, now, *(int(column[row, -1]) for column in (counted.views, counted.likes, counted.comments)))
            for row, video in enumerate(videos)
        ]


def _uploaded(video: OwnVideo) -> float:
    return video.published if video.upload is None else video.upload.uploaded


def _shown_at(video: OwnVideo, now: float) -> float:
    """The time that is shown as its publishing: of the upload, until it is public."""
    return video.published if video.published <= now else _uploaded(video)


def _privacy(video: OwnVideo, now: float) -> str:
    """Privacy at `now`: a scheduled video turns public at its time."""
    if video.upload is None:
        return "public"
    return "public" if video.published <= now else video.upload.privacy


def _visible(video: OwnVideo, now: float, viewer: str | None) -> bool:
    if _uploaded(video) > now:
        return False
    return viewer == video.channel.channel_id or _privacy(video, now) != "private"


def _video(video: OwnVideo, now: float, views: int, likes: int, comments: int) -> Video:
    upload = video.upload
    is_public = video.published <= now
    failure = None if upload is None else upload.failure_reason
    return Video(
        video_id=video.video_id,
        channel_id=video.channel.channel_id,
        channel_title=video.channel.title,
        title=video.title,
        description=video.description,
        tags=video.tags,
        category_id=video.category_id,
        published=_shown_at(video, now),
        seconds=video.seconds,
        views=views,
        likes=likes,
        comments=comments,
        language=video.language,
        is_licensed=False,
        privacy=_privacy(video, now),
        upload_status="failed" if failure else "processed",
        failure_reason=failure,
        publish_at=None if is_public or video.published == NEVER else video.published,
        contains_synthetic_media=None if upload is None else upload.contains_synthetic_media,
        made_for_kids=bool(upload is not None and upload.made_for_kids),
    )


def last_complete_day(now: float, delay_hours: float) -> int:
    """Ordinal of the last Pacific day that ended at least `delay_hours` ago."""
    return pacific_ordinal(now - delay_hours) - 1
