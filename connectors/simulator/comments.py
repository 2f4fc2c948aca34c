"""What viewers write under a video: wishes, questions, praise, complaints and replies, with invented authors.

The n-th comment of a video, its time, author, text and likes follow from the video alone; a later moment only adds comments and
likes. Times are read off the curve of the public comment count at fixed ages of the video: at those ages comments and count
agree, in between they differ by at most what the curve grows. Wishes name topics by their heat when they were written, so that
what viewers ask for is a signal about topics.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from connectors.simulator.audience import Floats
from connectors.simulator.calendar import moment, utc_ordinal
from connectors.simulator.identity import stream, token
from connectors.simulator.own import Ints
from connectors.simulator.scenario import Niche, Scenario
from connectors.simulator.titles import compose
from connectors.simulator.topics import Topics
from connectors.simulator.values import Video

AGES = (0.0, 3.0, 6.0, 12.0, 24.0, 48.0, 96.0, 192.0, 384.0, 768.0, 1536.0, 3072.0, 6144.0, 12288.0, 24576.0)
"""Hours after publishing at which comments and the public count agree."""
REPLY_SHARE = 0.28
MOST = 20_000
"""Comments of a video that can be read; what is counted beyond is not shown."""
CLOSED_SHARE = 0.02
LIKES_HOURS = 60.0
_KINDS = (("requests", 0.24), ("questions", 0.46), ("praise", 0.84), ("complaints", 1.0))
_KEPT = 256
_HEAD = "Ugx"
_TAIL = "AaABAg"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as it stands at the moment asked for."""

    comment_id: str
    video_id: str
    channel_id: str
    """Of the video."""
    parent_id: str | None
    author: str
    author_channel_id: str
    text: str
    likes: int
    published: float
    replies: int


@dataclass(frozen=True)
class _Thread:
    """When the comments of a video are written, and which of them answers which (-1: none), each of shape (comments,)."""

    times: Floats
    parents: Ints


def comments_closed(seed: int, video: Video) -> bool:
    """Whether nobody can comment a video: by law where it is made for kids, by hand, or by its owner's whim."""
    if video.made_for_kids or video.has_closed_comments:
        return True
    return bool(stream(seed, "closed comments", video.video_id).random() < CLOSED_SHARE)


class Comments:
    """Comments of any video of the world.

    Args:
        counted: (video id, hours) to the public comment count then.
    """

    def __init__(self, scenario: Scenario, topics: Topics, seed: int, counted: Callable[[str, float], int]) -> None:
        self._scenario = scenario
        self._topics = topics
        self._seed = seed
        self._counted = counted
        self._niches = {niche.category_id: niche for niche in scenario.niches.values()}
        self._known: OrderedDict[tuple[str, int, int], _Thread] = OrderedDict()

    def threads(self, video: Video, now: float, version: int, by_likes: bool) -> list[int]:
        """Numbers of the comments that begin a thread by `now`: newest first, or the most liked first."""
        known = self._thread(video, now, version)
        rows = np.flatnonzero((known.times <= now) & (known.parents < 0))[::-1]
        if by_likes:
            rows = rows[np.argsort(-self._likes(video.video_id, rows, now - known.times[rows]), kind="stable")]
        return [int(row) for row in rows]

    def replies(self, video: Video, number: int, now: float, version: int) -> list[int]:
        """Numbers of the replies to a comment by `now`, oldest first."""
        known = self._thread(video, now, version)
        return [int(row) for row in np.flatnonzero((known.parents == number) & (known.times <= now))]

    def comments(self, video: Video, numbers: Sequence[int], now: float, version: int) -> list[Comment]:
        """Comments of a video by their numbers; those not written yet are left out."""
        known = self._thread(video, now, version)
        rows = np.array([number for number in numbers if number < len(known.times) and known.times[number] <= now], dtype=int)
        likes = self._likes(video.video_id, rows, now - known.times[rows])
        answered = np.bincount(known.parents[(known.parents >= 0) & (known.times <= now)], minlength=len(known.times))
        return [
            self._comment(video, int(row), known, int(liked), int(answered[row])) for row, liked in zip(rows, likes, strict=True)
        ]

    def _comment(self, video: Video, number: int, known: _Thread, likes: int, replies: int) -> Comment:
        random = stream(self._seed, "comment", video.video_id, number)
        patterns = self._scenario.comments
        parent = int(known.parents[number])
        draw = float(random.random())
        kind = "replies" if parent >= 0 else next(name for name, share in _KINDS if draw < share)
        at = float(known.times[number])
        niche, topic, wish = self._subject(random, video, at)
        names = (patterns.author_first, patterns.author_second)
        handle = "-".join(words[int(random.integers(len(words)))] for words in names) + str(int(random.integers(10, 9999)))
        return Comment(
            comment_id=comment_id(video.video_id, number, None if parent < 0 else parent),
            video_id=video.video_id,
            channel_id=video.channel_id,
            parent_id=None if parent < 0 else comment_id(video.video_id, parent, None),
            author=f"@{handle}",
            author_channel_id="UC" + token("author", handle),
            text=compose(random, getattr(patterns, kind), topic, wish, moment(at).year, niche),
            likes=likes,
            published=at,
            replies=replies,
        )

    def _subject(self, random: np.random.Generator, video: Video, at: float) -> tuple[Niche, str, str]:
        """What a comment can be about: the niche, the video's topic, and another topic that is wished for."""
        found = self._topics.find(video.title)
        niche = self._niches.get(video.category_id)
        if niche is None:
            niche = self._scenario.niches.get("" if found is None else found.niche) or next(iter(self._niches.values()))
        members = self._topics.by_niche[niche.name]
        weights = np.exp(self._topics.heat(utc_ordinal(at))[members])
        wish = self._topics.all[int(random.choice(members, p=weights / weights.sum()))]
        return niche, "this" if found is None else found.name, wish.name

    def _likes(self, video_id: str, rows: Ints, ages: Floats) -> Ints:
        """Likes of comments at an age: few get many; they come as the video's own attention does."""
        if not len(rows):
            return np.zeros(0, dtype=np.int64)
        draws = stream(self._seed, "comment likes", video_id).random(int(rows.max()) + 1)[rows]
        lasting = np.expm1(0.9 * np.power(1 - draws, -0.35)) - 1.4
        return np.asarray(np.clip(lasting, 0, 5000) * (1 - np.exp(-np.maximum(ages, 0) / LIKES_HOURS)), dtype=np.int64)

    def _thread(self, video: Video, now: float, version: int) -> _Thread:
        """The comments of a video up to the first of AGES that lies after `now`."""
        reached = next((place for place, age in enumerate(AGES) if video.published + age >= now), len(AGES) - 1)
        key = (video.video_id, reached, version)
        if key not in self._known:
            self._known[key] = self._made(video, reached)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]

    def _made(self, video: Video, reached: int) -> _Thread:
        grid = [video.published + age for age in AGES[: reached + 1]]
        counts = np.minimum(np.maximum.accumulate([0, *(self._counted(video.video_id, at) for at in grid[1:])]), MOST)
        numbers = np.arange(int(counts[-1]))
        step = np.searchsorted(counts, numbers, side="right")
        begin, end = np.array(grid)[step - 1], np.array(grid)[step]
        share = (numbers - counts[step - 1] + 1) / (counts[step] - counts[step - 1])
        times = np.minimum(np.ceil((begin + (end - begin) * share) * 3600) / 3600, end)
        chance, choice = stream(self._seed, "replies", video.video_id).random((len(numbers), 2)).T
        is_reply = (chance < REPLY_SHARE) & (numbers > 0)
        starts = np.flatnonzero(~is_reply)
        before = np.searchsorted(starts, numbers)
        parents = np.full(len(numbers), -1)
        parents[is_reply] = starts[np.floor(choice * before).astype(int)[is_reply]]
        return _Thread(times, parents)


def comment_id(video_id: str, number: int, parent: int | None) -> str:
    """The id of a video's n-th comment, as YouTube's look: a reply's has its parent's before a point."""
    coded = base64.urlsafe_b64encode(struct.pack(">I", number)).decode()[:6]
    own = f"{_HEAD}{video_id}{coded}{_TAIL}"
    return own if parent is None else f"{comment_id(video_id, parent, None)}.{own}"


def comment_key(text: str) -> tuple[str, int] | None:
    """Video and number of a comment's id; None for what is none."""
    own = text.rpartition(".")[2]
    if len(own) != len(_HEAD) + 11 + 6 + len(_TAIL) or not (own.startswith(_HEAD) and own.endswith(_TAIL)):
        return None
    try:
        [number] = struct.unpack(">I", base64.b64decode(own[14:20] + "==", altchars=b"-_", validate=True))
    except (binascii.Error, struct.error):
        return None
    return own[3:14], int(number)
