"""Languages by their tags, and texts by their language."""

import pytest

from core.detection import chance_of, detect
from core.errors import InvalidInput
from core.languages import checked_tag, is_language, language_name, primary, writing_of


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("de", "de"),
        ("DE", "de"),
        ("pt_br", "pt-BR"),
        ("zh-hans", "zh-Hans"),
        (" en-029 ", "en-029"),
        ("sr-Latn-RS", "sr-Latn-RS"),
    ],
)
def test_a_tag_is_spelt_as_bcp_47_does(written, tag):
    assert checked_tag(written) == tag


@pytest.mark.parametrize("written", ["", "xx", "zxx", "und", "de-DE-x-y", "Deutschland", "d", "12", "en-US-GB"])
def test_what_names_no_language_is_refused(written):
    assert not is_language(written)
    with pytest.raises(InvalidInput, match="is not the code of a language"):
        checked_tag(written)


def test_the_name_of_a_language_brings_its_code():
    with pytest.raises(InvalidInput) as refused:
        checked_tag("German")
    assert refused.value.remedy == "Write it as de."


def test_a_language_is_known_by_each_of_its_tags():
    assert {primary(tag) for tag in ("no", "nb", "nb-NO", "NB_no")} == {"no"}
    assert (primary("iw"), primary("pt-BR")) == ("he", "pt")
    assert (language_name("de-AT"), language_name("nb"), language_name("??")) == ("German", "Norwegian", "??")


@pytest.mark.parametrize(
    ("tag", "writing"),
    [
        ("de", "Latn"),
        ("hi", "Deva"),
        ("ru", "Cyrl"),
        ("zh-TW", "Hant"),
        ("sr", "Cyrl"),
        ("sr-Latn", "Latn"),
        ("ja", "Jpan"),
        ("?", None),
    ],
)
def test_a_language_has_its_writing(tag, writing):
    assert writing_of(tag) == writing


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("en", "What is rising in gaming today? We read the charts every day, and these are the biggest movers."),
        ("de", "Was steigt heute in den Charts? Wir lesen sie jeden Tag, und das sind die größten Sprünge."),
        ("pt-BR", "O que está subindo nas paradas hoje? Lemos as listas todos os dias e estes são os maiores saltos."),
        ("nb", "Hva skjer i spill i dag? Vi leser listene hver dag, og dette er de største sprangene."),
        ("hr", "Što danas raste u igrama? Svaki dan čitamo liste, a ovo su najveći skokovi."),
        ("ru", "Что сегодня растёт в чартах? Мы читаем их каждый день, и вот самые большие скачки."),
    ],
)
def test_a_text_is_likely_in_its_language(tag, text):
    found = detect(text)
    assert sum(found.values()) == pytest.approx(1)
    assert (chance_of(found, tag) or 0) > 0.5
    assert (chance_of(found, "en") or 0) < 0.05 or tag == "en"


def test_a_language_that_the_model_does_not_know_has_no_chance():
    assert chance_of(detect("A sentence in English."), "chr") is None
