"""How audiences divide: which countries, devices, ways to a video and ages there are, and how usual each is.

Every value bears the name that YouTube's Analytics API has for it and the code of the Reporting API. The shares are assumptions
in the order of size that creators publish. Which of them an own channel has is drawn for it in `habits_of`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from connectors.simulator.audience import Floats
from connectors.simulator.identity import stream
from connectors.simulator.scenario import OwnChannel

HOME_WEIGHT = 6.0
CHANNEL_SIGMA = 0.35
FRESH_DAYS = 5.0
"""Age in days at which a video's public has half turned from its own subscribers to the searching and wandering."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a dimension: its name in the Analytics API, its code in the Reporting API and its share."""

    name: str
    code: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Country:
    """A country: its share of the public, what sets its public apart, and what advertisers pay there."""

    code: str
    weight: float
    mobile: float
    """How many times as many watch on the phone."""
    cpm_usd: float
    """Price of a thousand ad impressions."""
    language: str


COUNTRIES = (
    Country("US", 0.30, 0.9, 9.0, "en"),
    Country("GB", 0.10, 0.9, 7.5, "en"),
    Country("IN", 0.12, 4.0, 1.2, "hi"),
    Country("CA", 0.07, 0.9, 7.0, "en"),
    Country("DE", 0.06, 0.8, 7.2, "de"),
    Country("BR", 0.06, 2.5, 1.8, "pt"),
    Country("AU", 0.05, 0.9, 8.0, "en"),
    Country("JP", 0.04, 1.2, 4.5, "ja"),
    Country("FR", 0.03, 0.9, 5.0, "fr"),
    Country("MX", 0.03, 2.2, 2.0, "es"),
    Country("PH", 0.03, 3.5, 1.0, "en"),
    Country("ZZ", 0.02, 1.0, 1.5, "en"),
)
PROVINCES = tuple(
    Value(code, code, weight)
    for code, weight in {
        **{"US-CA": 12.0, "US-TX": 9.0, "US-FL": 7.0, "US-NY": 6.5, "US-PA": 4.0, "US-IL": 4.0, "US-OH": 3.5, "US-GA": 3.3},
        **{"US-NC": 3.2, "US-MI": 3.0, "US-WA": 2.6, "US-AZ": 2.3, "US-MA": 2.2, "US-CO": 1.9, "US-OR": 1.4, "US-DC": 0.4},
        "US-ZZ": 1.0,
    }.items()
)


@dataclass(frozen=True, slots=True)
class Device:
    """What a video is watched on."""

    device: Value
    system: Value
    weight: float


_MOBILE, _DESKTOP, _TV = Value("MOBILE", "104"), Value("DESKTOP", "101"), Value("TV", "102")
_TABLET, _CONSOLE, _UNKNOWN = Value("TABLET", "105"), Value("GAME_CONSOLE", "103"), Value("UNKNOWN_PLATFORM", "100")
_ANDROID, _IOS = Value("ANDROID", "4"), Value("IOS", "5")
DEVICES = (
    Device(_MOBILE, _ANDROID, 0.32),
    Device(_MOBILE, _IOS, 0.24),
    Device(_DESKTOP, Value("WINDOWS", "2"), 0.18),
    Device(_DESKTOP, Value("MACINTOSH", "9"), 0.06),
    Device(_TV, Value("TIZEN", "22"), 0.06),
    Device(_TV, Value("WEBOS", "12"), 0.05),
    Device(_TABLET, _IOS, 0.04),
    Device(_TABLET, _ANDROID, 0.02),
    Device(_CONSOLE, Value("PLAYSTATION", "10"), 0.015),
    Device(_DESKTOP, Value("LINUX", "13"), 0.01),
    Device(_UNKNOWN, Value("OTHER", "1"), 0.005),
)
_DEVICE_TASTE = {"gaming": {"DESKTOP": 1.5, "GAME_CONSOLE": 3.0}, "film": {"TV": 1.6}, "music": {"MOBILE": 1.3}}


@dataclass(frozen=True, slots=True)
class Entrance:
    """A way to a video: a traffic source and, for some, the slot of its detail (a search term, a suggesting video, a site).

    `shown` and `other` are its shares of the views that began with a thumbnail and of the rest. Where `fading` is above 0, the
    way is one to new videos; below 0, to old ones.
    """

    source: Value
    slot: int
    shown: float
    other: float
    fading: float = 0.0


BROWSE, SEARCH, SUGGESTED = Value("SUBSCRIBER", "3"), Value("YT_SEARCH", "5"), Value("RELATED_VIDEO", "7")
CHANNELS, EXTERNAL, PLAYLIST = Value("YT_CHANNEL", "4"), Value("EXT_URL", "9"), Value("PLAYLIST", "14")
PLAYLIST_PAGE, NOTIFICATION = Value("YT_PLAYLIST_PAGE", "18"), Value("NOTIFICATION", "17")
END_SCREEN, DIRECT, OTHER_PAGE = Value("END_SCREEN", "20"), Value("NO_LINK_OTHER", "0"), Value("YT_OTHER_PAGE", "8")
CARDS = Value("ANNOTATION", "11")
SITES = ("Google Search", "reddit.com", "facebook.com")
ENTRANCES = (
    Entrance(BROWSE, 0, 0.42, 0.0, 0.35),
    Entrance(BROWSE, 1, 0.10, 0.0, 0.60),
    *(Entrance(SUGGESTED, slot, share, 0.03) for slot, share in enumerate((0.14, 0.08, 0.05))),
    *(Entrance(SEARCH, slot, share, 7 * share, -0.25) for slot, share in enumerate((0.050, 0.020, 0.010))),
    Entrance(SEARCH, 3, 0.010, 0.05, -0.25),
    Entrance(CHANNELS, 0, 0.05, 0.0),
    *(Entrance(PLAYLIST, slot, share, 0.0, -0.15) for slot, share in enumerate((0.030, 0.015))),
    Entrance(PLAYLIST_PAGE, 0, 0.008, 0.0, -0.15),
    Entrance(OTHER_PAGE, 0, 0.02, 0.03),
    *(Entrance(EXTERNAL, slot, 0.0, share) for slot, share in enumerate((0.10, 0.06, 0.04))),
    Entrance(NOTIFICATION, 0, 0.0, 0.08, 0.80),
    Entrance(DIRECT, 0, 0.0, 0.12),
    Entrance(END_SCREEN, 0, 0.0, 0.06),
    Entrance(CARDS, 0, 0.0, 0.01),
)
SOURCES = tuple(dict.fromkeys(way.source for way in ENTRANCES))
SHOWN = tuple(
    number for number, way in enumerate(ENTRANCES) if way.slot == 0 and way.source in {BROWSE, SUGGESTED, SEARCH, CHANNELS}
)
"""The ways on which thumbnails that nobody clicks are counted."""
LOYAL = frozenset({BROWSE, NOTIFICATION})
"""Sources that mostly subscribers come by."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the player stands: a kind of page, and the site of an embedded one."""

    location: Value
    site: str = ""


_WATCH, _EMBEDDED = Value("WATCH", "0"), Value("EMBEDDED", "1")
PLACES = (
    Place(_WATCH),
    Place(Value("BROWSE", "7")),
    Place(Value("CHANNEL", "2")),
    Place(Value("SEARCH", "8")),
    Place(Value("YT_OTHER", "5")),
    Place(_EMBEDDED, "reddit.com"),
    Place(_EMBEDDED, "forum.example"),
    Place(_EMBEDDED),
)
LOCATIONS = tuple(dict.fromkeys(place.location for place in PLACES))
_PLACE_SHARES = {
    BROWSE: (0.90, 0.10, 0, 0, 0, 0, 0, 0),
    SEARCH: (0.96, 0, 0, 0.04, 0, 0, 0, 0),
    CHANNELS: (0.75, 0, 0.25, 0, 0, 0, 0, 0),
    OTHER_PAGE: (0.70, 0, 0, 0, 0.30, 0, 0, 0),
    EXTERNAL: (0.55, 0, 0, 0, 0, 0.25, 0.12, 0.08),
    DIRECT: (0.80, 0, 0, 0, 0, 0.05, 0.05, 0.10),
}
PLACE_SHARES: Floats = np.array([_PLACE_SHARES.get(way.source, (1, 0, 0, 0, 0, 0, 0, 0)) for way in ENTRANCES], dtype=float)
"""Shape (entrances, places)."""

_LANGUAGES = sorted({country.language for country in COUNTRIES} - {"en"})
SUBTITLES = (("", ""), ("en", ""), *(("en", language) for language in _LANGUAGES))
"""Language of the subtitles shown, and the one that they were translated to by machine."""
SUBTITLE_SHARES: Floats = np.array(
    [
        [0.88 if country.language == "en" else 0.80, 0.12 if country.language == "en" else 0.05]
        + [0.15 * (language == country.language) for language in _LANGUAGES]
        for country in COUNTRIES
    ]
)
"""Shape (countries, subtitles)."""

AGES = tuple(
    Value(f"age{years}", f"AGE_{years.replace('-', '_')}", weight)
    for years, weight in zip(
        ("13-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65-"), (0.08, 0.26, 0.31, 0.17, 0.09, 0.06, 0.03), strict=True
    )
)
GENDERS = (Value("female", "FEMALE", 0.38), Value("male", "MALE", 0.60), Value("genderUserSpecified", "GENDER_OTHER", 0.02))
_MEN = {"gaming": 1.8, "film": 1.2, "music": 0.8, "entertainment": 0.7}
SIGNED_IN = 0.75

SHARING = (
    Value("WHATS_APP", "49", 0.34),
    Value("COPY_PASTE", "55", 0.27),
    Value("TEXT_MESSAGE", "60", 0.10),
    Value("FACEBOOK", "10", 0.07),
    Value("TWITTER", "31", 0.07),
    Value("REDDIT", "4", 0.06),
    Value("TELEGRAM", "75", 0.05),
    Value("OTHER", "53", 0.04),
)
LIVE = (Value("LIVE", "live"), Value("ON_DEMAND", "on_demand"))
SUBSCRIBED = (Value("SUBSCRIBED", "subscribed"), Value("UNSUBSCRIBED", "not_subscribed"))


@dataclass(frozen=True)
class Habits:
    """What is lasting about the public of one channel: shares that add up to 1 along the last axis."""

    countries: Floats
    devices: Floats
    """Shape (countries, devices)."""
    entrances: Floats
    """Weights of the ways of this channel, not adding up to 1."""
    viewers: Floats
    """Ages times genders, genders fastest."""
    subscribed: float
    """Share of subscribers among the views of a new video, before it is asked which way they came."""


def habits_of(channel: OwnChannel, seed: int) -> Habits:
    """Draw the habits of an own channel's public: its home and niche tell most, chance the rest."""
    random = stream(seed, "habits", channel.handle)

    def drawn(weights: Floats) -> Floats:
        return np.asarray(weights * np.exp(random.normal(0, CHANNEL_SIGMA, weights.shape)))

    home = np.array([HOME_WEIGHT if country.code == channel.country else 1.0 for country in COUNTRIES])
    taste = _DEVICE_TASTE.get(channel.niche, {})
    devices = drawn(np.array([device.weight * taste.get(device.device.name, 1.0) for device in DEVICES]))
    is_mobile = np.array([device.device is _MOBILE for device in DEVICES])
    mobile = np.where(is_mobile, np.array([country.mobile for country in COUNTRIES])[:, None], 1.0)
    genders = np.array([gender.weight * (_MEN.get(channel.niche, 1.0) if gender.name == "male" else 1.0) for gender in GENDERS])
    ages = np.array([age.weight for age in AGES])
    return Habits(
        countries=shares(drawn(home * [country.weight for country in COUNTRIES])),
        devices=shares(devices * mobile),
        entrances=drawn(np.ones(len(ENTRANCES))),
        viewers=shares(np.outer(drawn(ages), genders).ravel()),
        subscribed=float(np.clip(random.normal(0.30, 0.06), 0.15, 0.45)),
    )


def shares(weights: Floats) -> Floats:
    """Weights divided by their sum along the last axis."""
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))
