"""The local voice, the narration it gives, and falling back from one voice to the next."""

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from connectors.media.espeak import EspeakVoice
from connectors.media.voice import FallbackVoice, Narration, VoiceCapabilities, estimate_usd_micros
from connectors.simulator.speech import speak
from core.errors import Damaged, Unreachable

TEXT = "Minecraft gained 3.4M views in 48 hours. One of the biggest jumps this week!\nCome back tomorrow."


@pytest.fixture(scope="module")
def narration() -> Narration:
    return EspeakVoice().speak(TEXT, language="en-US")


class BrokenVoice:
    capabilities = VoiceCapabilities("broken", frozenset(), True, 300)

    def speak(self, text: str, *, language: str) -> Narration:
        raise Unreachable("the line is dead.")


def test_words_are_those_of_the_text_in_order_of_time(narration):
    assert [word.text for word in narration.words] == TEXT.split()
    ends = [0.0, *(word.end_seconds for word in narration.words)]
    for end, word in zip(ends, narration.words, strict=False):
        assert end <= word.start_seconds < word.end_seconds
    assert narration.words[-1].end_seconds <= narration.duration_seconds + 1e-6


def test_sentences_cover_all_words_and_lines_are_followed_by_a_longer_pause(narration):
    sentences = narration.sentences
    assert [sentence.word_count for sentence in sentences] == [7, 7, 3]
    first, second = (after.start_seconds - before.end_seconds for before, after in pairwise(sentences))
    assert 0.2 < first < second < 0.8


def test_sound_lies_where_the_words_are(narration):
    samples, rate = np.abs(narration.samples()), narration.sample_rate
    spoken = [samples[int(s.start_seconds * rate) : int(s.end_seconds * rate)].mean() for s in narration.sentences]
    pause = samples[
        int((narration.sentences[0].end_seconds + 0.02) * rate) : int((narration.sentences[1].start_seconds - 0.02) * rate)
    ]
    assert min(spoken) > 0.02
    assert pause.max() == 0


def test_pace_is_about_165_words_a_minute_within_sentences():
    text = "People watched many more videos about building games this week than they did in the week before that one."
    narration = EspeakVoice().speak(text, language="en-US")
    assert 140 < len(narration.words) / narration.duration_seconds * 60 < 230


def test_the_same_text_gives_the_same_narration_from_many_threads(narration):
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: EspeakVoice().speak(TEXT, language="en-US"), range(8))) == {narration}


def test_the_imitated_service_in_the_same_process_changes_neither_voice(narration):
    imitated = speak(TEXT)
    assert EspeakVoice().speak(TEXT, language="en-US") == narration
    again = speak(TEXT)
    assert (again.samples.tobytes(), again.starts) == (imitated.samples.tobytes(), imitated.starts)


@pytest.mark.parametrize(("language", "voice"), [("en-GB", "en"), ("fr-FR", "fr"), ("de", "de"), ("xx-YY", "en-us")])
def test_a_language_is_spoken_by_the_nearest_voice(language, voice):
    narration = EspeakVoice().speak("Test", language=language)
    assert narration.voice == f"espeak-ng {voice}"
    assert ("no voice for xx-YY" in narration.fallback) == (language == "xx-YY")


def test_facts_and_sound_make_the_narration_again(narration):
    facts = json.loads(json.dumps(narration.facts()))
    assert Narration.from_facts(narration.wav, facts) == narration
    with pytest.raises(Damaged):
        Narration.from_facts(narration.wav, {"words": []})
    with pytest.raises(Damaged):
        Narration.from_facts(b"noise", facts).samples()


def test_the_first_voice_that_works_speaks_and_says_why():
    narration = FallbackVoice([BrokenVoice(), EspeakVoice()]).speak("Hello there.", language="en-US")
    assert narration.voice == "espeak-ng en-us"
    assert narration.fallback == "broken: the line is dead."
    with pytest.raises(Unreachable):
        FallbackVoice([BrokenVoice()]).speak("Hello", language="en-US")


def test_the_estimate_counts_what_is_spoken():
    assert estimate_usd_micros(BrokenVoice(), "1.2M") == 300 * len("one point two million")
    assert estimate_usd_micros(EspeakVoice(), "1.2M") == 0
