"""How the public of a video-day divides: every view of a channel's Pacific day as one element of arrays.

A view has a country, a device, a way by which it came and so on, drawn from the channel's habits by a hash of its video, day and
number; so many views of the video like, comment or share as the day's counts say. Every report is a grouping of the same views:
its sums are the video-day's counts, whatever they are split by, and two reports never disagree.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from connectors.simulator import audience
from connectors.simulator.audience import Floats
from connectors.simulator.calendar import pacific_midnight, utc_ordinal
from connectors.simulator.habits import (
    AGES,
    BROWSE,
    CHANNELS,
    COUNTRIES,
    DEVICES,
    END_SCREEN,
    ENTRANCES,
    EXTERNAL,
    FRESH_DAYS,
    GENDERS,
    LIVE,
    LOCATIONS,
    LOYAL,
    OTHER_PAGE,
    PLACE_SHARES,
    PLACES,
    PLAYLIST,
    PLAYLIST_PAGE,
    PROVINCES,
    SEARCH,
    SHARING,
    SHOWN,
    SIGNED_IN,
    SITES,
    SOURCES,
    SUBSCRIBED,
    SUBTITLE_SHARES,
    SUBTITLES,
    SUGGESTED,
    Habits,
    Value,
    habits_of,
    shares,
)
from connectors.simulator.identity import Origin, VideoIds, VideoKey, stream, token
from connectors.simulator.own import Curves, Ints, OwnVideo
from connectors.simulator.playlists import playlists_with
from connectors.simulator.scenario import OwnChannel, Scenario

Flags = NDArray[np.bool_]
Words = NDArray[np.uint64]
Report = Callable[[], tuple[list[OwnVideo], Curves]]
NONE = -1
"""In a column: the view has no such thing."""

COUNTS = tuple(name for name in Curves.__dataclass_fields__ if name != "first")
UNMONETISED_CHANNELS = 2
"""So many own channels, the smallest by subscribers, earn nothing yet."""
PREMIUM_SHARE = 0.06
PREMIUM_MICROS_PER_SECOND = 13.0
SUBSCRIBED_LIFT = 0.3
"""How much longer subscribers watch, in the logit of the share watched."""
MONETISED_SHARE = 0.55
MID_ROLL_SECONDS = 480
AD_SHARE = (11, 20)
"""What the creator gets of an advertisement's price: 55 %."""
PASSED_DEVICES = 4
"""Thumbnails that nobody clicks are counted on so many of the usual devices."""
LATE_SHARE = 0.03
"""Of the views and impressions, what YouTube counts only some days later, where a report is written again."""
KEPT_REPORTS = 4
KEPT_VIEWS = 1_000_000
"""Days are kept in memory until they have so many views together, of up to 200 bytes each."""
CARDS_OF_VIDEO = ("62", "63")
"""The cards that a video has: one that leads to a video, one to a playlist. Cards have codes only."""
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_DAY_STEP, _VIEW_STEP, _WORD = 0x9E3779B97F4A7C15, np.uint64(0xD1B54A32D192ED03), (1 << 64) - 1


def apportion(totals: Ints, weights: Floats) -> Ints:
    """Divide totals by weights so that the parts are whole and add up: the method of largest remainders.

    Args:
        totals: shape (rows,), 0 or more.
        weights: shape (rows, parts) or (parts,), 0 or more, not all 0.

    Returns: shape (rows, parts). A part of weight 0 is 0.
    """
    quotas = totals[:, None] * shares(np.broadcast_to(weights, (len(totals), weights.shape[-1])))
    parts = np.floor(quotas).astype(np.int64)
    missing = totals - parts.sum(axis=1)
    order = np.argsort(np.argsort(-(quotas - parts), axis=1, kind="stable"), axis=1)
    parts += order < missing[:, None]
    return parts


@dataclass(frozen=True)
class Metric:
    """A figure that the APIs give of a group of views: a quotient of sums.

    Attributes:
        sums: metrics of METRICS that are added up for it.
        by: what that is divided by; None for a plain sum. Nothing by nothing is 0.
        factor: of the result, for units.
        digits: decimals; None for a whole number, rounded down.
    """

    sums: tuple[str, ...]
    by: str | None = None
    factor: float = 1.0
    digits: int | None = None


@dataclass(frozen=True)
class Tally:
    """Sums by group: `keys` of shape (groups, dimensions), each of `sums` of shape (groups,)."""

    keys: Ints
    sums: dict[str, NDArray[Any]]


class Public:
    """What is lasting about one channel and its videos, worked out when first asked for."""

    def __init__(self, channel: OwnChannel, is_monetised: bool, ids: VideoIds, seed: int) -> None:
        self.channel = channel
        self.is_monetised = is_monetised
        self.habits = habits_of(channel, seed)
        self._ids = ids
        self._seed = seed
        self._seeds: dict[str, int] = {}
        self._neighbours: dict[str, tuple[str, ...]] = {}
        self._details: dict[tuple[str, float], dict[Value, Sequence[str]]] = {}

    def seed_of(self, video_id: str) -> int:
        """A number of 64 bits that is the video's own."""
        if video_id not in self._seeds:
            text = f"{self._seed}\x1f{video_id}".encode()
            self._seeds[video_id] = int.from_bytes(blake2b(text, digest_size=8).digest(), "big")
        return self._seeds[video_id]

    def know(self, videos: Sequence[OwnVideo]) -> None:
        """Take in the channel's videos, each of which is suggested beside the next one and two strange ones beside it."""
        if all(video.video_id in self._neighbours for video in videos):
            return
        ordered = sorted(videos, key=lambda video: (video.published, video.video_id))
        for before, video in zip([ordered[0], *ordered], ordered, strict=False):
            if video.video_id not in self._neighbours:
                day = utc_ordinal(video.published)
                number = self.seed_of(video.video_id) % 31
                strange = (self._ids.encode(VideoKey(Origin.MARKET, day, place)) for place in (number, number + 1))
                self._neighbours[video.video_id] = (before.video_id, *strange)

    def details(self, video: OwnVideo) -> dict[Value, Sequence[str]]:
        """Details of the traffic sources that have some, in order of the entrances' slots."""
        key = (video.video_id, video.published)
        if key not in self._details:
            subject = next((tag for tag in video.tags if tag.strip()), " ".join(video.title.lower().split()[:3]))
            more = ("explained", "news", "review")[self.seed_of(video.video_id) % 3]
            self._details[key] = {
                BROWSE: ("what-to-watch", "/my_subscriptions"),
                SEARCH: (subject, f"{subject} {more}", f"why {subject}", ""),
                SUGGESTED: self._neighbours[video.video_id],
                END_SCREEN: self._neighbours[video.video_id],
                CHANNELS: (self.channel.channel_id,),
                EXTERNAL: SITES,
                OTHER_PAGE: ("unknown",),
                **dict.fromkeys((PLAYLIST, PLAYLIST_PAGE), self.playlists(video)),
            }
        return self._details[key]

    def playlists(self, video: OwnVideo) -> tuple[str, ...]:
        """Ids of the playlists that have this video."""
        return playlists_with(self.channel.channel_id, video.published, video.seconds)


class ViewDay:
    """The views of a channel on one Pacific day.

    Dimensions are integer columns of shape (views,): places in the tables of `habits`, rows of `videos`, or NONE. Metrics are
    columns of the same shape that are summed: flags, whole numbers, or seconds. Both are made when first asked for.
    """

    def __init__(
        self, channel: OwnChannel, ordinal: int, videos: Sequence[OwnVideo], counts: Mapping[str, Ints], public: Public
    ) -> None:
        self.ordinal = ordinal
        self.channel = channel
        self.videos = videos
        self.counts = counts
        """By names of COUNTS, each of shape (videos,)."""
        self._public = public
        views = counts["views"]
        self.video: Ints = np.repeat(np.arange(len(videos)), views)
        starts = np.cumsum(views) - views
        self._number: Ints = np.arange(len(self.video)) - starts[self.video]
        self._seeds: Words = np.array([public.seed_of(video.video_id) for video in videos], dtype=np.uint64)
        self._keys = _mixed(
            self._seeds[self.video] + np.uint64(_DAY_STEP * ordinal & _WORD) + _VIEW_STEP * self._number.astype(np.uint64)
        )
        self._metrics: dict[str, NDArray[Any]] = {}

    def __len__(self) -> int:
        return len(self.video)

    @cached_property
    def country(self) -> Ints:
        return self._picked("country", self._habits.countries[None, :], np.zeros(len(self), dtype=np.int64))

    @cached_property
    def province(self) -> Ints:
        weights = shares(np.array([province.weight for province in PROVINCES]))[None, :]
        states = self._picked("province", weights, np.zeros(len(self), dtype=np.int64))
        return np.where(self.country == _UNITED_STATES, states, NONE)

    @cached_property
    def entrance(self) -> Ints:
        age = np.maximum((pacific_midnight(self.ordinal + 1) - self._published) / 24, 0)
        fading = np.exp(-np.array([way.fading for way in ENTRANCES]) * np.log1p(age / FRESH_DAYS)[:, None])
        fading *= self._habits.entrances
        by_kind = np.stack([fading * [way.shown for way in ENTRANCES], fading * [way.other for way in ENTRANCES]], axis=1)
        rows = 2 * self.video + ~self.metric("clicks").astype(bool)
        ways = self._picked("entrance", shares(by_kind).reshape(-1, len(ENTRANCES)), rows)
        is_second = (ways == _SECOND_PLAYLIST) & (self._playlists[self.video] < 2)
        return np.where(is_second, _FIRST_PLAYLIST, ways)

    @cached_property
    def source(self) -> Ints:
        return SOURCE_OF[self.entrance]

    @cached_property
    def location(self) -> Ints:
        return _LOCATION_OF[self.place]

    @cached_property
    def device(self) -> Ints:
        return self._picked("device", self._habits.devices, self.country)

    @cached_property
    def place(self) -> Ints:
        return self._picked("place", shares(PLACE_SHARES), self.entrance)

    @cached_property
    def subtitle(self) -> Ints:
        return self._picked("subtitle", shares(SUBTITLE_SHARES), self.country)

    @cached_property
    def viewer(self) -> Ints:
        """Age and gender as one number, genders fastest; NONE for who is not signed in."""
        known = self._picked("viewer", self._habits.viewers[None, :], np.zeros(len(self), dtype=np.int64))
        return np.where(self._chance("signed in") < SIGNED_IN, known, NONE)

    @cached_property
    def subscribed(self) -> Ints:
        age = np.maximum((pacific_midnight(self.ordinal + 1) - self._published) / 24, 0)
        usual = self._habits.subscribed * (0.4 + 0.6 * np.exp(-age / FRESH_DAYS))
        chance = np.where(_IS_LOYAL[self.entrance], np.minimum(2.2 * usual[self.video], 0.95), 0.6 * usual[self.video])
        return np.where(self._chance("subscribed") < chance, 0, 1)

    @cached_property
    def live(self) -> Ints:
        """Some videos are premieres: part of the first day's public sees them while they run for the first time."""
        is_premiere = (self._seeds % np.uint64(16) == 0) & (self._published >= pacific_midnight(self.ordinal))
        return np.where(is_premiere[self.video] & (self._chance("live") < 0.2), 0, 1)

    @cached_property
    def playlist(self) -> Ints:
        """Which of its video's playlists the view came by."""
        return _PLAYLIST_SLOT[self.entrance]

    @cached_property
    def sharing(self) -> Ints:
        weights = shares(np.array([service.weight for service in SHARING]))[None, :]
        return self._picked("sharing", weights, np.zeros(len(self), dtype=np.int64))

    @cached_property
    def card(self) -> Ints:
        """Which of its video's cards was announced in the view; one video in four has none."""
        slots = np.where(self._chance("card") < 0.6, 0, 1)
        return np.where(self._seeds[self.video] % np.uint64(4) == 0, NONE, slots)

    @property
    def everything(self) -> Flags:
        return np.ones(len(self), dtype=bool)

    def dimension(self, name: str) -> Ints:
        """A column by its name."""
        column: Ints = getattr(self, name)
        return column

    def metric(self, name: str) -> NDArray[Any]:
        """A metric of METRICS by its name, one value for every view."""
        if name not in self._metrics:
            self._metrics[name] = METRICS[name](self)
        return self._metrics[name]

    def tally(self, dimensions: Sequence[str], metrics: Sequence[str], where: Flags | None = None) -> Tally:
        """Sum metrics over the views of every combination of dimensions that occurs, in order of the keys."""
        columns = [self.dimension(name) if where is None else self.dimension(name)[where] for name in dimensions]
        size = len(self) if where is None else int(where.sum())
        key = np.zeros(size, dtype=np.int64)
        widths = [int(column.max(initial=NONE)) + 2 for column in columns]
        for column, width in zip(columns, widths, strict=True):
            key = key * width + (column + 1)
        groups, group = np.unique(key, return_inverse=True)
        sums: dict[str, NDArray[Any]] = {}
        for name in metrics:
            values = self.metric(name) if where is None else self.metric(name)[where]
            summed = np.bincount(group, weights=values, minlength=len(groups))
            sums[name] = summed if values.dtype.kind == "f" else np.rint(summed).astype(np.int64)
        keys = np.empty((len(groups), len(columns)), dtype=np.int64)
        for place in reversed(range(len(columns))):
            groups, keys[:, place] = np.divmod(groups, widths[place])
        return Tally(keys - 1, sums)

    def reach(self, is_early: bool = False) -> Tally:
        """Impressions of thumbnails and clicks on them by `video`, `entrance` and `device`; `is_early`: as first counted.

        Clicks are the views that began with one; what nobody clicked is apportioned over the usual ways and devices.
        """
        counted = self.metric("early" if is_early else "views").astype(bool)
        clicked = self.tally(("video", "entrance", "device"), ("clicks",), self.metric("clicks").astype(bool) & counted)
        ways = np.array([ENTRANCES[number].shown for number in SHOWN]) * self._habits.entrances[list(SHOWN)]
        devices = self._habits.countries @ self._habits.devices
        most = np.argsort(-devices, kind="stable")[:PASSED_DEVICES]
        unclicked = self.counts["impressions"] - self.counts["clicks"]
        unclicked -= (unclicked * LATE_SHARE).astype(np.int64) * is_early
        passed = apportion(unclicked, np.outer(ways, devices[most]).ravel())
        video, cell = np.nonzero(passed)
        passed_keys = np.stack([video, np.array(SHOWN)[cell // len(most)], most[cell % len(most)]], axis=1)
        keys, group = np.unique(np.concatenate([clicked.keys, passed_keys]), axis=0, return_inverse=True)
        clicks = np.concatenate([clicked.sums["clicks"], np.zeros(len(video), dtype=np.int64)])
        impressions = clicks + np.concatenate([np.zeros(len(clicked.keys), dtype=np.int64), passed[video, cell]])
        sums = {
            name: np.bincount(group.ravel(), weights=column, minlength=len(keys)).astype(np.int64)
            for name, column in (("impressions", impressions), ("clicks", clicks))
        }
        return Tally(keys, sums)

    def detail(self, video: int, entrance: int) -> str:
        """What is known of a traffic source: the term searched, the suggesting video, the site; empty where it is withheld."""
        way = ENTRANCES[entrance]
        known = self._public.details(self.videos[video]).get(way.source)
        return "" if known is None else known[way.slot]

    def playlist_id(self, video: int, slot: int) -> str:
        """The id of one of a video's playlists."""
        return self._public.playlists(self.videos[video])[slot]

    @cached_property
    def _playlists(self) -> Ints:
        """How many playlists have each video."""
        return np.array([len(self._public.playlists(video)) for video in self.videos], dtype=np.int64)

    @cached_property
    def _published(self) -> Floats:
        return np.array([video.published for video in self.videos], dtype=float)

    @property
    def _habits(self) -> Habits:
        return self._public.habits

    def _chance(self, purpose: str) -> Floats:
        """An even number from 0 to 1 for every view, the same for equal purposes."""
        return np.asarray((_mixed(self._keys + _salt(purpose)) >> np.uint64(11)) * 2.0**-53)

    def _picked(self, purpose: str, rows: Floats, row: Ints) -> Ints:
        """A place in `rows[row]` for every view, drawn with the shares there."""
        edges = np.cumsum(rows, axis=1)
        edges[:, -1] = 1.0
        flat = (edges + np.arange(len(rows))[:, None]).ravel()
        place = np.searchsorted(flat, row + self._chance(purpose), side="right") - row * rows.shape[1]
        return np.asarray(np.minimum(place, rows.shape[1] - 1))

    def _some(self, name: str) -> Flags:
        """As many views of every video as the day counts of something, a run of them that begins anywhere."""
        views = np.maximum(self.counts["views"], 1)
        begin = _mixed(self._seeds + np.uint64(_DAY_STEP * self.ordinal & _WORD) + _salt(name)) % views.astype(np.uint64)
        turned = (self._number + begin.astype(np.int64)[self.video]) % views[self.video]
        return np.asarray(turned < self.counts[name][self.video])

    def _seconds(self) -> Floats:
        """Seconds watched: the video's mean is its share of the duration; subscribers stay longer."""
        patience = (0.3 + 1.4 * self._chance("patience")) * np.where(self.subscribed == 0, 1.15, 1.0)
        mean = np.bincount(self.video, patience, len(self.videos)) / np.maximum(self.counts["views"], 1)
        usual = np.array([video.reach.watch_share * max(video.seconds, 1) for video in self.videos])
        return np.asarray(patience / mean[self.video] * usual[self.video])

    def _portion(self) -> Floats:
        durations = np.array([max(video.seconds, 1) for video in self.videos], dtype=float)
        return np.asarray(self.metric("seconds") / durations[self.video])

    def _minutes(self) -> Ints:
        """Whole minutes in proportion to the seconds, each video's adding up to the day's count: running sums are floored."""
        running = np.concatenate([[0.0], np.cumsum(self.metric("seconds"))])
        ends = np.cumsum(self.counts["views"])
        before, whole = (running[edge][self.video] for edge in (ends - self.counts["views"], ends))
        done = np.floor(self.counts["minutes"][self.video] * ((running[1:] - before) / (whole - before)))
        return np.asarray(np.where(self._number == 0, done, np.diff(done, prepend=0.0)), dtype=np.int64)

    def _ad_impressions(self) -> Ints:
        durations = np.array([video.seconds for video in self.videos])
        has_second = (durations >= MID_ROLL_SECONDS)[self.video] & (self._chance("mid-roll") < 0.5)
        return np.where(self.metric("monetized_playbacks"), 1 + has_second, 0)

    def _gross_micros(self) -> Ints:
        """Price of the view's advertisements in millionths of a dollar, a multiple of what makes the creator's share whole."""
        price = (
            _CPM[self.country] * audience.advertising_season(date.fromordinal(self.ordinal)) * (0.6 + 0.8 * self._chance("price"))
        )
        step = AD_SHARE[1]
        return np.asarray(step * np.rint(price * 1000 * self.metric("ad_impressions") / step), dtype=np.int64)

    def _premium_micros(self) -> Ints:
        earned = np.rint(PREMIUM_MICROS_PER_SECOND * self.metric("seconds") * self.metric("red_views"))
        return np.asarray(earned * self._public.is_monetised, dtype=np.int64)

    def _is_monetised(self) -> Flags:
        has_ad = (self._chance("advertised") < MONETISED_SHARE) & ~self.metric("red_views")
        return np.asarray(has_ad & self._public.is_monetised)

    def _is_announced(self, below: float) -> Flags:
        """Cards: how far a view went from the teaser to the click."""
        return np.asarray((self.card != NONE) & (self._chance("card use") < below))

    def _reaches_end(self) -> Flags:
        ends = np.array([0.5 * video.reach.watch_share for video in self.videos])
        return np.asarray(self._chance("end") < ends[self.video])

    def _started_playlist(self) -> Flags:
        return np.asarray((self.playlist != NONE) & (self._chance("playlist start") < 0.4))


def _flag(purpose: str, chance: float, column: str | None = None) -> Callable[[ViewDay], Flags]:
    """A metric that so many of the views have which have something in a column."""

    def flag(day: ViewDay) -> Flags:
        is_some = day._chance(purpose) < chance
        return np.asarray(is_some if column is None else is_some & (day.dimension(column) != NONE))

    return flag


def _counted(name: str) -> Callable[[ViewDay], Flags]:
    return lambda day: day._some(name)


def _zero(day: ViewDay) -> Flags:
    return np.zeros(len(day), dtype=bool)


METRICS: dict[str, Callable[[ViewDay], NDArray[Any]]] = {
    "views": lambda day: day.everything,
    "clicks": lambda day: np.asarray(day._number < day.counts["clicks"][day.video]),
    **{
        name: _counted(name)
        for name in ("engaged_views", "likes", "comments", "shares", "subscribers_gained", "subscribers_lost")
    },
    "minutes": ViewDay._minutes,
    "seconds": ViewDay._seconds,
    "portion": ViewDay._portion,
    "red_views": _flag("premium", PREMIUM_SHARE),
    "red_minutes": lambda day: day.metric("minutes") * day.metric("red_views"),
    "dislikes": _flag("dislike", 0.0015),
    "playlist_additions": _flag("added", 0.002),
    "playlist_removals": _flag("removed", 0.0004),
    "signed_in": lambda day: day.viewer != NONE,
    "monetized_playbacks": ViewDay._is_monetised,
    "ad_impressions": ViewDay._ad_impressions,
    "gross_micros": ViewDay._gross_micros,
    "ad_micros": lambda day: day.metric("gross_micros") * AD_SHARE[0] // AD_SHARE[1],
    "premium_micros": ViewDay._premium_micros,
    "card_teaser_impressions": lambda day: day._is_announced(0.6),
    "card_teaser_clicks": lambda day: day._is_announced(0.012),
    "card_impressions": lambda day: day._is_announced(0.016),
    "card_clicks": lambda day: day._is_announced(0.006),
    "annotation_impressions": lambda day: _IS_DESKTOP[day.device],
    "annotation_clicks": lambda day: _IS_DESKTOP[day.device] & (day._chance("watermark") < 0.002),
    "annotation_closes": _zero,
    "annotation_closable_impressions": _zero,
    "end_screen_impressions": ViewDay._reaches_end,
    "end_screen_video_clicks": lambda day: day.metric("end_screen_impressions") & (day._chance("end click") < 0.06),
    "end_screen_subscribe_clicks": lambda day: day.metric("end_screen_impressions") & (day._chance("end click") > 0.98),
    "early": lambda day: np.asarray(day._chance("early") >= LATE_SHARE),
    "in_states": lambda day: day.province != NONE,
    "in_playlist": lambda day: day.playlist != NONE,
    "in_playlist_in_states": lambda day: (day.playlist != NONE) & (day.province != NONE),
    "playlist_starts": ViewDay._started_playlist,
    "playlist_saves_added": _flag("saved", 0.01, "playlist"),
    "playlist_saves_removed": _flag("unsaved", 0.002, "playlist"),
}
"""What is counted of a view. Money is in millionths of a dollar; `portion` is the share of the video that was watched."""

SOURCE_OF: Ints = np.array([SOURCES.index(way.source) for way in ENTRANCES])
"""The place in `habits.SOURCES` of each entrance."""
_LOCATION_OF: Ints = np.array([LOCATIONS.index(place.location) for place in PLACES])
_PLAYLIST_SLOT: Ints = np.array([way.slot if way.source in {PLAYLIST, PLAYLIST_PAGE} else NONE for way in ENTRANCES])
_FIRST_PLAYLIST, _SECOND_PLAYLIST = (number for number, way in enumerate(ENTRANCES) if way.source is PLAYLIST)
_UNITED_STATES = next(number for number, country in enumerate(COUNTRIES) if country.code == "US")
_IS_LOYAL: Flags = np.array([way.source in LOYAL for way in ENTRANCES])
_IS_DESKTOP: Flags = np.array([device.device.name == "DESKTOP" for device in DEVICES])
_CPM: Floats = np.array([country.cpm_usd for country in COUNTRIES])


@dataclass(frozen=True)
class Axis:
    """A dimension as the APIs have it: the columns that decide it, and what a value is called.

    `names` (Analytics API) and `codes` (Reporting API) give the text of a value by its place in the one column; an axis that
    depends on more has `text` instead, which takes the day and one value of each column. NONE is the empty text.
    """

    columns: tuple[str, ...]
    names: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    text: Callable[..., str] | None = None

    def labels(self, day: ViewDay, keys: Ints, with_codes: bool) -> list[str]:
        """The texts of values: keys of shape (values, columns)."""
        if self.text is not None:
            text, known = self.text, dict[tuple[int, ...], str]()
            rows = [tuple(row) for row in keys.tolist()]
            for row in rows:
                if row not in known:
                    known[row] = text(day, *row)
            return [known[row] for row in rows]
        known_texts = (*(self.codes if with_codes else self.names), "")
        return [known_texts[place] for place in keys[:, 0].tolist()]


def _axis(column: str, values: Sequence[Any]) -> Axis:
    return Axis((column,), tuple(value.name for value in values), tuple(value.code for value in values))


def _plain(column: str, texts: Sequence[str]) -> Axis:
    return Axis((column,), tuple(texts), tuple(texts))


def _card_id(day: ViewDay, video: int, slot: int) -> str:
    return token("card", day.videos[video].video_id, slot, length=16)


AXES = {
    "video": Axis(("video",), text=lambda day, video: day.videos[video].video_id),
    "country": _plain("country", [country.code for country in COUNTRIES]),
    "province": _axis("province", PROVINCES),
    "live": _axis("live", LIVE),
    "subscribed": _axis("subscribed", SUBSCRIBED),
    "source": _axis("source", SOURCES),
    "source_detail": Axis(("video", "entrance"), text=ViewDay.detail),
    "device": _axis("device", [device.device for device in DEVICES]),
    "system": _axis("device", [device.system for device in DEVICES]),
    "location": _axis("location", LOCATIONS),
    "site": _plain("place", [place.site for place in PLACES]),
    "age": _axis("viewer", [age for age in AGES for _ in GENDERS]),
    "gender": _axis("viewer", [gender for _ in AGES for gender in GENDERS]),
    "sharing": _axis("sharing", SHARING),
    "subtitle": _plain("subtitle", [shown for shown, _ in SUBTITLES]),
    "translation": _plain("subtitle", [translated for _, translated in SUBTITLES]),
    "playlist": Axis(("video", "playlist"), text=ViewDay.playlist_id),
    "card_type": _plain("card", CARDS_OF_VIDEO),
    "card_id": Axis(("video", "card"), text=_card_id),
}
"""Every dimension but the day, by our name of it."""


class Breakdowns:
    """The views of own channels by day, kept while they are asked for. The smallest channels are not monetised."""

    def __init__(self, scenario: Scenario, ids: VideoIds, seed: int) -> None:
        by_size = sorted(scenario.channels, key=lambda channel: (channel.subscribers, channel.handle))
        self._poor = {channel.channel_id for channel in by_size[:UNMONETISED_CHANNELS]}
        self._ids = ids
        self._seed = seed
        self._publics: dict[str, Public] = {}
        self._days: OrderedDict[tuple[str, int, int], ViewDay] = OrderedDict()
        self._kept = 0
        self._reports: OrderedDict[tuple[str, int, int], tuple[list[OwnVideo], Curves]] = OrderedDict()

    def is_monetised(self, channel: OwnChannel) -> bool:
        """Whether a channel earns money with its views."""
        return channel.channel_id not in self._poor

    def retention(self, video: OwnVideo, subscribed: bool | None = None) -> tuple[Floats, Floats]:
        """How the views of a video thin out along it; see `audience.retention_curve`. Of all viewers, or one sort."""
        lift = {None: 0.0, True: SUBSCRIBED_LIFT, False: -SUBSCRIBED_LIFT / 3}[subscribed]
        share = audience.logistic(audience.logit(video.reach.watch_share) + lift)
        usual = audience.watch_share(video.channel.base_watch, video.channel.typical_seconds, video.seconds, 0.0, 0.0)
        return audience.retention_curve(stream(self._seed, "retention", video.video_id), share, usual)

    def day(self, channel: OwnChannel, ordinal: int, newest: int, version: int, report: Report) -> ViewDay:
        """The views of one of the days up to `newest`; `version` tells one state of the uploads from another.

        `report` gives the channel's videos and their counts to the end of `newest`; it is called where they are not known.
        """
        key = (channel.channel_id, ordinal, version)
        if key in self._days:
            self._days.move_to_end(key)
            return self._days[key]
        whole = (channel.channel_id, newest, version)
        if whole not in self._reports:
            self._reports[whole] = report()
            while len(self._reports) > KEPT_REPORTS:
                self._reports.popitem(last=False)
        videos, curves = self._reports[whole]
        public = self._public(channel)
        public.know(videos)
        place = ordinal - curves.first
        counts = {name: _daily(getattr(curves, name), place) for name in COUNTS}
        rows = np.flatnonzero(counts["views"] + counts["impressions"])
        day = ViewDay(channel, ordinal, [videos[row] for row in rows], {name: day[rows] for name, day in counts.items()}, public)
        self._days[key] = day
        self._kept += len(day)
        while self._kept > KEPT_VIEWS and len(self._days) > 1:
            self._kept -= len(self._days.popitem(last=False)[1])
        return day

    def _public(self, channel: OwnChannel) -> Public:
        if channel.channel_id not in self._publics:
            self._publics[channel.channel_id] = Public(channel, self.is_monetised(channel), self._ids, self._seed)
        return self._publics[channel.channel_id]


def _daily(cumulative: Ints, place: int) -> Ints:
    if not 0 <= place < cumulative.shape[1]:
        return np.zeros(len(cumulative), dtype=np.int64)
    return cumulative[:, place] - (cumulative[:, place - 1] if place else 0)


def _mixed(keys: Words) -> Words:
    """Spread keys evenly over 64 bits: the finaliser of SplitMix64."""
    keys = (keys ^ (keys >> np.uint64(30))) * _MIX[0]
    keys = (keys ^ (keys >> np.uint64(27))) * _MIX[1]
    return np.asarray(keys ^ (keys >> np.uint64(31)))


@cache
def _salt(purpose: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(purpose.encode(), digest_size=8).digest(), "big"))
