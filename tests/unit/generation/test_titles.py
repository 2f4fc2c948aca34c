"""Titles from outside become something that can be read aloud, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.writing.facts import sayable
from generation.writing.titles import channel_name, contains_words, cut, named_topic, quotable, shared_run, similarity


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (
            "Marvel Studios' Avengers: Doomsday  - First Trailer | Robert Downey JR. | Dec 18, 2026",
            "Marvel Studios' Avengers: Doomsday",
        ),
        ("Upchurch - “Heartbreak” (OFFICIAL MUSIC VIDEO) ", "Upchurch, Heartbreak"),
        ("🔴LIVE | RUST | KING of the KNIGHTS | #BUNGULATE", "Live, Rust"),
        ("ROBLOX SHOOT ZOMBIES FOR BRAINROTS..", "Roblox Shoot Zombies for Brainrots"),
        ("GTA 6 Price & Ultimate Edition REVEALED", "GTA 6 Price & Ultimate Edition Revealed"),
        ("ENHYPEN (엔하이픈) ‘We'll Be Fine’ Official MV", "Enhypen We'll Be Fine"),
        ("वादा करा बनारस घुमईबा 👰👰 #_shorts", ""),
        ("This is so f**king painful to watch..", ""),
        ("Watch free at https://evil.example/x now", "Watch free at now"),
        ("!!!", ""),
    ],
)
def test_titles_are_cleaned(title: str, expected: str) -> None:
    assert quotable(title) == expected


@given(st.text(max_size=200))
def test_any_text_gives_a_short_plain_title(title: str) -> None:
    spoken = quotable(title)
    assert len(spoken) <= 60
    assert spoken == " ".join(spoken.split())
    assert not set('<>#@*|"\n') & set(spoken)


def test_a_listed_term_makes_a_title_unsayable() -> None:
    assert sayable("Onlyfans drama explained") == ""
    assert sayable("A firefighter explains") == "A firefighter explains"


def test_channel_names_lose_what_youtube_adds() -> None:
    assert channel_name("Arjan Dhillon - Topic") == "Arjan Dhillon"
    assert channel_name("AdeleVEVO") == "Adele"


def test_a_topic_grows_to_the_words_that_all_titles_share() -> None:
    titles = ["Call of Duty: Modern Warfare 4 | Reveal", "I played Modern Warfare 4 early", "modern warfare 4 – 10 details"]
    assert shared_run(titles, "warfare 4") == "Modern Warfare 4"
    assert shared_run(titles[:1], "call") == "Call of Duty Modern Warfare 4 Reveal"
    assert shared_run(titles, "not there") == "not there"


def test_names_words_and_cuts() -> None:
    assert named_topic("GTA MINECRAFT fest") == "GTA Minecraft Fest"
    assert contains_words("Summer Game Fest: everything", "game fest")
    assert not contains_words("A gamer's festival", "game fest")
    assert not contains_words("anything", "")
    assert cut("House of the Dragon Season 3", 3) == "House"


@given(st.text(max_size=60), st.text(max_size=60))
def test_similarity_is_a_share_and_symmetric(one: str, other: str) -> None:
    assert 0 <= similarity(one, other) <= 1
    assert similarity(one, other) == similarity(other, one)


def test_similarity_of_equal_and_of_different_texts() -> None:
    assert similarity("The same words here", "the SAME words, here", 3) == 1
    assert similarity("The same words here", "nothing like that at all", 2) == 0
