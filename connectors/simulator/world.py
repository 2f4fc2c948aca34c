"""Everything that can be seen at a moment: the market's videos, the own channels' and the uploads, each by who asks.

The world reads uploads, thumbnails and marks from the state and changes nothing. Times are hours since 1970.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from connectors.simulator.audience import ThumbnailTraits
from connectors.simulator.breakdowns import Breakdowns, ViewDay
from connectors.simulator.calendar import EPOCH_ORDINAL, WORLD_BEGIN, pacific_midnight, pacific_ordinal
from connectors.simulator.comments import Comment, Comments, comment_key, comments_closed
from connectors.simulator.competitors import competitors
from connectors.simulator.identity import VideoIds, stream
from connectors.simulator.markets import Market
from connectors.simulator.own import (
    NEVER,
    Attention,
    Curves,
    Face,
    OwnChannels,
    OwnVideo,
    Upload,
    attention,
    curves,
    page_subscribers,
)
from connectors.simulator.playlists import Playlist, channel_of, playlists
from connectors.simulator.scenario import OwnChannel, Scenario
from connectors.simulator.state import Mark, State
from connectors.simulator.talk import Talk
from connectors.simulator.topics import Topics
from connectors.simulator.values import Channel, Video

AUTOMATIC_STILL = ThumbnailTraits(brightness=0.38, contrast=0.16, colourfulness=0.22)
"""What a video shows until it is given a thumbnail: some frame of it."""
ARTICLE_SIGMA = 0.18
KEPT_REPORTS = 128
"""Channels whose daily counts are kept, some 2 MB for each year of each."""
DAYS_AHEAD = 31


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
        self.breakdowns = Breakdowns(scenario, self.ids, seed)
        self._own = OwnChannels(scenario, topics, seed)
        self._state = state
        self._seed = seed
        self._reports: OrderedDict[tuple[str, int], tuple[int, Attention]] = OrderedDict()
        self._adopted: dict[str, OwnVideo] = {}
        self._adopted_at = -1
        self._marks: dict[str, Mark] = {}
        self._comments = Comments(scenario, topics, seed, self._comment_count)

    def chart(self, region: str, category_id: int, now: float) -> list[Video] | None:
        """The most popular videos of a region, best first; None when there is no such chart."""
        shown = self.market.chart(region, category_id, now)
        return None if shown is None else [video for video in self._marked(shown, now) if _is_seen(video, None)]

    def videos(self, video_ids: Sequence[str], now: float, viewer: str | None) -> list[Video]:
        """Those of the videos that `viewer` (a channel id, or None) can see, in the order asked for."""
        own = self._shown(
            [video for video in map(self._find, video_ids) if video is not None and _visible(video, now, viewer)], now
        )
        found = self.market.videos([video_id for video_id in video_ids if self._find(video_id) is None], now)
        found |= {video.video_id: video for video in own}
        shown = self._marked([found[video_id] for video_id in dict.fromkeys(video_ids) if video_id in found], now)
        return [video for video in shown if _is_seen(video, viewer)]

    def has_video(self, video_id: str, now: float) -> bool:
        """Whether there is such a video, whoever may see it, marked or not."""
        own = self._find(video_id)
        return bool(self.market.videos([video_id], now)) if own is None else _uploaded(own) <= now

    def channel(self, channel_id: str, now: float) -> Channel | None:
        """A channel by its id."""
        own = self.scenario.own(channel_id)
        channel = self.market.channel(channel_id, now) if own is None else self._own_channel(own, now)
        gone = [video_id for video_id, mark in self._marks_now().items() if mark.state != "available" and mark.since <= now]
        if channel is None or not gone:
            return channel
        known = self.market.videos(gone, now).values() if own is None else filter(None, map(self._find, gone))
        lost = sum(_channel_id(video) == channel_id and video.published <= now for video in known)
        return replace(channel, videos=channel.videos - lost)

    def channel_by_handle(self, handle: str, now: float) -> Channel | None:
        """A channel by its handle, with or without the @."""
        handle = handle.removeprefix("@").lower()
        own = next((channel for channel in self.scenario.channels if channel.handle == handle), None)
        found = self.market.channel_by_handle(handle, now) if own is None else None
        channel_id = own.channel_id if own is not None else None if found is None else found.channel_id
        return None if channel_id is None else self.channel(channel_id, now)

    def competitors(self, now: float, count: int) -> list[str]:
        """Ids of the market's channels that chart most in the categories of the own channels."""
        categories = [channel.category_id for channel in self.scenario.channels]
        return competitors(self.market, self.scenario.countries, categories, now, count)

    def uploads(self, channel_id: str, now: float, viewer: str | None, page: slice) -> tuple[int, list[Video]] | None:
        """How many videos of a channel `viewer` can list, and a page of them, newest first; None for an unknown channel.

        Videos that were taken down keep their place: see `Video.is_deleted` and `Video.privacy`.
        """
        own = self.scenario.own(channel_id)
        if own is None:
            found = self.market.uploads(channel_id, now, page)
            return None if found is None else (found[0], self._marked(found[1], now))
        listed = [
            video
            for video in self.own_videos(own, now)
            if viewer == channel_id or (video.published <= now and _privacy(video, now) == "public")
        ]
        listed.sort(key=lambda video: -_shown_at(video, now))
        return len(listed), self._marked(self._shown(listed[page], now), now)

    def playlists(self, channel_id: str, now: float, viewer: str | None) -> list[Playlist] | None:
        """The playlists of a channel, its uploads playlist left out; None for an unknown channel."""
        channel, found = self.channel(channel_id, now), self.uploads(channel_id, now, viewer, slice(None))
        return None if channel is None or found is None else playlists(channel, found[1])

    def playlist(self, playlist_id: str, now: float, viewer: str | None) -> Playlist | None:
        """A playlist by its id."""
        channel_id = channel_of(playlist_id)
        made = None if channel_id is None else self.playlists(channel_id, now, viewer)
        return next((playlist for playlist in made or () if playlist.playlist_id == playlist_id), None)

    def comments_closed(self, video: Video) -> bool:
        """Whether the comments of a video can't be read."""
        return comments_closed(self._seed, video)

    def threads(self, video: Video, now: float, by_likes: bool, page: slice) -> tuple[int, list[Comment]]:
        """How many threads a video has, and a page of the comments that begin them: newest or most liked first."""
        numbers = self._comments.threads(video, now, self._state.changes, by_likes)
        return len(numbers), self._comments.comments(video, numbers[page], now, self._state.changes)

    def replies(self, video: Video, number: int, now: float, page: slice) -> tuple[int, list[Comment]]:
        """How many replies a comment has, and a page of them, oldest first."""
        numbers = self._comments.replies(video, number, now, self._state.changes)
        return len(numbers), self._comments.comments(video, numbers[page], now, self._state.changes)

    def comment(self, comment_id: str, now: float) -> Comment | None:
        """A public comment by its id."""
        key = comment_key(comment_id)
        video = None if key is None else next(iter(self.videos([key[0]], now, None)), None)
        if key is None or video is None or self.comments_closed(video):
            return None
        found = self._comments.comments(video, [key[1]], now, self._state.changes)
        return found[0] if found and found[0].comment_id == comment_id else None

    def own_videos(self, channel: OwnChannel, now: float) -> list[OwnVideo]:
        """Everything on an own channel at `now`, private uploads too, oldest first."""
        uploads = [video for video in self._uploads() if video.channel == channel and _uploaded(video) <= now]
        return self._own.published(channel, now) + uploads

    def report(self, channel: OwnChannel, last: int) -> tuple[list[OwnVideo], Curves]:
        """Public videos of an own channel and their counts up to the end of the Pacific day `last` (ordinal).

        Counts are made a month ahead and kept, so that day after day can be asked for cheaply.
        """
        key = (channel.channel_id, self._state.changes)
        kept = self._reports.get(key)
        if kept is None or kept[0] < last:
            ahead = last + DAYS_AHEAD
            end = pacific_midnight(ahead + 1)
            kept = ahead, attention([video for video in self.own_videos(channel, end) if video.published < end], end)
            self._reports[key] = kept
            while len(self._reports) > KEPT_REPORTS:
                self._reports.popitem(last=False)
        self._reports.move_to_end(key)
        end = pacific_midnight(last + 1)
        known = kept[1].videos
        rows = [row for row, video in enumerate(known) if video.published < end and _uploaded(video) <= end]
        return kept[1].until(rows, last)

    def view_day(self, channel: OwnChannel, ordinal: int, newest: int) -> ViewDay:
        """The views of an own channel's Pacific day. `newest` is the last day (ordinal) that has its counts by now."""
        return self.breakdowns.day(channel, ordinal, newest, self._state.changes, lambda: self.report(channel, newest))

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
        self._refresh()
        return self._adopted.values()

    def _marks_now(self) -> dict[str, Mark]:
        self._refresh()
        return self._marks

    def _refresh(self) -> None:
        """Read what callers changed since the last look."""
        if self._adopted_at != self._state.changes:
            self._adopted = {upload.video_id: self._adopt(upload) for upload in self._state.uploads()}
            self._marks = self._state.marks()
            self._adopted_at = self._state.changes

    def _marked(self, videos: list[Video], now: float) -> list[Video]:
        """Videos with what was done to them by hand up to now."""
        marks = self._marks_now()
        if not marks:
            return videos
        return [
            _with_mark(video, marks[video.video_id]) if video.video_id in marks and marks[video.video_id].since <= now else video
            for video in videos
        ]

    def _comment_count(self, video_id: str, at: float) -> int:
        own = self._find(video_id)
        if own is not None:
            return int(curves([own], at).comments[0, -1])
        video = self.market.videos([video_id], at).get(video_id)
        return 0 if video is None else video.comments

    def _adopt(self, upload: Upload) -> OwnVideo:
        charted = self.market.title_heat(upload.title)
        faces = (Face(-NEVER, AUTOMATIC_STILL), *self._state.faces(upload.video_id))
        return self._own.adopt(upload, faces, charted)

    def _own_channel(self, channel: OwnChannel, now: float) -> Channel:
        public = [video for video in self.own_videos(channel, now) if video.published <= now]
        counted = curves(public, now)
        gained, lost = page_subscribers(counted)
        won = int((counted.subscribers_gained - counted.subscribers_lost)[:, -1].sum() + gained[-1] - lost[-1])
        return Channel(
            channel_id=channel.channel_id,
            handle=channel.handle,
            title=channel.title,
            description=f"{channel.title}: what the numbers say about {channel.niche}.",
            country=channel.country,
            created=(WORLD_BEGIN.toordinal() - EPOCH_ORDINAL) * 24.0,
            subscribers=channel.subscribers + won,
            views=int(counted.views[:, -1].sum()),
            videos=len(public),
            category_id=channel.category_id,
        )

    def _shown(self, videos: Sequence[OwnVideo], now: float) -> list[Video]:
        if not videos:
            return []
        counted = curves(videos, now)
        return [
            _video(video, now, *(int(column[row, -1]) for column in (counted.views, counted.likes, counted.comments)))
            for row, video in enumerate(videos)
        ]


def _with_mark(video: Video, mark: Mark) -> Video:
    return replace(
        video,
        is_deleted=mark.state == "deleted",
        privacy="private" if mark.state == "private" else video.privacy,
        has_hidden_likes=mark.has_hidden_likes,
        has_closed_comments=mark.has_closed_comments,
    )


def _is_seen(video: Video, viewer: str | None) -> bool:
    return not video.is_deleted and (video.privacy != "private" or viewer == video.channel_id)


def _channel_id(video: OwnVideo | Video) -> str:
    return video.channel.channel_id if isinstance(video, OwnVideo) else video.channel_id


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
