"""What a language model adds to a text that is no part of it: labels, stage directions, markup, greetings, quotation marks, emoji
and hashtags. They are taken out; what is left is refused where it says nothing, or where some of it is left (`residue`)."""

from __future__ import annotations

import html
import re
import unicodedata

_FENCE = re.compile(r"^\s*```[a-z]*\s*|\s*```\s*$", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,80}>")
_LINK = re.compile(r"!?\[([^\]]*)\]\(https?://[^)\s]*\)")
_SPEAKERS = (
    r"(?:(?:fe)?male )?voice[\s-]?over|(?:fe)?male voice|narrat(?:or|ion)|host|speaker|announcer|v\.?/?o\.?|anchor|presenter|"
    r"assistant|sprecher(?:in)?|erzähler(?:in)?|narrador(?:a|es)?|locutora?|voz en off|voix[\s-]off|narrat(?:eur|rice|ore)|"
    r"voce fuori campo|verteller|lektor|narracja|диктор|рассказчик|голос за кадром|berättare|fort[eæ]ller|kertoja"
)
_TITLES = r"title|headline|titel|título|titulo|titre|titolo|tytuł|заголовок|tittel|otsikko"
_SECTIONS = (
    r"hook|intro(?:duction)?|outro|cta|call to action|script|text|caption|visuals?|audio|sfx|body|conclusion|closing|opening|"
    r"on[\s-]?screen(?: text)?|text on screen|thumbnail(?: headline)?|method|lead|runners[\s_]up|history|comparison|spread|"
    r"breakout|elsewhere|caution|skript|drehbuch|guion|guión|texte|testo|roteiro|сценарий"
)
_PARTS = r"(?:scene|part|section|shot|clip|segment|option|szene|teil|escena|parte|scène|scena|cena|сцена|scen|kohtaus)\s*#?\d+"
_NAMED = (
    rf"(?:{_SPEAKERS})(?:\s*(?:\d+|\([^)]{{0,30}}\)|for (?:the )?(?:scene|chart)\s*\d*))?|{_SECTIONS}|{_TITLES}|"
    rf"{_PARTS}(?:\s*[-–—(][^:\n]{{0,40}})?"
)
_LABEL = re.compile(rf"^\W{{0,4}}(?:{_NAMED})[\s*_]{{0,4}}[:：][\s*_]{{0,4}}", re.IGNORECASE)
_LABEL_OF_TITLE = re.compile(
    rf"^\W{{0,4}}(?:{_SPEAKERS}|{_TITLES}|{_PARTS}|text|hook|thumbnail(?: headline)?)[\s*_]{{0,4}}[:：][\s*_]{{0,4}}",
    re.IGNORECASE,
)
"""Fewer: what is told may be called History."""
_DASHED = re.compile(rf"^\W{{0,4}}(?:{_SPEAKERS}|{_TITLES}|{_PARTS})[\s*_]{{0,4}}\s[-–—]\s+", re.IGNORECASE)
_HEADING = re.compile(rf"^\s*#{{1,6}}\s+\S|^\W{{0,4}}(?:{_NAMED})\W{{0,4}}$", re.IGNORECASE)
_MOMENT = r"\d{1,2}:\d{2}(?::\d{2})?"
_TIMED = re.compile(rf"^\s*[\[(]?{_MOMENT}(?:\s*[-–—]+>?\s*{_MOMENT})?[\])]?\s*[-–—:]?\s+")
_LISTED = re.compile(r"^\s*(?:[-–—•·▪●*]|\d{1,2}[.)])\s+(?=\S)|^\s*(?:[-*_=]\s*){3,}$")
_DIRECTION = re.compile(r"\[[^\[\]]{1,60}\]|\{[^{}\":]{1,60}\}|【[^【】]{1,60}】|\*[^*\n]{1,40}\*(?=\s|$)")
_PLAYED = (
    r"music|sound|sfx|applause|laugh(?:s|ter|ing)?|sighs?|pauses?|beat|cut to|fade|zoom|b-?roll|cue|whoosh|upbeat|"
    r"dramatic(?:ally)?|excited(?:ly)?|whisper(?:s|ing)?|on[\s-]?screen|transition|intro|outro|silence|clears throat|"
    r"cheer(?:s|ing)?|smil(?:es|ing)|word count|musik|applaus|lacht|pausa|música|aplausos|risas|musique|"
    r"applaudissements|rires|musica|"
    r"applausi|risate|muziek|muzyka|музыка|смех|пауза"
)
_PLAYED_IN_ROUND = re.compile(rf"\([^()]{{0,40}}\b(?:{_PLAYED})\b[^()]{{0,40}}\)|\(\s*~?\d+ words?\s*\)", re.IGNORECASE)
_GLAD = (
    r"(?:sure(?: thing)?|certainly|of course|absolutely|great|okay|ok|got it|no problem|gerne?|natürlich|klar|sicher|"
    r"claro(?: que sí)?|"
    r"por supuesto|com certeza|bien sûr|d['’]accord|certo|certamente|natuurlijk|zeker|oczywiście|конечно|självklart|"
    r"selvfølgelig)\b"
)
_HERE = (
    r"(?:here(?:['’]s| is| are| you go)|below (?:is|are)|this is|i(?:['’]ve| have) (?:written|created)|hier (?:ist|"
    r"kommt|sind|is)|"
    r"aquí (?:tienes|está|va)|voici|ecco|aqui (?:está|vai)|oto|вот|här är|her er)\b"
)
_WORK = (
    r"\b(?:script|narration|title|headline|text|scene|version|draft|voice-?over|skript|drehbuch|entwurf|szene|titel|"
    r"gui[oó]n|texto|escena|"
    r"título|texte|scène|titre|testo|scena|titolo|roteiro|cena|tekst|tytuł|текст|сценарий|manus)s?\b"
)
_GREETING = re.compile(
    rf"^\s*¡?\s*(?:{_GLAD}[^.!:\n]{{0,40}}[.!:,\s]+)?{_HERE}[^.!:\n]{{0,80}}{_WORK}[^.!:\n]{{0,60}}[:.!]\s*|"
    rf"^\s*¡?\s*{_GLAD}[^.!:\n]{{0,40}}[.!:,\s]+{_HERE}[^.!:\n]{{0,80}}:\s*|^\s*here you go\s*[:!.]\s*|"
    rf"^\s*¡?\s*{_GLAD}(?:\s*(?:!|,))*\s*[!.]\s+",
    re.IGNORECASE,
)
_HELLO = re.compile(
    r"^\s*(?:hello|hi|hey|hallo|hola|bonjour|ciao|olá|привет)(?:,? (?:there|everyone|guys|folks|all|friends|zusammen|a todos|"
    r"à tous|a tutti|pessoal))?\s*(?:[!.]+|"
    r",(?= (?:and )?welcome))\s*(?:(?:and )?welcome(?: back)?(?: to [^.!\n]{1,60})?[.!]+\s*)?",
    re.IGNORECASE,
)
_FAREWELL = re.compile(
    r"\s*(?:let me know if|i hope this|feel free to|would you like me to|hope (?:this|that) helps)\b[^\n]*$|"
    r"\n\s*\(?(?:note|anmerkung|hinweis|nota|remarque|word count)\s*:[^\n]*$",
    re.IGNORECASE,
)
_HASHTAGS = re.compile(r"(?:(?:^|\s)#[^\W\d]\w*)+\s*$")
_HASHTAG = re.compile(r"(?<!\w)#(?=[^\W\d])")
_EMPHASIS = re.compile(r"\*\*|__|~~|\|\||(?<!\w)_(?=\w)|(?<=[\w.!?])_(?!\w)")
_PAIRS = {'"': '"', "'": "'", "“": "”", "„": "“", "‘": "’", "«": "»", "‹": "›", "「": "」", "『": "』", "`": "`"}
_QUOTES = re.compile('["“”„‟«»「」『』`]')
_RESIDUE = re.compile(
    r"[\[\]{}<>|\\~*_`【】]|#(?!\d)|&[a-z]{2,6};|\bhttps?:|\bwww\.|"
    r"\b(?:as an ai|(?:ai|large) language model|word count|lorem ipsum|to be determined|placeholder|i (?:cannot|"
    r"can['’]t) (?:help|assist|write))\b",
    re.IGNORECASE,
)
_FEWEST_WORDS = 3


def spoken_only(text: str) -> str:
    """What is said of a hosted narration: without labels, stage directions, markup and remarks to whoever asked. On one line."""
    return _tidy(" ".join(_lines(text, _LABEL)))


def plain_line(text: str) -> str:
    """A title or headline as it is to be read: the first line, without quotation marks and what hashtags leave behind."""
    first = _tidy(next(iter(_lines(text, _LABEL_OF_TITLE)), ""))
    return " ".join(_QUOTES.sub("", first).split()).strip(" |-–—:•·")


def says_something(text: str) -> bool:
    """Whether a text has words to say, some of them different: not emoji, dots, digits or a placeholder alone."""
    return len({word.lower() for word in re.findall(r"[^\W\d_]+", text)}) >= _FEWEST_WORDS


def residue(text: str) -> str:
    """The first thing in a text that is markup, or speaks of the writing of it; empty where there is none."""
    found = _RESIDUE.search(text)
    return found.group() if found else ""


def _lines(text: str, label: re.Pattern[str]) -> list[str]:
    """The lines that belong to the text."""
    text = _without_emoji(html.unescape(text.replace("\\n", "\n").replace('\\"', '"')))
    text = _TAG.sub(" ", _COMMENT.sub(" ", _LINK.sub(r"\1", _FENCE.sub("", text))))
    text = _HELLO.sub("", _FAREWELL.sub("", _GREETING.sub("", text.strip())))
    lines = [line for line in text.splitlines() if line.strip()]
    kept = [line for line in lines if not _HEADING.search(line)] if len(lines) > 1 else lines
    return [line for each in kept if (line := _without_directions(each, label))]


def _without_emoji(text: str) -> str:
    """Letters and marks alone: no emoji, nothing invisible, and letters of fancy alphabets (𝐌, Ｍ) as those they stand for."""
    return "".join(map(_plain_character, text))


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if "\U0001d400" <= character <= "\U0001d7ff" or "\uff01" <= character <= "\uff5e":
        return unicodedata.normalize("NFKC", character)
    if category == "Cf" or "\ufe00" <= character <= "\ufe0f" or character == "\u20e3":
        return ""
    if category in ("So", "Sk", "Co", "Cs", "Cn") or (category == "Cc" and character not in "\n\r\t"):
        return character if character in "°©®™№`^" else " "
    return character


def _without_directions(line: str, label: re.Pattern[str]) -> str:
    line = _PLAYED_IN_ROUND.sub(" ", _DIRECTION.sub(_kept, line)).strip()
    before = ""
    while before != line:  # a label may stand behind another: "**Scene 1** Narrator: …"
        before = line
        for pattern in (_TIMED, _LISTED, label, _DASHED):
            line = pattern.sub("", line, count=1)
    return _HASHTAG.sub("", _HASHTAGS.sub("", line)).strip()


def _kept(found: re.Match[str]) -> str:
    """Emphasis is kept as its words; what is in brackets, or is played and not said, goes."""
    inner = found.group()
    if inner[0] == "*" and not re.search(rf"\b(?:{_PLAYED})\b", inner, re.IGNORECASE):
        return inner.strip("*")
    return " "


def _tidy(text: str) -> str:
    text = re.sub(r"(?<!\w)[#>]{1,6}\s+|~(?=\s?\d)", " ", _EMPHASIS.sub("", text))
    return _unquoted(re.sub(r"\s+([,.])", r"\1", " ".join(text.split())))


def _unquoted(text: str) -> str:
    """Without a pair of quotation marks around the whole."""
    while len(text) > 1 and _PAIRS.get(text[0]) == text[-1] and not set(text[1:-1]) & {text[0], text[-1]}:
        text = text[1:-1].strip()
    return text
