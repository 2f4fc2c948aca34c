"""Titles as numbers, a whole column at a time: length, words, case, signs, scripts, a guess at the language, words that mark a
kind of video. Every model that reads titles reads them here; nothing is fitted. One draft at a time is `features.transforms`.

    measures    TITLE_MEASURES    counts and shares of what a reader sees
    scripts     SCRIPTS           share of the letters of each writing system
    markers     MARKERS           whether a word of a kind stands in it (official, trailer, live, episode, feat, remix …)
    languages   LANGUAGES         a guess from scripts, letters and common words"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

SCRIPTS = {
    "latin": r"\p{Latin}",
    "cyrillic": r"\p{Cyrillic}",
    "arabic": r"\p{Arabic}",
    "devanagari": r"\p{Devanagari}",
    "bengali": r"\p{Bengali}",
    "tamil": r"\p{Tamil}",
    "telugu": r"\p{Telugu}",
    "malayalam": r"\p{Malayalam}",
    "indic": r"[\p{Gujarati}\p{Gurmukhi}\p{Kannada}\p{Sinhala}\p{Oriya}]",
    "thai": r"\p{Thai}",
    "han": r"\p{Han}",
    "kana": r"[\p{Hiragana}\p{Katakana}]",
    "hangul": r"\p{Hangul}",
    "hebrew": r"\p{Hebrew}",
    "greek": r"\p{Greek}",
    "southeast": r"[\p{Khmer}\p{Lao}\p{Myanmar}]",
    "caucasus": r"[\p{Georgian}\p{Armenian}\p{Ethiopic}]",
}
"""Writing systems, each with the letters that belong to it."""

MARKERS = {
    "official": (
        "official|oficial|officiel|offizielle[^ ]*|ufficiale|resmi|officieel|oficjaln[^ ]*|официальн[^ ]*|премьера|رسمي|الرسمي",
        "",
    ),
    "music_video": (
        "music video|video clip|videoclip|videoklip|video oficial|official video|mv|m v|clip officiel|klip|клип",
        "كليب",
    ),
    "lyrics": ("lyrics?|lyrical|letra|paroles|karaoke|testo|sözleri|текст", "كلمات"),
    "audio": ("audio|visuali[sz]er|jukebox", ""),
    "song": (
        "songs?|canción|cancion|música|musica|şarkı|lagu|песня|album|álbum|ost|gana|geet|mp3|nasheed|anthem",
        "गाना|اغنية|أغنية",
    ),
    "feat": ("feat|ft|featuring|prod", ""),
    "remix": ("remix|mashup|slowed|reverb|sped up|phonk|funk|mtg|cover|nightcore|edit|version|versión|versão", ""),
    "live": (
        "live|en vivo|ao vivo|en directo|en direct|canlı|livestream|stream|прямой эфир|трансляция|langsung",
        "🔴|مباشر|直播|ライブ|लाइव",
    ),
    "trailer": (
        "trailers?|teasers?|tráiler|fragman[^ ]*|трейлер|тизер|bande annonce|preview|promo|glimpse|first look",
        "予告|예고",
    ),
    "episode": (
        "episodes?|episodio|episódio|épisode|ep|bölüm|folge|odcinek|серия|tập|capítulo|capitulo|s[0-9]+ ?e[0-9]+|e[0-9]{1,4}",
        r"الحلقة|حلقة|एपिसोड|ตอนที่|第\d+[話集回]",
    ),
    "part": (
        "part|parte|partie|pt|teil|część|часть|phần|bagian|kısım|vol|chapter|season|temporada|saison|sezon|сезон",
        r"\(\d\)|الجزء|#\d",
    ),
    "full": ("full|completo|completa|complet|tam|полн[^ ]*|lengkap", "كامل"),
    "new": ("new|nuevo|nueva|novo|nova|nouveau|nouvelle|neu[^ ]*|yeni|baru|mới|nowy|нов[^ ]*|latest", "नया|जديد|جديد|新"),
    "versus": ("vs|versus|против|contra", "対"),
    "highlights": (
        "highlights?|resumen|resumo|melhores momentos|extended|goals?|goles|gols|özet[^ ]*|обзор|recap|cuplikan",
        "ملخص|اهداف|أهداف",
    ),
    "sport": (
        "football|fútbol|futbol|futebol|soccer|fifa|uefa|nba|nfl|wwe|ufc|f1|grand prix|cricket|ipl|t20|odi|match|"
        "champions league|world cup|copa|mundial|liga|premier league|final",
        "",
    ),
    "gameplay": (
        "gameplay|walkthrough|playthrough|lets play|speedrun|gaming|gamer|прохождение|играю|oynuyor[^ ]*|jogando|"
        "jugando|no commentary",
        "実況|ゲーム",
    ),
    "minecraft": ("minecraft|майнкрафт|маинкрафт|smp|mods?|hardcore", "ماين ?كرافت|マイクラ"),
    "roblox": ("roblox|роблокс|brainrots?|grow a garden|blox fruits|obby|99 nights", "روبلوكس|โรบล็อก"),
    "shooter": (
        "free ?fire|ff|pubg|bgmi|fortnite|valorant|cod|warzone|call of duty|cs ?2|csgo|apex",
        "ببجي|فري فاير|फ्री फायर",
    ),
    "games": (
        "gta ?[v5-6]*|brawl stars|clash royale|clash of clans|genshin[^ ]*|honkai|wuthering waves|pokemon|pokémon|"
        "mobile legends|mlbb|fc ?2[0-9]|efootball|subway|league of legends|steal|zombies?|fnaf|hollow knight|"
        "silksong|resident evil|poppy playtime|among us|geometry dash",
        "ポケモン|原神",
    ),
    "challenge": (
        "challenge|reto|desafio|desafío|i (?:survived|built|bought|spent|tried|played|became)|hours?|horas|heures|"
        "stunden|days?|días|dias|jours|tage|saat|gün|дней|часа?|челлендж|last to",
        "",
    ),
    "reaction": ("reaction|reacts?|reacting|reaccion[^ ]*|reagindo|réagi[^ ]*|réaction|tepki|реакция", ""),
    "vlog": ("vlogs?|влог|daily|day in|routine|tour|travel|trip", ""),
    "news": (
        "news|breaking|noticias|notícias|actualité|haber[^ ]*|новости|update|berita|war|trump|putin|president[^ ]*|election",
        "أخبار|समाचार|ニュース|速報",
    ),
    "shorts": ("shorts?", ""),
    "film": (
        "movie|film|filme|película|pelicula|кино|фильм|cinema|drama|series|serie|série|dizi|сериал|anime|cartoon|animation|ost",
        "فيلم|مسلسل|映画|드라마",
    ),
    "award": (
        "grammys?|oscars?|awards?|concert|concierto|show|performance|perform[^ ]*|tour|eurovision|festival|snl|"
        "inkigayo|m ?countdown|music bank",
        "",
    ),
    "kpop": (
        "k ?pop|bts|blackpink|twice|stray kids|skz|enhypen|seventeen|newjeans|aespa|ive|le sserafim|txt|ateez|"
        "nct[^ ]*|babymonster|illit|katseye",
        "",
    ),
    "devotional": (
        "bhajan|aarti|chalisa|mantra|naat|worship|gospel|quran|krishna|shiv[^ ]*|ram|jesus|ramadan|bhakti|hanuman",
        "भजन|आरती|القران|القرآن",
    ),
    "how": (
        "how to|tutorial|cómo|como hacer|guide|tips|review|unboxing|best|top ?[0-9]+|ranking|every|secrets?|explained",
        "كيف",
    ),
    "money": ("million|millones|milhões|billion|milyon|миллион[^ ]*|lakh|crore|[0-9]+[km]", "[$€£₹]"),
    "superlative": (
        "worlds|most|ever|insane|crazy|craziest|biggest|impossible|extreme|worst|greatest|самый|самая|самое|"
        "najwi[^ ]*|plus gran[^ ]*|más grande|maior",
        "最",
    ),
    "first_person": ("i|my|me|mi|we|our|mon|ma|ich|mein[^ ]*|eu|meu|minha|yo|я|мы|мой|ben|aku", ""),
    "topic_artist": ("dj|mc|lil|yung|young|los|grupo|banda", ""),
}
"""Kinds of words, in the languages that charts are full of: whole words, and signs that stand anywhere. Both are patterns in
lower case."""

LANGUAGES = {
    "en": ("the|and|of|with|for|you|this|is|was|from|my|his|her|we|what|when|how|every|official", ""),
    "es": ("el|los|las|del|que|con|por|para|una|mi|es|en|y|nuevo|oficial", "[ñ¿¡]"),
    "pt": ("não|com|uma|meu|minha|você|ao|os|da|do|das|dos|em|na|no|pra|melhores", "[ãõ]"),
    "fr": ("le|les|des|du|est|dans|avec|pour|sur|une|je|mon|et|au|qui|clip officiel", "[èêàœ]"),
    "de": ("der|die|das|und|ich|mit|ist|nicht|ein|eine|von|im|auf|den|wir|wird|offizielles", "[äß]"),
    "it": ("il|gli|della|di|che|con|non|per|una|sono|ho|nel|alla|ufficiale|contro", ""),
    "tr": ("ve|bir|bu|ile|için|bölüm|yeni|fragmanı|çok|oldu|ama|canlı", "[ğışİ]"),
    "pl": ("nie|się|jest|czy|dla|odcinek|jak|na|zrobił[^ ]*", "[ąęłńśźż]"),
    "id": ("yang|dan|di|ini|aku|dengan|ada|untuk|dari|kita|lagu|terbaru|tidak|jadi|bikin|orang|main", ""),
    "vi": ("", "[ơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]"),
    "tl": ("ang|mga|ng|sa|ako|ko|mo|na|pag|ay|naming|kami|namin", ""),
    "nl": ("het|een|van|ik|niet|maar|voor|deze|wij|mijn|bij|zijn", ""),
    "nordic": ("och|att|jag|ikke|som|det|jeg|med|vi|til", "[åøæ]"),
    "czech": ("jsem|jsme|jak|som|sme|jako|ve|za|pro|se", "[ěřůčžšťďľĺ]"),
    "south_slavic": ("je|sam|za|kako|koji|smo|ali|nije|mi|na|od|iz|još|što|svi", "[đćčšž]"),
    "hu": ("egy|és|az|nem|meg|hogy|volt|vagy", "[őű]"),
    "ro": ("si|și|cu|din|este|pentru|nu|sunt|lui", "[țșăâ]"),
    "hi": ("ki|ka|ke|hai|mein|nahi|kya|tere|mere|dil|bhai|aur|se|ne|ho|gaya|pyar|gana", ""),
    "kk": ("", "[ғқңөұүәһ]"),
    "uk": ("", "[іїєґ]"),
    "fa": ("", "[پچژگک]"),
    "ur": ("", "[ٹڈڑںھے]"),
}
"""Languages told by whole words, and by letters, in lower case; scripts that one language writes tell the rest."""

_OF_SCRIPT = {
    "cyrillic": "ru",
    "arabic": "ar",
    "devanagari": "hi",
    "bengali": "bn",
    "tamil": "ta",
    "telugu": "te",
    "malayalam": "ml",
    "indic": "indic",
    "thai": "th",
    "kana": "ja",
    "han": "zh",
    "hangul": "ko",
    "hebrew": "he",
    "greek": "el",
    "southeast": "southeast",
    "caucasus": "caucasus",
}
_REFINED = {"cyrillic": ("kk", "uk"), "arabic": ("fa", "ur")}
_FINER = tuple(code for finer in _REFINED.values() for code in finer)
_LATIN = tuple(name for name in LANGUAGES if name not in _FINER)
LANGUAGE_CODES = ("none", "other", *dict.fromkeys((*_LATIN, *_OF_SCRIPT.values(), *_FINER)))
"""What `languages` may answer; its place here is the code that `title_columns` gives."""

_COUNTS = {
    "words": r"[^\s]+",
    "letters": r"[\p{L}\p{M}]",
    "upper": r"\p{Lu}",
    "shouted_words": r"\b\p{Lu}{3,}\b",
    "capital_words": r"\b\p{Lu}\p{Ll}+",
    "digits": r"\p{Nd}",
    "numbers": r"\p{Nd}+",
    "questions": r"[?？؟]",
    "exclamations": r"[!！]",
    "dots": r"\.{2,}|…",
    "quotes": '["“”„«»『』「」]',
    "colons": "[:：]",
    "dashes": r"\s[-–—~]\s|[—–]",
    "bars": "[|｜│/]",
    "commas": "[,،、]",
    "joined": r"[&+]|\bx\b|×",
    "round_brackets": "[(（]",
    "square_brackets": r"[\[【]",
    "hashtags": r"#[\p{L}\p{N}_]+",
    "mentions": r"@[\p{L}\p{N}_]+",
    "emojis": r"[\p{Extended_Pictographic}\p{Regional_Indicator}--[©®™]]",
    "hearts": "[❤♥💔💕💖💗💙💚💛💜🖤🤍😍🥰]",
    "faces": r"[\x{1F600}-\x{1F64F}\x{1F910}-\x{1F97A}]",
    "fire": "[🔥💥⚡💯🚨😱🤯]",
    "signs": r"[\p{P}\p{S}]",
    "accents": r"[\p{Latin}&&[^a-zA-Z]]",
    "years": r"\b20[12]\d\b",
}
_OF_LENGTH = ("upper", "digits", "signs", "accents")

TITLE_MEASURES = (
    "title_characters",
    *(f"title_{name}" for name in _COUNTS),
    *(f"title_{name}_share" for name in _OF_LENGTH),
    "title_word_length",
    "title_longest_word",
    "title_starts_upper",
    "title_starts_digit",
    "title_ends_sign",
    "title_repeats",
    "title_scripts",
)
SCRIPT_SHARES = tuple(f"script_{name}" for name in SCRIPTS)
MARKER_FLAGS = tuple(f"marker_{name}" for name in MARKERS)
TITLE_COLUMNS = (*TITLE_MEASURES, *SCRIPT_SHARES, *MARKER_FLAGS, "title_markers", "title_language")
"""What `title_columns` gives, in order."""

LONGEST = 1_000
"""Characters that are looked at; the platform's limit is 100."""


def title_columns(titles: pl.Series) -> pl.DataFrame:
    """Measure titles: one Float32 column of each of TITLE_COLUMNS. An unknown title counts as empty.

    Shares are of letters (scripts, case) or characters (digits, signs); `title_language` is a code: the place in LANGUAGE_CODES.
    """
    frame, title = _frame(titles), pl.col("title")
    frame = frame.with_columns(
        title_characters=title.str.len_chars(),
        **{f"title_{name}": title.str.count_matches(sign) for name, sign in _COUNTS.items()},
    )
    letters, characters = pl.col("title_letters").clip(1), pl.col("title_characters").clip(1)
    frame = frame.with_columns(
        *(
            (pl.col(f"title_{name}") / (letters if name in {"upper", "accents"} else characters)).alias(f"title_{name}_share")
            for name in _OF_LENGTH
        ),
        *((title.str.count_matches(script) / letters).alias(f"script_{name}") for name, script in SCRIPTS.items()),
        title_word_length=characters / pl.col("title_words").clip(1),
        title_longest_word=title.str.split(" ").list.eval(pl.element().str.len_chars()).list.max().fill_null(0),
        title_starts_upper=title.str.contains(r"^\P{L}*\p{Lu}"),
        title_starts_digit=title.str.contains(r"^\P{L}*\p{Nd}"),
        title_ends_sign=title.str.contains(r"[\p{P}\p{S}]$"),
        # Words said more than once.
        title_repeats=pl.col("title_words") - title.str.to_lowercase().str.extract_all(r"[^\s]+").list.n_unique(),
    )
    frame = frame.with_columns(
        title_scripts=pl.sum_horizontal(pl.col(name) > 0 for name in SCRIPT_SHARES),
        **{f"marker_{name}": _count(*kind) > 0 for name, kind in MARKERS.items()},
        title_language=pl.Series(_languages(frame)),
    ).with_columns(title_markers=pl.sum_horizontal(pl.col(name) for name in MARKER_FLAGS))
    return frame.select(pl.col(name).cast(pl.Float32) for name in TITLE_COLUMNS)


def scripts(titles: pl.Series) -> pl.Series:
    """The writing system that most letters of each title belong to, a name of SCRIPTS; `none` where no letter is of any."""
    title = pl.col("title")
    shares = pl.DataFrame({"title": normalised(titles)}).select(
        title.str.count_matches(script).alias(name) for name, script in SCRIPTS.items()
    )
    return _most(shares, tuple(SCRIPTS), 1, "none")


def languages(titles: pl.Series) -> pl.Series:
    """Guess each title's language, one of LANGUAGE_CODES: `other` for Latin letters that tell none, `none` without letters."""
    frame, title = _frame(titles), pl.col("title")
    frame = frame.with_columns(title.str.count_matches(script).alias(f"script_{name}") for name, script in SCRIPTS.items())
    return pl.Series(titles.name, LANGUAGE_CODES).gather(_languages(frame))


def words(titles: pl.Series) -> pl.Series:
    """The words of each title: runs of letters, marks and digits in lower case, in order, without apostrophes."""
    return normalised(titles).to_frame("title").select(split_words(pl.col("title")).alias(titles.name)).to_series()


def split_words(text: pl.Expr) -> pl.Expr:
    """What `words` does, to normalised texts."""
    return text.str.to_lowercase().str.replace_all("['’`]", "").str.extract_all(r"[\p{L}\p{M}\p{N}]+")


def _languages(frame: pl.DataFrame) -> pl.Series:
    """Codes from `title` and the script columns (counts or shares)."""
    told = frame.select(
        *(_count(*kind).alias(name) for name, kind in LANGUAGES.items()),
        script=_most(
            frame.select(pl.col(name).alias(name.removeprefix("script_")) for name in SCRIPT_SHARES), tuple(SCRIPTS), 0, "none"
        ),
        kana=pl.col("script_kana") > 0,
    )
    latin = _most(told, _LATIN, 1, "other")
    script = pl.col("script")
    answer = (
        pl.when(script == "none")
        .then(pl.lit("none"))
        .when(script == "latin")
        .then(pl.lit(latin))
        .when((script == "han") & pl.col("kana"))
        .then(pl.lit("ja"))
    )
    for name, finer in _REFINED.items():
        for code in finer:
            answer = answer.when((script == name) & (pl.col(code) > 0)).then(pl.lit(code))
    named = answer.otherwise(script.replace_strict(_OF_SCRIPT, default="other", return_dtype=pl.String))
    places = {code: place for place, code in enumerate(LANGUAGE_CODES)}
    return told.select(named.replace_strict(places, return_dtype=pl.UInt32)).to_series()


def _most(counts: pl.DataFrame, names: tuple[str, ...], least: float, default: str) -> pl.Series:
    """The name whose column is largest, the first of equals; the default where none reaches `least` (or is more than 0)."""
    columns = counts.select(pl.concat_list(pl.col(name).cast(pl.Float32) for name in names).alias("all")).to_series()
    enough = (columns.list.max() >= least) & (columns.list.max() > 0)
    named = pl.Series(names).gather(columns.list.arg_max().fill_null(0))
    return named.zip_with(enough.fill_null(False), pl.repeat(default, len(named), eager=True))


def _count(words: str, signs: str) -> pl.Expr:
    """How often a whole word or a sign stands in each title."""
    # Words stand between two spaces each, so that neighbours do not share one. It is ten times as fast as `\\b`, which in any
    # script but the Latin one keeps the pattern from its fast path.
    counts = [pl.lit(0, pl.UInt32)]
    if words:
        counts.append(pl.col("spaced").str.count_matches(f" (?:{words.replace(' ', '  ')}) "))
    if signs:
        counts.append(pl.col("lower").str.count_matches(signs))
    return pl.sum_horizontal(counts)


def _frame(titles: pl.Series) -> pl.DataFrame:
    """`title` as text, `lower` in lower case, and `spaced`: its words, two spaces around each."""
    frame = pl.DataFrame({"title": normalised(titles)}).with_columns(lower=pl.col("title").str.to_lowercase())
    between = pl.col("lower").str.replace_all("['’`]", "").str.replace_all(r"[^\p{L}\p{M}\p{N}]+", "  ")
    return frame.with_columns(spaced=pl.format("  {}  ", between))


def normalised(titles: pl.Series, longest: int = LONGEST) -> pl.Series:
    """The first `longest` characters of each title without space around them; an unknown title is empty."""
    # Letters that only look otherwise (full width, mathematical) are the plain ones.
    return titles.cast(pl.String).fill_null("").str.slice(0, longest).str.normalize("NFKC").str.strip_chars()


def requested(values: Sequence[Any]) -> pl.Series:
    """Texts of a request, in order. What is no text is null: Feast gives NaN for a column that no row knows. Half of a surrogate
    pair, which UTF-8 cannot hold, is a question mark."""
    texts = [value.encode(errors="replace").decode() if isinstance(value, str) else None for value in values]
    return pl.Series(texts, dtype=pl.String)
