"""How people answer a video: the audience model of the simulated world, as pure functions over arrays.

    impressions = reach(subscribers, topic heat, fit, slot, expected clicks and watch time) x decay over time
    clicks      = impressions x CTR(channel, title, thumbnail, topic)
    views       = clicks + views from search and elsewhere, which decay slower
    watched     = views x duration x share watched(channel, duration, topic, promise of the title)

Every count is a cumulative curve, floored: daily counts are differences of it, so that they always add up to the total.
`docs/guide/simulator.md` names the published facts behind the forms and says which constants are assumptions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import accumulate as accumulate_of

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BROWSE_TAIL = 0.9
SEARCH_TAIL = 0.6
SEARCH_HOURS = 500.0
DAY_SIGMA = 0.4
DAY_PERSISTENCE = 0.6
NOISY_DAYS = 90
HEAT_WEIGHT = 0.45
DIURNAL_SHIFT_HOURS = 2.4
DIURNAL_PHASE_HOURS = 9.0
IMPRESSIONS_PER_SUBSCRIBER_POWER = (9.0, 0.75)
REACH_SIGMA = 0.45
CLICK_SIGMA = 0.16
WATCH_SIGMA = 0.18
RETENTION_POINTS = 100
RETENTION_BUMPS = 4
SEASON_SWING = 0.22
SEASON_PEAK_DAY = 340

CURIOSITY = frozenset(
    {"why", "how", "what", "who", "secret", "nobody", "hidden", "truth", "really", "suddenly", "missed", "expected", "exposed"}
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


@dataclass(frozen=True, slots=True)
class ThumbnailTraits:
    """What the audience sees of a thumbnail at a glance: mean and spread of luma (0..1), colourfulness (0..about 1)."""

    brightness: float
    contrast: float
    colourfulness: float


@dataclass(frozen=True, slots=True)
class Reach:
    """The lasting answer of the audience to one video: totals that its curves tend to, and rates per view."""

    impressions: float
    click_rate: float
    other_views: float
    watch_share: float
    like_rate: float
    comment_rate: float
    share_rate: float
    subscribe_rate: float
    fast_hours: float


def logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


def logistic(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))


def decay(age_hours: Floats, fast_hours: Floats | float, tail: float) -> Floats:
    """Share of a video's lifetime attention that it has had at an age: 1 - (1 + age / fast)^-tail, a power-law relaxation."""
    return np.asarray(1 - np.power(1 + np.maximum(age_hours, 0) / fast_hours, -tail))


def waking(at: Floats) -> Floats:
    """Hours as the audience lives them: the clock runs faster in the evening than at night, and agrees every 24 hours."""
    return at + DIURNAL_SHIFT_HOURS * np.sin(2 * np.pi * (at - DIURNAL_PHASE_HOURS) / 24)


def accumulate(
    published: Floats,
    fast_hours: Floats | float,
    tail: float,
    edges: Floats,
    pace: Floats,
    until: Floats | float,
    since: Floats | float = 0.0,
) -> Floats:
    """Attention that videos have gathered by the end of each day, or by `until` where that comes first.

    Args:
        published: hours, shape (videos,); infinite for a video that is not published.
        edges: beginnings of the days and the end of the last, hours, shape (days + 1,).
        pace: multiplier of each video on each day, shape (videos, days).
        until, since: count only what happened in `since`..`until` (hours), per video or for all.

    Returns: shape (videos, days), not decreasing along days; about 1 in the long run at a pace of 1.
    """
    end = np.broadcast_to(np.minimum(until, edges[-1]), published.shape)
    born = np.minimum(published, end)
    begin = np.clip(since, born, end)
    moments = np.clip(edges[None, :], begin[:, None], end[:, None])
    fast = np.broadcast_to(fast_hours, published.shape)[:, None]
    shares = decay(waking(moments) - waking(born)[:, None], fast, tail)
    steps = np.maximum(np.diff(shares, axis=1), 0) * pace
    return np.asarray(np.cumsum(steps, axis=1))


def day_noise(random: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Log-normal multipliers of the days after publishing (last axis), with mean 1: good days are followed by good ones."""
    steps = random.normal(0, DAY_SIGMA * np.sqrt(1 - DAY_PERSISTENCE**2), shape)
    steps[..., 0] /= np.sqrt(1 - DAY_PERSISTENCE**2)
    if len(shape) == 1:  # one video at a time is common, and plain floats are twenty times as quick there
        steps = np.array(list(accumulate_of(steps.tolist(), lambda before, step: step + DAY_PERSISTENCE * before)))
    else:
        for day in range(1, shape[-1]):
            steps[..., day] += DAY_PERSISTENCE * steps[..., day - 1]
    return np.asarray(np.exp(steps - DAY_SIGMA**2 / 2))


def heat_pace(heat: Floats) -> Floats:
    """How much faster views come while a topic has this log heat."""
    return np.asarray(np.exp(HEAT_WEIGHT * heat))


def title_appeal(title: str, topic: str, niche: str) -> float:
    """What the words of a title add to the logit of the click-through rate."""
    words = _WORD.findall(title)
    lower = [word.lower() for word in words]
    letters = [char for char in title if char.isalpha()] or ["a"]
    shouting = sum(char.isupper() for char in letters) / len(letters)
    appeal = -0.25 * ((len(title) - 44) / 16) ** 2 if len(title) > 44 else -0.14 * ((44 - len(title)) / 16) ** 2
    appeal += 0.30 * bool(CURIOSITY & set(lower))
    appeal += 0.22 * any(word.isdigit() and len(word) < 4 for word in words)
    appeal += (0.26 if niche in {"film", "entertainment"} else -0.14) * ("?" in title)
    appeal += 0.18 * ("[" in title)
    appeal -= 0.20 * (":" in title)
    appeal += 0.22 * any(len(word) > 2 and word.isupper() for word in words) - 1.2 * max(0.0, shouting - 0.35)
    appeal += 0.14 * (bool(topic) and title.lower().startswith(topic.lower())) - 0.18
    return float(max(appeal, -1.2))


def thumbnail_appeal(traits: ThumbnailTraits) -> float:
    """What a thumbnail adds to the logit of the click-through rate: bright enough, strong contrast, some colour."""
    return (
        0.10
        - 0.7 * (traits.brightness - 0.55) ** 2 / 0.09
        + 0.18 * float(np.tanh((traits.contrast - 0.20) / 0.08))
        + 0.18 * float(np.tanh((traits.colourfulness - 0.35) / 0.20))
    )


def title_promise(title: str) -> float:
    """What a title's tone adds to the logit of the share watched: sober titles keep viewers, promises lose them."""
    lower = {word.lower() for word in _WORD.findall(title)}
    sober = bool({"explained", "numbers", "data", "measured", "charts", "diary", "notes"} & lower)
    loud = any(len(word) > 2 and word.isupper() for word in _WORD.findall(title))
    return 0.16 * sober - 0.10 * bool(CURIOSITY & lower) - 0.18 * loud


def watch_share(base: float, typical_seconds: float, seconds: float, promise: float, depth: float) -> float:
    """Mean share of a video that a view watches: falls with the log of its duration around the channel's usual level."""
    stretch = np.log(max(seconds, 1.0) / typical_seconds)
    return logistic(logit(base) - 0.38 * float(stretch) + promise + depth)


def slot_factor(local_hour: float, weekday: int, niche: str) -> float:
    """How publishing time changes reach: late afternoon is best, weekends help games and films."""
    hour = 1 + 0.14 * float(np.cos(2 * np.pi * (local_hour - 17) / 24))
    weekend = weekday >= 5
    return hour * (1.08 if weekend and niche in {"gaming", "film"} else 0.95 if weekend else 1.0)


def answer(
    random: np.random.Generator,
    *,
    subscribers: float,
    base_ctr: float,
    base_watch: float,
    typical_seconds: float,
    fast_hours: float,
    title: str,
    topic: str,
    niche: str,
    heat: float,
    fit: float,
    depth: float,
    seconds: float,
    slot: float,
) -> Reach:
    """Draw the audience's lasting answer to a video, its thumbnail left out (see `click_rate`).

    `fit` is 1 for a topic of the channel's own niche and less for a foreign one; `depth` is how well the topic holds viewers.
    """
    noise = random.normal(0, 1, 7)
    click_logit = logit(base_ctr) + title_appeal(title, topic, niche) + 0.10 * heat - 0.6 * (1 - fit) + CLICK_SIGMA * noise[0]
    share = watch_share(
        base_watch, typical_seconds, seconds, title_promise(title), depth - 0.5 * (1 - fit) + WATCH_SIGMA * noise[1]
    )
    scale, power = IMPRESSIONS_PER_SUBSCRIBER_POWER
    merit = (logistic(click_logit) / base_ctr) ** 0.4 * (share * seconds / (base_watch * typical_seconds)) ** 0.15
    spread = np.exp(REACH_SIGMA * noise[2] - REACH_SIGMA**2 / 2)
    impressions = scale * subscribers**power * np.exp(0.3 * heat) * fit * slot * merit * spread
    searched = 0.35 if re.search(r"\b(how|what|explained|guide|vs)\b", title.lower()) else 0.18
    return Reach(
        impressions=float(impressions),
        click_rate=logistic(click_logit),
        other_views=float(impressions * base_ctr * searched * np.exp(0.3 * noise[3])),
        watch_share=share,
        like_rate=float(np.clip(0.045 * np.exp(0.35 * noise[4] + 0.8 * (share - base_watch)), 0.002, 0.25)),
        comment_rate=float(0.004 * np.exp(0.5 * noise[5])),
        share_rate=float(0.0035 * np.exp(0.4 * noise[6])),
        subscribe_rate=float(0.0022 * np.exp(0.3 * heat)),
        fast_hours=fast_hours,
    )


def click_rate(reach: Reach, thumbnail: ThumbnailTraits) -> float:
    """Click-through rate of a video while it shows this thumbnail."""
    return logistic(logit(reach.click_rate) + thumbnail_appeal(thumbnail))


def retention_curve(random: np.random.Generator, share: float, usual_share: float) -> tuple[Floats, Floats]:
    """How many of a video's viewers watch each hundredth of it, and how that compares with videos of its length.

    A stretched exponential with bumps where people go back, as steep as the mean share watched (0 < `share` < 1) demands.
    `usual_share` is the mean share of videos of that length.

    Returns: views of a moment by views of the video, about 1 at the beginning and with the mean `share`; and the rank among
    comparable videos, 0 (worst) to 1, 0.5 in the middle. Each of shape (RETENTION_POINTS,).
    """
    at = (np.arange(RETENTION_POINTS) + 0.5) / RETENTION_POINTS
    centres, sizes = random.uniform(0.08, 0.95, RETENTION_BUMPS), random.exponential(0.10, RETENTION_BUMPS)
    bumps = 1 + (sizes[:, None] * np.exp(-(((at - centres[:, None]) / 0.025) ** 2))).sum(axis=0)
    curve = _falling(at, bumps, share)
    rank = 1 / (1 + np.exp(-2.5 * np.log(curve / _falling(at, np.ones(RETENTION_POINTS), usual_share))))
    return curve, np.asarray(rank)


def _falling(at: Floats, bumps: Floats, mean: float) -> Floats:
    """exp(-k at^0.6) with bumps, of the steepness k that gives this mean; the mean falls as k grows."""
    low, high = -2.0, 400.0
    for _ in range(60):
        steepness = (low + high) / 2
        low, high = (steepness, high) if float((np.exp(-steepness * at**0.6) * bumps).mean()) > mean else (low, steepness)
    return np.asarray(np.exp(-low * at**0.6) * bumps)


def advertising_season(day: date) -> float:
    """What advertisers pay on a day, 1 in the mean of a year: most before Christmas, least in early summer."""
    return 1 + SEASON_SWING * float(np.cos(2 * np.pi * (day.timetuple().tm_yday - SEASON_PEAK_DAY) / 365.25))
