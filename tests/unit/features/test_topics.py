"""Canonical topics: which names are one, whatever the order, and what a topic's evidence is worth."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.mentions import SOURCES, Mention
from features.topics import KnownTopic, Niche, core_of, fuse, standing, words_of
from tests.encoders import WordEncoder

NOON = datetime(2026, 6, 8, 12, tzinfo=UTC)


def mention(source: str, title: str, key: str = "", *, context: str = "", strength: float = 1.0) -> Mention:
    return Mention(source, key or f"{source}:{title}", NOON, title, strength, context)


def ids(*mentions: Mention) -> list[str]:
    return [topic.trend_id for topic in fuse(mentions, [], WordEncoder(), [])]


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("#iPhone17Pro", ("iphone", "17", "pro")),
        ("iPhone 17 Pro", ("iphone", "17", "pro")),
        ("#HollowHarbor2 is here", ("hollow", "harbor", "2", "is", "here")),
        ("K-9 Sunrise", ("k", "9", "sunrise")),
        ("𝗕𝗢𝗟𝗗 Beyoncé’s Café", ("bold", "beyonces", "cafe")),
        ("गाना नया", ("गाना", "नया")),
        ("🔥🔥", ()),
    ],
)
def test_words_of_a_title(title: str, words: tuple[str, ...]) -> None:
    assert words_of(title) == words


@pytest.mark.parametrize(
    ("title", "core"),
    [
        ("hollow harbor game", ("hollow", "harbor")),
        ("The Last Lighthouse", ("last", "lighthouse")),
        ("Luma Hour", ("luma", "hour")),
        ("official video", ()),
        ("2026", ()),
        ("the", ()),
        ("", ()),
    ],
)
def test_the_words_that_make_a_name(title: str, core: tuple[str, ...]) -> None:
    assert core_of(words_of(title)) == core


def test_spellings_of_one_thing_are_one_topic_with_evidence_of_every_source() -> None:
    (topic,) = fuse(
        [
            mention("google_trends", "iphone 17 pro"),
            mention("trend_archives", "#iPhone17Pro"),
            mention("wikipedia", "IPhone 17 Pro"),
            mention("reddit", "Unboxing my iPhone 17 Pro"),
            mention("hackernews", "The iPhone 17 Pro, measured"),
            mention("google_trends", "iphone 17 pro max", "US:daily:max"),
        ],
        [],
        WordEncoder(),
        [],
    )
    assert topic.trend_id == "iphone 17 pro"
    assert topic.sources == ("google_trends", "hackernews", "reddit", "trend_archives", "wikipedia")
    assert len(topic.evidence) == 6


@pytest.mark.parametrize("other", ["iphone 16 pro", "iphone 17 pro 2"])
def test_other_numbers_are_other_things(other: str) -> None:
    assert len(ids(mention("google_trends", "iphone 17 pro"), mention("google_trends", other))) == 2


@pytest.mark.parametrize(
    ("titles", "title"),
    [
        (("hide the goose", "Hide the Goose"), "Hide the Goose"),
        (("hide the goose",), "Hide The Goose"),
        (("#CountEveryVote",), "Count Every Vote"),
        (("sky forge game", "Sky Forge"), "Sky Forge"),
    ],
)
def test_a_topic_is_called_as_people_write_it(titles: tuple[str, ...], title: str) -> None:
    (topic,) = fuse([mention("google_trends", one) for one in titles], [], WordEncoder(), [])
    assert topic.title == title


def test_a_phrase_that_headlines_of_two_sources_share_is_a_topic() -> None:
    assert ids(
        mention("reddit", "We love the Salt Colony so much"),
        mention("feeds", "Inside Salt Colony"),
        mention("feeds", "Something else about nothing at all"),
    ) == ["salt colony"]


def test_a_turn_of_phrase_is_none() -> None:
    """`the long road` is in three headlines, but nobody writes it as a name."""
    titles = ("On the long road home", "It was a long road", "What a long road")
    assert ids(*(mention(source, title) for source, title in zip(("feeds", "reddit", "hackernews"), titles, strict=True))) == []


def test_a_part_of_a_name_is_no_topic_of_its_own() -> None:
    assert ids(
        mention("google_trends", "salt colony"),
        mention("reddit", "Playing Salt Colony"),
        mention("feeds", "We like Salt Colony"),
        mention("hackernews", "About Salt Colony"),
    ) == ["salt colony"]


def test_a_generic_word_behind_a_phrase_does_not_break_it() -> None:
    """`World Finals highlights` is about the World Finals: not about the world, nor about finals."""
    titles = {"reddit": "Iron Siege World Finals highlights", "feeds": "Dust Legion World Finals highlights"}
    more = mention("reddit", "Moss Forge World Finals highlights")
    assert ids(*(mention(source, title) for source, title in titles.items()), more) == ["world finals"]


def test_a_word_that_is_always_a_part_of_names_is_no_name() -> None:
    titles = {"reddit": "We love Backyard Quizmasters", "feeds": "Everybody loves Backyard Makeover"}
    more = mention("hackernews", "Nobody saw Backyard Ballroom")
    assert ids(*(mention(source, title) for source, title in titles.items()), more) == []


def test_a_headline_may_tell_of_two_topics() -> None:
    topics = fuse(
        [
            mention("google_trends", "salt colony"),
            mention("google_trends", "sky forge"),
            mention("reddit", "Salt Colony vs Sky Forge"),
        ],
        [],
        WordEncoder(),
        [],
    )
    assert [topic.sources for topic in topics] == [("google_trends", "reddit")] * 2


def test_a_name_joins_the_topic_of_the_days_before() -> None:
    encoder = WordEncoder()
    before = KnownTopic("iphone 17 pro", "iPhone 17 Pro", encoder.encode(["iphone 17 pro"])[0])
    (topic,) = fuse([mention("google_trends", "iphone 17 pro max")], [before], encoder, [])
    assert (topic.trend_id, topic.title) == ("iphone 17 pro", "iPhone 17 Pro")


def test_the_nearest_niche_and_none_where_none_is_near() -> None:
    niches = [Niche("gaming", ("players and bosses",), ("beating the boss",)), Niche("music", ("songs and albums",))]
    mentions = [
        mention("google_trends", "sky forge", context="beating the boss with players and bosses"),
        mention("google_trends", "mortgage rates", context="banks"),
    ]
    topics = fuse(mentions, [], WordEncoder(), niches)
    assert {topic.trend_id: topic.niche for topic in topics} == {"sky forge": "gaming", "mortgage rates": None}


NAMES = st.sampled_from(
    ["Sky Forge", "#SkyForge", "sky forge game", "Salt Colony", "salt colony 2", "गाना नया", "2026", "", "🔥", "Forge"]
)
HEADLINES = st.builds(
    "{} {} {}".format, st.sampled_from(["Why", "THE", "inside"]), NAMES, st.sampled_from(["wins", "vs Salt Colony", "🔥"])
)
MENTIONS = st.lists(
    st.builds(
        lambda source, name, headline, key, strength: mention(
            source, name if SOURCES[source].is_naming else headline, f"{source}:{key}", strength=strength
        ),
        st.sampled_from(sorted(SOURCES)),
        NAMES,
        HEADLINES,
        st.integers(0, 9),
        st.sampled_from([0.1, 0.5, 1.0]),
    ),
    max_size=25,
)


@given(MENTIONS, st.randoms(use_true_random=False))
def test_the_order_of_mentions_does_not_matter(mentions: list[Mention], shuffler: random.Random) -> None:
    first = fuse(mentions, [], WordEncoder(), [])
    shuffled = [*mentions, *mentions[:3]]
    shuffler.shuffle(shuffled)
    assert fuse(shuffled, [], WordEncoder(), []) == first


@given(MENTIONS)
def test_no_mention_of_a_name_is_lost_and_ids_are_unique(mentions: list[Mention]) -> None:
    topics = fuse(mentions, [], WordEncoder(), [])
    kept = {one for topic in topics for one in topic.evidence}
    assert kept >= {one for one in mentions if SOURCES[one.source].is_naming and core_of(words_of(one.title))}
    assert kept <= set(mentions)
    assert len({topic.trend_id for topic in topics}) == len(topics)


@given(MENTIONS)
def test_known_topics_keep_their_names(mentions: list[Mention]) -> None:
    """What a day makes of its mentions, the next day makes of the same ones."""
    encoder = WordEncoder()
    first = fuse(mentions, [], encoder, [])
    known = [KnownTopic(topic.trend_id, topic.title, topic.vector) for topic in first]
    assert fuse(mentions, known, encoder, []) == first


def test_a_further_source_raises_the_score_and_time_lowers_it() -> None:
    one = [("google_trends", NOON, 1.0)]
    two = [*one, ("reddit", NOON, 1.0)]
    assert standing(one, NOON).score == 60
    assert 60 < standing(two, NOON).score < 100
    assert standing(one, NOON + timedelta(hours=36)).score == pytest.approx(30)
    assert standing(one, NOON - timedelta(hours=1)).score == 0


def test_velocity_is_the_change_within_a_day() -> None:
    rising = [("reddit", NOON - timedelta(days=1), 0.2), ("reddit", NOON, 1.0)]
    cooling = [("reddit", NOON - timedelta(days=1), 1.0)]
    assert standing(rising, NOON).velocity == pytest.approx(50 - 10)
    assert standing(cooling, NOON).velocity < 0


EVIDENCE = st.lists(st.tuples(st.sampled_from(sorted(SOURCES)), st.integers(0, 200), st.floats(0, 1)), max_size=20)


@given(EVIDENCE)
def test_scores_stay_within_bounds_and_more_evidence_never_lowers_them(raw: list[tuple[str, int, float]]) -> None:
    evidence = [(source, NOON - timedelta(hours=hours), strength) for source, hours, strength in raw]
    score = standing(evidence, NOON).score
    assert 0 <= score <= 100
    assert standing(evidence[:-1], NOON).score <= score
    assert standing(reversed(evidence), NOON) == standing(evidence, NOON)
