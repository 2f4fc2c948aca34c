"""Column headings, folded: what the same column is called by different exporters comes out the same, with its unit apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff]")
"""Soft hyphens, which Studio puts into its headings, direction marks and byte order marks."""
_UNIT = re.compile(r"^(.*\S)\s*\(([^()]{1,24})\)$", re.DOTALL)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BEFORE_UNIT = re.compile(r"^(?:単位|단위|unit|in|en|em|w|в|dalam)\s*[:：]?\s+|^(?:単位|단위)\s*[:：]\s*")
_AFTER_UNIT = re.compile(r"\s*(?:में|単位)$")

HOURS, MINUTES, SECONDS, MILLISECONDS, SHARE = "hours", "minutes", "seconds", "milliseconds", "pct"
_CLOCK = "clock"
_NO_UNIT = frozenset({"utc", "gmt", "pt", "pst", "pdt", "#", "count", _CLOCK})
_UNIT_WORDS = {
    SHARE: "% percent pct prozent porcentaje pourcentage percentuale porcentagem percentagem procent yüzde проценты パーセント "
    "퍼센트 प्रतिशत persen",
    HOURS: "hours hour hrs hr h stunden stunde std std. horas heures ore ora uren uur godziny godz godz. godzin godzinach saat "
    "часы часов ч ч. часах 時間 시간 घंटे घंटों घंटा jam",
    MINUTES: "minutes minute mins min min. minuten minutos minuti minuut minuty minut minutach dakika dk минуты минут минутах "
    "мин мин. 分 分間 분 मिनट menit",
    SECONDS: "seconds second secs sec s sekunden sek sek. segundos secondes secondi seconden sekundy sekund sekundach saniye sn "
    "секунды секунд секундах сек сек. с 秒 초 सेकंड detik",
    MILLISECONDS: "milliseconds millisecond ms msec millisekunden",
    _CLOCK: "h:mm:ss hh:mm:ss mm:ss m:ss hms",
}
_UNITS = {word: unit for unit, words in _UNIT_WORDS.items() for word in words.split()}
_SYMBOLS = {
    "€": "eur",
    "us$": "usd",
    "£": "gbp",
    "₹": "inr",
    "r$": "brl",
    "₽": "rub",
    "zł": "pln",
    "₺": "try",
    "₩": "krw",
    "円": "jpy",
} | {
    "원": "krw",
    "rp": "idr",
    "mx$": "mxn",
    "ca$": "cad",
    "a$": "aud",
}
"""Signs of one currency alone; `$` and `¥` are those of several."""
_LAST_WORD = re.compile(r"^(.*\S) (hours|minutes|seconds|milliseconds|hrs|mins|min|secs|sec|ms|pct|percent|[a-z]{3})$", re.ASCII)


@dataclass(frozen=True)
class Heading:
    """One column of a file.

    Attributes:
        text: as it stands in the file.
        name: lower-case words with single spaces: `impressions click through rate`.
        unit: what stood in brackets behind it: `pct`, `hours`, `minutes`, `seconds`, a currency such as `usd`, or nothing.
        is_share: whether the column says which part of all each row has, in percent: `Watch time (hours) (%)`.
    """

    text: str
    name: str
    unit: str = ""
    is_share: bool = False


def fold(text: str) -> Heading:
    """Fold a heading: `Watch time (hours)` is `watch time` in `hours`, `videoId` and `Video_ID` are `video id`."""
    name = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip()
    units: list[str] = []
    while (found := _UNIT.match(name)) and (unit := _unit(found[2])) is not None:
        name = found[1]
        if unit not in _NO_UNIT:
            units.insert(0, unit)
    is_share = len(units) > 1 and units[-1] == SHARE and units[0] != SHARE
    return Heading(text, folded(_CAMEL.sub(" ", name)), units[0] if units else "", is_share)


def fold_all(texts: Iterable[str]) -> tuple[Heading, ...]:
    """Fold a header line."""
    return tuple(fold(text) for text in texts)


def folded(text: str) -> str:
    """Lower-case words with single spaces; marks that belong to a letter stay with it."""
    for _ in range(3):  # folding case composes some letters anew
        text = unicodedata.normalize("NFKC", text.casefold())
    kept = (each if each.isalnum() or unicodedata.category(each)[0] == "M" else " " for each in text)
    return " ".join("".join(kept).split())


def split_unit(name: str) -> tuple[str, str] | None:
    """A folded name that ends in its unit, `duration minutes`, as name and unit; None for any other."""
    found = _LAST_WORD.match(name)
    unit = _unit(found[2]) if found else None
    return None if found is None or not unit or unit in _NO_UNIT else (found[1], unit)


def _unit(written: str) -> str | None:
    """The unit that brackets hold; None where they hold anything else, which then belongs to the name."""
    text = _AFTER_UNIT.sub("", _BEFORE_UNIT.sub("", written.strip().casefold())).strip()
    if text in _NO_UNIT:
        return text
    if (known := _UNITS.get(text) or _SYMBOLS.get(text)) is not None:
        return known
    return text if text.upper() in _currencies() else None


@cache
def _currencies() -> frozenset[str]:
    from babel.numbers import list_currencies

    return frozenset(list_currencies())
