"""How English says what is written: each token of a text falls into one named class, and the class gives its reading.

A token is what stands between two spaces. Its neighbours decide where the token alone does not: "10m" before "views" is ten
million, before "wall" ten metres. Numbers become words by num2words. Which words a caption shows, and when, is `speech`'s."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from num2words import num2words

UNKNOWN = "unknown"
WORD = "word"
SILENT = "mark"
ABBREVIATION = "abbreviation"
INITIALS = "initials"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_MAGNITUDES = {
    "k": "thousand",
    "m": "million",
    "mil": "million",
    "mio": "million",
    "mn": "million",
    "mm": "million",
    "b": "billion",
    "bn": "billion",
    "t": "trillion",
    "tn": "trillion",
    "lakh": "lakh",
    "cr": "crore",
}
_CURRENCIES = {
    "US$": ("dollar", "cents"),
    "A$": ("Australian dollar", "cents"),
    "C$": ("Canadian dollar", "cents"),
    "R$": ("real", "centavos"),
    "Rs.": ("rupee", "paise"),
    "Rs": ("rupee", "paise"),
    "$": ("dollar", "cents"),
    "€": ("euro", "cents"),
    "£": ("pound", "pence"),
    "₹": ("rupee", "paise"),
    "¥": ("yen", ""),
    "₩": ("won", ""),
    "₽": ("ruble", "kopecks"),
    "₺": ("lira", "kurus"),
    "₱": ("peso", "centavos"),
    "₦": ("naira", "kobo"),
    "₿": ("bitcoin", ""),
}
_SAME_PLURAL = frozenset(("yen", "won", "naira"))
_UNITS = {
    "km": "kilometer",
    "cm": "centimeter",
    "mi": "mile",
    "ft": "foot",
    "kg": "kilogram",
    "kgs": "kilogram",
    "mg": "milligram",
    "lb": "pound",
    "lbs": "pound",
    "oz": "ounce",
    "mph": "mile per hour",
    "kmh": "kilometer per hour",
    "km/h": "kilometer per hour",
    "kph": "kilometer per hour",
    "m/s": "meter per second",
    "hz": "hertz",
    "khz": "kilohertz",
    "mhz": "megahertz",
    "ghz": "gigahertz",
    "kb": "kilobyte",
    "mb": "megabyte",
    "gb": "gigabyte",
    "tb": "terabyte",
    "mbps": "megabit per second",
    "gbps": "gigabit per second",
    "fps": "frame per second",
    "kw": "kilowatt",
    "kwh": "kilowatt hour",
    "hp": "horsepower",
    "bhp": "brake horsepower",
    "ml": "milliliter",
    "cc": "cubic centimeter",
    "h": "hour",
    "hr": "hour",
    "hrs": "hour",
    "min": "minute",
    "mins": "minute",
    "sec": "second",
    "secs": "second",
    "ms": "millisecond",
    "yr": "year",
    "yrs": "year",
    "px": "pixel",
    "mah": "milliampere hour",
    "°c": "degree Celsius",
    "°f": "degree Fahrenheit",
    "°": "degree",
    "′": "foot",
    "″": "inch",
    '"': "inch",
}
_AFTER_A_NUMBER = frozenset(_UNITS) - {"min", "ms", "hp", "mi", "cc", "°", "′", "″", '"', "h"} | {"min"}
"""Units that may stand as a word of their own behind their number."""
_IRREGULAR = {"foot": "feet", "inch": "inches", "hertz": "hertz", "kilohertz": "kilohertz", "megahertz": "megahertz"} | {
    "gigahertz": "gigahertz",
    "horsepower": "horsepower",
    "brake horsepower": "brake horsepower",
}
_SYMBOLS = {
    "&": "and",
    "+": "plus",
    "=": "equals",
    "@": "at",
    "×": "times",
    "%": "percent",
    "°": "degrees",
    "#": "number",
    "vs": "versus",
    "vs.": "versus",
    "v/s": "versus",
    "w/": "with",
    "w/o": "without",
    "b/w": "between",
    "™": "",
}
_ABBREVIATIONS = {
    "mr.": "Mister",
    "mrs.": "Missus",
    "ms.": "Miz",
    "dr.": "Doctor",
    "prof.": "Professor",
    "gov.": "Governor",
    "gen.": "General",
    "sen.": "Senator",
    "rep.": "Representative",
    "capt.": "Captain",
    "sgt.": "Sergeant",
    "lt.": "Lieutenant",
    "col.": "Colonel",
    "rev.": "Reverend",
    "hon.": "Honorable",
    "st.": "Saint",
    "mt.": "Mount",
    "no.": "number",
    "vol.": "volume",
    "ep.": "episode",
    "ch.": "chapter",
    "pt.": "part",
    "fig.": "figure",
    "approx.": "approximately",
    "feat.": "featuring",
    "feat": "featuring",
    "ft.": "featuring",
    "e.g.": "for example",
    "i.e.": "that is",
    "etc.": "et cetera",
    "inc.": "Incorporated",
    "ltd.": "Limited",
    "co.": "Company",
    "corp.": "Corporation",
    "dept.": "department",
    "univ.": "university",
    "jr.": "Junior",
    "sr.": "Senior",
    "est.": "established",
    "jan.": "January",
    "feb.": "February",
    "mar.": "March",
    "apr.": "April",
    "jun.": "June",
    "jul.": "July",
    "aug.": "August",
    "sep.": "September",
    "sept.": "September",
    "oct.": "October",
    "nov.": "November",
    "dec.": "December",
}
_MAY_END = frozenset(("etc.", "inc.", "ltd.", "co.", "corp.", "jr.", "sr."))
"""Abbreviations that a sentence may end with; the others lean on the word behind them."""
_NUMBERED = frozenset(("no.", "fig.", "vol.", "ep.", "ch.", "pt."))
"""Abbreviations only before a number: elsewhere "no." is a word that ends its sentence."""
_NUMBERED_WORDS = frozenset(("part", "pt", "ep", "episode", "season", "vol", "volume", "chapter", "day", "level", "round", "no"))
"""A dash between one of these and its number is no minus."""
_PARTS = {"ep": "episode", "eps": "episodes", "pt": "part", "vol": "volume", "ch": "chapter", "no": "number"}
_OPENERS = _words(
    """a after all an and another as at because before both but by did do does each even every few finally first for from had has
    have he her here his how i if in is it its just last later let many maybe meanwhile most much my never next no nobody not
    nothing now of on one only or our perhaps she since so some soon still such that the their then there these they this those
    though today tomorrow until was we were what when where which while who why will with yes yesterday yet you your"""
)
"""Words that open a sentence where they are written with a capital behind an abbreviation."""
_FUNCTION_WORDS = _OPENERS | _words(
    """about above across against along among are around be been being below between can could down during instead into less me
    might more must near off onto out over per plus shall should than them through to toward under up upon us via vs without
    would"""
)
_ARTICLES = frozenset(
    ("a", "an", "the", "this", "that", "my", "your", "his", "her", "its", "our", "their", "every", "each", "new")
)
_COUNTED = _words(
    """views view viewers subscribers subscriber subs followers likes comments people users fans dollars euros pounds rupees bucks
    players copies downloads streams plays hours minutes days years times visitors members students fans voters copies units
    streams clips videos votes readers listeners customers workers jobs homes"""
)
_SMALL_FRACTIONS = {2: "half", 3: "third", 4: "quarter", 5: "fifth", 6: "sixth", 8: "eighth"}
_STYLED = str.maketrans({"$": "s", "!": "i", "@": "a", "£": "e", "€": "e", "*": "", "0": "o", "¥": "y"})

_DASH = "-‐‑‒–—−"
_NUMBER_TEXT = (
    r"\d{1,3}(?:,\d{3})+(?:\.\d{1,6})?"
    r"|\d{1,3}(?:,\d{2,3})*,\d{3}"
    r"|\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:\.000)+"
    r"|\d{1,3}(?:['’\u00a0\u2009\u202f]\d{3})+"
    r"|\d{1,15}(?:\.\d{1,6})?|\.\d{1,6}"
)
_CURRENCY_TEXT = "|".join(re.escape(sign) for sign in sorted(_CURRENCIES, key=len, reverse=True))
_MAGNITUDE_TEXT = "|".join(sorted(_MAGNITUDES, key=len, reverse=True))
_UNIT_TEXT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))

_QUANTITY = re.compile(
    rf"(?P<sign>[+\-−~<>≈]?)(?P<hash>#?)(?P<currency>(?:{_CURRENCY_TEXT})?)(?P<number>{_NUMBER_TEXT})"
    rf"(?:-?(?P<magnitude>{_MAGNITUDE_TEXT}))?(?P<behind>(?:{_CURRENCY_TEXT})?)(?P<percent>%?)(?P<plus>\+?)",
    re.IGNORECASE,
)
_MEASURE = re.compile(rf"(?P<sign>[+\-−~<>≈]?)(?P<number>{_NUMBER_TEXT})-?(?P<unit>{_UNIT_TEXT}|m)(?P<plus>\+?)", re.IGNORECASE)
_ORDINAL = re.compile(r"(\d{1,3}(?:,\d{3})*|\d{1,9})(?:st|nd|rd|th)", re.IGNORECASE)
_TIMES = re.compile(rf"(?:({_NUMBER_TEXT})[x×]|[x×]({_NUMBER_TEXT}))", re.IGNORECASE)
_BY = re.compile(r"(\d{1,5})[x×](\d{1,5})", re.IGNORECASE)
_VERSUS = re.compile(r"(\d{1,3})v(?:s\.?)?(\d{1,3})", re.IGNORECASE)
_DECADE = re.compile(r"['’‘]?(\d{1,2}|[12]\d{3})['’]?s", re.IGNORECASE)
_RANGE = re.compile(
    rf"(?P<first>(?:{_CURRENCY_TEXT})?(?:{_NUMBER_TEXT})(?:{_MAGNITUDE_TEXT})?%?)[{_DASH}~]"
    rf"(?P<second>(?:{_CURRENCY_TEXT})?(?:{_NUMBER_TEXT})\S*)",
    re.IGNORECASE,
)
_SEASON = re.compile(rf"((?:19|20)\d\d)[{_DASH}/](\d\d)")
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?:\s?([ap])\.?m\.?)?", re.IGNORECASE)
_CLOCK_LONG = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)")
_CLOCK_SHORT = re.compile(r"(\d{1,2})([ap])\.?m\.?", re.IGNORECASE)
_RATIO = re.compile(r"(\d{1,4}):(\d{1,4})")
_DATE = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2((?:19|20)?\d\d)")
_DATE_ISO = re.compile(r"((?:19|20)\d\d)[-./](\d{1,2})[-./](\d{1,2})")
_DATE_NAMED = re.compile(
    rf"(\d{{1,2}})[-/.]?({'|'.join(month[:3] for month in MONTHS)})[a-z]*[-/.]?((?:19|20)?\d\d)?", re.IGNORECASE
)
_VERSION = re.compile(r"v?(\d{1,4}(?:\.\d{1,4}){2,4})", re.IGNORECASE)
_VERSION_MARKED = re.compile(r"v(\d{1,4}(?:\.\d{1,4})?)")
_FRACTION = re.compile(r"(\d{1,4})/(\d{1,4})")
_PART_OF = re.compile(r"(ep|eps|pt|vol|ch|no)[.\-]?(\d{1,4})", re.IGNORECASE)
_INITIALS = re.compile(r"[^\W\d_](?:\.[^\W\d_])+\.?(?:['’]s)?")
_INITIALS_NAME = re.compile(r"((?:[^\W\d_]\.)+)([^\W\d_][\w'’-]+)")
_SINGLE_INITIAL = re.compile(r"[A-Z]\.")
_CENSORED = re.compile(r"[a-z]+[*$@£€¥]+[a-z]+(?:[*$@£€¥]+[a-z]+)*|[a-z]{1,2}![a-z]{1,4}", re.IGNORECASE)
_ADDRESS = re.compile(
    r"[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|tv|gg|co|ai|app|dev|me|ly|edu|gov|uk|de|in|us|be|drive)(?:/\S*)?", re.I
)
_HANDLE = re.compile(r"@([\w.\-]+)")
_PLAIN = re.compile(r"[^\W\d_]+(?:['’`´-][^\W\d_]*)*")
_WITHIN = "'’.,$€£₹¥%+#@:!*°½¼¾⅓⅔"
"""Marks that stay within a piece of a compound; all others part it."""
_OPENING = "\"'“‘«‹([{<（【「『《〈｢¿¡*_~^\\|…•⋮·「-–—/:;,.="
_CLOSING = "\"'”’»›)]}>）】」』》〉｣*_~^\\|…•⋮·™®©-–—/="
_PUNCTUATION = ".,;:!?。！？，；：、"
_VULGAR = {"½": (1, 2), "¼": (1, 4), "¾": (3, 4), "⅓": (1, 3), "⅔": (2, 3), "⅕": (1, 5), "⅛": (1, 8)}


@dataclass(frozen=True)
class Reading:
    """What is said for a token.

    Attributes:
        kind: its class: `word`, `number`, `money`, `range`, …; `mark` for what is silent, `unknown` for what no class covers.
        said: words and spaces, with the token's closing punctuation for the voice's melody; empty for what is silent.
        ends_sentence: whether a sentence ends behind it.
    """

    kind: str
    said: str
    ends_sentence: bool = False


def cardinal(number: int) -> str:
    """A whole number in American English: no "and", no commas. Raises ValueError outside 0 to 10**15."""
    if not 0 <= number < 10**15:
        raise ValueError(f"{number} is outside 0 to 10**15.")
    return str(num2words(number)).replace(",", "").replace(" and ", " ")


def _ordinal(number: int) -> str:
    return str(num2words(number, to="ordinal")).replace(",", "").replace(" and ", " ")


def _year(number: int) -> str:
    if number % 1000 < 10:
        return cardinal(number)
    return str(num2words(number, to="year")).replace("oh-", "oh ")


@dataclass(frozen=True)
class _Number:
    """A number as it was written: `whole` without groupings; `part` are the digits behind the point."""

    whole: str
    part: str = ""

    @property
    def value(self) -> int:
        return int(self.whole)

    @property
    def is_one(self) -> bool:
        return self.value == 1 and not self.part

    def said(self, *, as_year: bool = False) -> str:
        if len(self.whole) > 15 or (len(self.whole) > 1 and self.whole[0] == "0" and not self.part):
            return " ".join(map(_digit, self.whole))
        if as_year and not self.part and len(self.whole) == 4 and 1100 <= self.value < 2100:
            return _year(self.value)
        said = cardinal(self.value)
        return f"{said} point {' '.join(map(_digit, self.part))}" if self.part else said


def _digit(character: str) -> str:
    return cardinal(int(character))


def _parsed(text: str) -> _Number:
    """Read a number by its groupings: "10.000.000" and "10.000" are whole, "1.25" is not, "10,00,000" groups as in India."""
    plain = re.sub(r"['’\u00a0\u2009\u202f]", "", text)
    if re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:\.000)+", plain):
        return _Number(plain.replace(".", ""))
    whole, _, part = plain.replace(",", "").partition(".")
    return _Number(whole or "0", part)


@dataclass(frozen=True)
class _Place:
    """The words beside a token, in lower case and without punctuation; empty at the end of a line or sentence. Within straight
    quotes, a quote behind a number closes them; elsewhere it means inches."""

    before: str = ""
    after: str = ""
    in_quotes: bool = False

    @property
    def is_attributive(self) -> bool:
        """Whether a noun follows that the quantity describes: "a $40,000 tournament", "a 10m wall"."""
        return self.before in _ARTICLES and bool(_PLAIN.fullmatch(self.after)) and self.after not in _FUNCTION_WORDS


def _plural(name: str, *, is_one: bool) -> str:
    if is_one or not name:
        return name
    head, _, rest = name.partition(" per ")
    if rest:
        return f"{_plural(head, is_one=False)} per {rest}"
    first, _, second = name.partition(" ")
    if first == "degree":
        return f"degrees {second}".strip()
    return _IRREGULAR.get(name) or (name if name in _SAME_PLURAL else f"{name}s")


def _signed(sign: str) -> str:
    return {"+": "plus", "-": "minus", "−": "minus", "~": "about", "≈": "about", "<": "under", ">": "over"}.get(sign, "")


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _quantity(found: re.Match[str], place: _Place) -> Reading:
    number = _parsed(found["number"])
    magnitude, currency = found["magnitude"] or "", _currency(found["currency"] or found["behind"])
    plus = "plus" if found["plus"] else ""
    if currency:
        return Reading("money", _joined(_signed(found["sign"]), _money(number, magnitude, currency, place), plus))
    if magnitude and not _is_magnitude(found, number, place):
        return Reading("code", _joined(number.said(), *_letters(magnitude), plus))
    scale = _MAGNITUDES.get(magnitude.lower(), "")
    bare = not (found["sign"] or found["hash"] or scale or found["percent"] or plus or "," in found["number"])
    said = number.said(as_year=bare)
    name = "percent" if found["percent"] else ""
    kind = "percent" if name else "year" if bare and said != number.said() else "number"
    return Reading(kind, _joined(_signed(found["sign"]), "number" if found["hash"] else "", said, scale, name, plus))


def _is_magnitude(found: re.Match[str], number: _Number, place: _Place) -> bool:
    """Whether a letter behind a number multiplies it: not the K of a screen ("4K"), nor the T of a team ("100T")."""
    letter = found["magnitude"]
    if len(letter) > 1 or found["sign"] or found["plus"] or found["percent"] or place.after in _COUNTED:
        return True
    if letter == "K":
        return not (number.value <= 16 and not number.part)
    return letter not in ("T", "B") or bool(number.part)


def _currency(sign: str) -> tuple[str, str] | None:
    return next((names for known, names in _CURRENCIES.items() if sign and known.lower() == sign.lower()), None)


def _money(number: _Number, magnitude: str, currency: tuple[str, str], place: _Place) -> str:
    name, small = currency
    scale = _MAGNITUDES.get(magnitude.lower(), "")
    follows_scale = not scale and place.after in ("thousand", "million", "billion", "trillion", "lakh", "crore")
    if follows_scale:  # "$5 million": the next word is the scale, and takes the currency
        return number.said()
    unit = name if place.is_attributive else _plural(name, is_one=number.is_one and not scale)
    if number.part and len(number.part) == 2 and not scale and small:
        whole = (
            f"{cardinal(number.value)} {_plural(name, is_one=number.value == 1)}" if number.value or not int(number.part) else ""
        )
        cents = f"{cardinal(int(number.part))} {small}" if int(number.part) else ""
        return " and ".join(part for part in (whole, cents) if part)
    return _joined(number.said(), scale, unit)


def _measure(found: re.Match[str], place: _Place) -> Reading | None:
    unit, number = found["unit"], _parsed(found["number"])
    if unit == "M" or (unit == "m" and (place.after in _COUNTED or not (place.is_attributive or place.after in _LENGTHS))):
        return None
    name = _UNITS.get(unit.lower(), "meter")
    said = name if place.is_attributive else _plural(name, is_one=number.is_one)
    return Reading("measure", _joined(_signed(found["sign"]), number.said(), said, "plus" if found["plus"] else ""))


_LENGTHS = frozenset(
    ("wall", "tall", "high", "long", "deep", "wide", "dash", "sprint", "race", "run", "below", "above", "away", "drop")
)


def _letters(text: str) -> list[str]:
    return list(text.upper())


def _range(found: re.Match[str], place: _Place) -> Reading | None:
    """Two ends, whose unit is said once, at the upper one: "$5-10" is five to ten dollars."""
    first, last = found["first"], found["second"]
    lower, upper = _QUANTITY.fullmatch(first), _QUANTITY.fullmatch(last) or _MEASURE.fullmatch(last)
    if lower is None or upper is None:
        return None
    a, b = _parsed(lower["number"]), _parsed(upper["number"])
    is_bare = first.isdigit() and last.isdigit()
    if is_bare and all(len(number.whole) == 4 and 1100 <= number.value < 2100 for number in (a, b)):
        return Reading("range", f"{_year(a.value)} to {_year(b.value)}")
    begin = _joined(_score(a) if is_bare else a.said(), _MAGNITUDES.get((lower["magnitude"] or "").lower(), ""))
    if is_bare:
        return Reading("range", f"{begin} to {_score(b)}")
    has_currency = upper.groupdict().get("currency") or upper.groupdict().get("behind")
    end = _classified(last if has_currency else f"{lower['currency']}{last}", place)
    return None if end is None else Reading("range", f"{begin} to {end.said}")


def _score(number: _Number) -> str:
    """A number of a score; of three digits as a room number is read: "four ninety-nine", "two oh five"."""
    if len(number.whole) != 3 or number.value % 100 == 0 or number.whole[0] == "0":
        return number.said()
    hundreds, rest = divmod(number.value, 100)
    return f"{cardinal(hundreds)} {f'oh {cardinal(rest)}' if rest < 10 else cardinal(rest)}"


def _ratio(a: int, b: int) -> Reading:
    if (a and a == b) or b in (10, 100):
        return Reading("fraction", f"{cardinal(a)} out of {cardinal(b)}")
    if (a, b) == (24, 7):
        return Reading("fraction", "twenty-four seven")
    if b in _SMALL_FRACTIONS and 0 < a < b:
        part = _SMALL_FRACTIONS[b]
        if (a, b) == (1, 2):
            return Reading("fraction", "half")
        return Reading("fraction", f"{'a' if a == 1 else cardinal(a)} {part}{'' if a == 1 else 's'}")
    return Reading("fraction", f"{cardinal(a)} {cardinal(b)}")


def _date(day: int, month: int, year: str) -> Reading | None:
    full = _year(int(year)) if len(year) == 4 else _digits_pair(year)
    if 12 < day <= 31 and 1 <= month <= 12:
        return Reading("date", f"{MONTHS[month - 1]} {_ordinal(day)} {full}")
    if 12 < month <= 31 and 1 <= day <= 12:
        return Reading("date", f"{MONTHS[day - 1]} {_ordinal(month)} {full}")
    if 1 <= day <= 12 and 1 <= month <= 12:  # which is the month is not known
        return Reading("date", f"{cardinal(day)} {cardinal(month)} {full}")
    return None


def _digits_pair(text: str) -> str:
    return f"oh {_digit(text[1])}" if text[0] == "0" else cardinal(int(text))


def _clock(hour: int, minute: int, half: str, place: _Place) -> str:
    has_half = half or place.after in ("am", "pm", "a.m", "p.m")
    said = "" if minute == 0 else f"oh {cardinal(minute)}" if minute < 10 else cardinal(minute)
    if not said and not has_half and hour <= 12:
        said = "o'clock"
    elif not said and not has_half:
        said = "hundred"
    return _joined(cardinal(hour), said, *([f"{half.lower()} m"] if half else []))


def _classified(core: str, place: _Place) -> Reading | None:  # noqa: PLR0911, PLR0912 (one branch a class)
    """The reading of a token without quotes and closing punctuation; None where no class of numbers or letters covers it."""
    if core in _VULGAR:
        return _ratio(*_VULGAR[core])
    if core[-1] in _VULGAR and core[:-1].isdigit():
        fraction = _ratio(*_VULGAR[core[-1]]).said
        return Reading("fraction", f"{cardinal(int(core[:-1]))} and {'a half' if fraction == 'half' else fraction}")
    if found := _DATE_ISO.fullmatch(core):
        month, day = int(found[2]), int(found[3])
        if 1 <= month <= 12 and 1 <= day <= 31:
            return Reading("date", f"{MONTHS[month - 1]} {_ordinal(day)} {_year(int(found[1]))}")
    if (found := _DATE.fullmatch(core)) and (date := _date(int(found[1]), int(found[3]), found[4])):
        return date
    if (found := _DATE_NAMED.fullmatch(core)) and 1 <= int(found[1]) <= 31:
        month_name = next(month for month in MONTHS if month[:3].lower() == found[2].lower())
        year = found[3]
        tail = "" if not year else _year(int(year)) if len(year) == 4 else _digits_pair(year)
        return Reading("date", _joined(month_name, _ordinal(int(found[1])), tail))
    if found := _SEASON.fullmatch(core):
        return Reading("season", f"{_year(int(found[1]))} {_digits_pair(found[2])}")
    if (found := _VERSION.fullmatch(core)) and not re.fullmatch(_NUMBER_TEXT, core):
        return Reading("version", " point ".join(cardinal(int(part)) for part in found[1].split(".")))
    if found := _VERSION_MARKED.fullmatch(core):
        return Reading("version", f"version {_parsed(found[1]).said()}")
    if found := _CLOCK_LONG.fullmatch(core):
        return Reading("time", " ".join([cardinal(int(found[1])), *(_digits_pair(part) for part in found.group(2, 3))]))
    if (found := _CLOCK.fullmatch(core)) and int(found[1]) <= 24:
        return Reading("time", _clock(int(found[1]), int(found[2]), found[3] or "", place))
    if (found := _CLOCK_SHORT.fullmatch(core)) and 1 <= int(found[1]) <= 12:
        return Reading("time", f"{cardinal(int(found[1]))} {found[2].lower()} m")
    if found := _RATIO.fullmatch(core):
        return Reading("ratio", f"{cardinal(int(found[1]))} to {cardinal(int(found[2]))}")
    if found := _DECADE.fullmatch(core):
        return Reading("decade", _decade(found[1]))
    if found := _ORDINAL.fullmatch(core):
        return Reading("ordinal", _ordinal(int(found[1].replace(",", ""))))
    if found := _BY.fullmatch(core):
        return Reading("size", f"{cardinal(int(found[1]))} by {cardinal(int(found[2]))}")
    if found := _VERSUS.fullmatch(core):
        return Reading("versus", f"{cardinal(int(found[1]))} versus {cardinal(int(found[2]))}")
    if found := _TIMES.fullmatch(core):
        times = f"{_parsed(found[1]).said()} times" if found[1] else f"times {_parsed(found[2]).said()}"
        return Reading("multiple", times)
    if (found := _MEASURE.fullmatch(core)) and (measure := _measure(found, place)):
        return measure
    if found := _QUANTITY.fullmatch(core):
        return _quantity(found, place)
    if (found := _RANGE.fullmatch(core)) and (ranged := _range(found, place)):
        return ranged
    if found := _FRACTION.fullmatch(core):
        return _ratio(int(found[1]), int(found[2]))
    if found := _PART_OF.fullmatch(core):
        return Reading("part", f"{_PARTS[found[1].lower()]} {cardinal(int(found[2]))}")
    if _INITIALS.fullmatch(core):
        owner = " s" if core.lower().endswith(("'s", "’s")) else ""
        return Reading(INITIALS, " ".join(re.sub(r"['’]s$", "", core).replace(".", "")) + owner)
    if found := _INITIALS_NAME.fullmatch(core):
        return Reading(INITIALS, f"{' '.join(found[1].replace('.', ''))} {found[2]}")
    if core[0] == "#" and all(_is_spoken(character) or character == "_" for character in core[1:]):
        return Reading("hashtag", _inner_words(core[1:], place))
    if found := _HANDLE.fullmatch(core):
        return Reading("handle", f"at {_inner_words(found[1], place)}")
    if _ADDRESS.fullmatch(core):
        return Reading("address", _inner_words(core.partition("/")[0].replace(".", " dot "), place))
    if _CENSORED.fullmatch(core):
        styled = core.translate(_STYLED)
        return Reading("stylised", styled.upper() if core.upper() == core else styled)
    return None


def _decade(digits: str) -> str:
    if len(digits) == 4:
        century, rest = divmod(int(digits), 100)
        if rest == 0:
            return f"{cardinal(int(digits))}s" if int(digits) % 1000 == 0 else f"{cardinal(century)} hundreds"
        return f"{cardinal(century)} {_plural_number(rest)}"
    return "two thousands" if digits == "00" else _plural_number(int(digits))


def _plural_number(number: int) -> str:
    said = cardinal(number)
    return f"{said[:-1]}ies" if said.endswith("y") else f"{said}es" if said.endswith("x") else f"{said}s"


def _inner_words(text: str, place: _Place) -> str:
    """The words of a name that is written as one: underscores part them, digits are read."""
    return _joined(*(_word(piece, place).said for piece in re.split(r"[\s_.\-]+", text) if piece))


def _word(text: str, place: _Place) -> Reading:
    """A token of letters, or of letters and digits."""
    if _PLAIN.fullmatch(text) or (text and all(_is_letter(character) or character in "'’-" for character in text)):
        return Reading(WORD, text)
    if reading := _classified(text, place):
        return reading
    stem, owner = re.fullmatch(r"(.*?)(['’](?:s|d|ll|re|ve|ed))?", text, re.IGNORECASE | re.DOTALL).groups("")  # type: ignore[union-attr]
    if stem and all(map(_is_spoken, stem)):
        return Reading("code", _code(stem) + owner)
    if owner and (reading := _classified(stem, place)):
        return replace(reading, said=reading.said + owner)
    return Reading(UNKNOWN, "".join(character if _is_spoken(character) else " " for character in text).strip())


def _code(text: str) -> str:
    """Letters and digits that belong together: "PS5", "GPT4", "4TR", "2K26". Letters behind a number are spelt where they are
    few and capital."""
    said = []
    for is_number, characters in groupby(text, str.isdigit):
        run = "".join(characters)
        if is_number:
            digits = "".join(str(unicodedata.digit(digit)) for digit in run)
            number = _Number(digits)
            is_year = len(digits) == 4 and 1900 <= number.value < 2100
            said.append(_year(number.value) if is_year else _hundreds(number))
        elif said and run.isupper() and run.isascii() and len(run) <= 3:
            said += _letters(run)
        else:
            said.append(run)
    return " ".join(said)


def _hundreds(number: _Number) -> str:
    said = number.said()
    return said.removeprefix("one ") if said == "one hundred" else said


def _is_letter(character: str) -> bool:
    return character.isalpha() or unicodedata.category(character).startswith("M")


def _is_spoken(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _read(token: str, place: _Place) -> Reading:
    """The reading of one token between spaces, closing punctuation kept; `ends_sentence` is not decided here."""
    lower = token.lower()
    if lower == "#" and not place.after[:1].isdigit():
        return Reading(SILENT, "")
    if lower in _SYMBOLS:
        return Reading("symbol" if _SYMBOLS[lower] else SILENT, _SYMBOLS[lower])
    opened = token.lstrip(_OPENING) or token
    is_signed = token[: len(token) - len(opened)].endswith(("-", ".", "–")) and place.before not in _NUMBERED_WORDS
    if is_signed and opened[:1].isdigit():
        opened = token[len(token) - len(opened) - 1 :].replace("–", "-")  # a minus, or a decimal without its zero
    core, closing = _closed(opened, in_quotes=place.in_quotes)
    if not any(map(_is_spoken, core)):
        mark = core.strip(_OPENING + _CLOSING)
        return Reading("symbol", _SYMBOLS[mark]) if _SYMBOLS.get(mark) else Reading(SILENT, "")
    if (dotted := _dotted(opened, place)) is not None:
        return dotted
    if place.before and re.fullmatch(_NUMBER_TEXT, place.before) and _is_unit(core):
        return Reading("unit", _plural(_UNITS[core.lower()], is_one=place.before == "1") + closing)
    reading = _classified(core, place) or _word(core, place)
    if reading.kind == UNKNOWN:
        reading = _pieces(core, place)
    return replace(reading, said=reading.said + closing) if reading.said else reading


def _is_unit(core: str) -> bool:
    return core.lower() in _AFTER_A_NUMBER and (core.islower() or core.lower() not in ("ft", "ml", "kb", "oz"))


def _closed(text: str, *, in_quotes: bool) -> tuple[str, str]:
    """A token without the brackets, quotes and punctuation behind it, and the mark that closes it."""
    closing, core = "", text
    while core and core[-1] in _CLOSING + _PUNCTUATION:
        if core[-1] in ("″", '"') and core[:-1].isdigit() and not in_quotes:
            break
        if core[-1] in _PUNCTUATION:
            closing = core[-1]
        core = core[:-1]
    return core, {"。": ".", "！": "!", "？": "?", "，": ",", "、": ",", "；": ";", "：": ":"}.get(closing, closing)


def _dotted(opened: str, place: _Place) -> Reading | None:
    """An abbreviation or initials, whose points end no sentence by themselves."""
    text = opened.rstrip(_CLOSING + ",;:!?")
    lower = text.lower()
    trailing = opened[len(text) :].strip(_CLOSING)[-1:]
    if lower in _ABBREVIATIONS and (lower not in _NUMBERED or re.match(r"#?\d", place.after)):
        is_length = text == "ft." and re.fullmatch(_NUMBER_TEXT, place.before) and (not place.after or place.after in _LENGTHS)
        name = "feet" if is_length else _ABBREVIATIONS[lower]
        return Reading(ABBREVIATION, name + trailing)
    if _INITIALS.fullmatch(text) or _SINGLE_INITIAL.fullmatch(text):
        reading = _classified(text, place)
        return Reading(INITIALS, (reading.said if reading else text[0]) + trailing)
    return None


def _pieces(core: str, place: _Place) -> Reading:
    """A token of several that stand together without a space: "views/h", "SKY|New", "COVID-19"."""
    parts = [part for part in re.split(rf"[{_DASH}]", core) if part]
    separator = " "
    if len(parts) < 2:
        parts = _parts(core)
        if "/" in core and len(parts) == 2 and parts[1].lower() in ("h", "hour", "day", "week", "month", "year", "min"):
            return Reading("rate", f"{_read(parts[0], _Place()).said} per {_UNITS.get(parts[1].lower(), parts[1])}")
        separator = " and " if "&" in core else " "
    if len(parts) < 2:
        cleaned = "".join(character if _is_spoken(character) or character in "'’-." else " " for character in core).split()
        readings = [_word(part.strip("'’-."), place) for part in cleaned if any(map(_is_spoken, part))]
    else:
        readings = [_read(part, _Place(before=place.before if not n else "", after="")) for n, part in enumerate(parts)]
    kinds = {reading.kind for reading in readings}
    kind = UNKNOWN if UNKNOWN in kinds or not readings else "compound"
    return Reading(kind, separator.join(reading.said.strip() for reading in readings if reading.said))


def _parts(core: str) -> list[str]:
    """What stands together in a token, parted at every mark that belongs to no number: "SKY|New", "2026,Nirjala"."""
    pieces, last = [""], ""
    for number, character in enumerate(core):
        following = core[number + 1 : number + 2]
        is_inner = character in _WITHIN and (character not in ",:.!#" or (last.isdigit() and following.isdigit()) or not last)
        if _is_spoken(character) or is_inner:
            pieces[-1] += character
        else:
            pieces.append("#" if character == "#" else "")
        last = character
    return [piece for piece in pieces if any(map(_is_spoken, piece))]


def readings(tokens: Sequence[str]) -> list[Reading]:
    """The reading of each token of a line, in order; every token has one, and `kind` says which class gave it."""
    bare = [token.lower().strip(_OPENING + _CLOSING + _PUNCTUATION) for token in tokens]
    found = []
    for number, token in enumerate(tokens):
        before = bare[number - 1] if number and not tokens[number - 1].endswith((".", "!", "?", ":", ";")) else ""
        is_followed = number + 1 < len(tokens) and not token.endswith((",", "!", "?", ":", ";"))
        quotes = sum(other.count('"') for other in tokens[:number]) + token[:-1].count('"')
        reading = _read(token, _Place(before, bare[number + 1] if is_followed else "", quotes % 2 == 1))
        currency = _spent(tokens, number)
        if currency:
            attributive = number >= 2 and bare[number - 2] in _ARTICLES and _Place("a", _after(bare, number)).is_attributive
            reading = Reading(
                "money", _joined(reading.said.rstrip(_PUNCTUATION), currency if attributive else _plural(currency, is_one=False))
            )
        following = tokens[number + 1] if number + 1 < len(tokens) else ""
        found.append(replace(reading, ends_sentence=_ends(token, reading, following)))
    return found


def _after(bare: Sequence[str], number: int) -> str:
    return bare[number + 1] if number + 1 < len(bare) else ""


def _spent(tokens: Sequence[str], number: int) -> str:
    """The currency that a scale takes over from the number before it: "$5 million"."""
    if not number or tokens[number].lower().rstrip(_PUNCTUATION) not in (
        "thousand",
        "million",
        "billion",
        "trillion",
        "lakh",
        "crore",
    ):
        return ""
    found = _QUANTITY.fullmatch(tokens[number - 1].lstrip("(\"'"))
    names = _currency(found["currency"]) if found and not found["magnitude"] else None
    return names[0] if names else ""


_SENTENCE_END = re.compile(r"[.!?…。！？]+[\"'”’)\]»]*$")


def _ends(token: str, reading: Reading, following: str) -> bool:
    if not _SENTENCE_END.search(token):
        return False
    is_point = token.rstrip("\"'”’)]»").endswith(".") and not token.rstrip("\"'”’)]»").endswith("..")
    if reading.kind not in (ABBREVIATION, INITIALS, "symbol") or not is_point:
        return True
    text = token.strip("\"'“”‘’()[]{}«»").lower()
    if reading.kind == "symbol" or (reading.kind == ABBREVIATION and text not in _MAY_END):
        return False
    word = following.strip(_OPENING + _CLOSING + _PUNCTUATION)
    return word[:1].isupper() and word.lower() in _OPENERS
