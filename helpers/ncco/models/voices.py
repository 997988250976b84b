"""The voices of ``talk``: languages, how many styles each has, and which of them cannot read SSML.

Source: Vonage's text-to-speech guide (the table of 2021; newer languages exist, so an unknown one is advice, not an
error), and its list of retired voice names.
"""

from __future__ import annotations

#: Language code -> number of styles, counted from 0.
STYLES: dict[str, int] = {
    "ar": 8, "bn-IN": 2, "ca-ES": 2, "cmn-CN": 6, "cmn-TW": 4, "cs-CZ": 3, "cy-GB": 1, "da-DK": 6, "de-DE": 7,
    "el-GR": 3, "en-AU": 6, "en-GB": 8, "en-GB-WLS": 1, "en-IN": 6, "en-US": 12, "en-ZA": 1, "es-ES": 5,
    "es-MX": 1, "es-US": 3, "eu-ES": 1, "fi-FI": 2, "fil-PH": 4, "fr-CA": 5, "fr-FR": 8, "he-IL": 1, "hi-IN": 6,
    "hu-HU": 2, "id-ID": 5, "is-IS": 2, "it-IT": 7, "ja-JP": 6, "ko-KR": 6, "ml-IN": 2, "nb-NO": 8, "nl-NL": 7,
    "pl-PL": 9, "pt-BR": 6, "pt-PT": 8, "ro-RO": 2, "ru-RU": 7, "sk-SK": 2, "sv-SE": 4, "ta-IN": 2, "te-IN": 2,
    "th-TH": 2, "tr-TR": 8, "uk-UA": 1, "vi-VN": 4, "yue-CN": 1,
}  # fmt: skip

#: Newer codes that the REST definition or the SDKs list without a number of styles.
NEWER = ("af-ZA", "bg-BG", "de-AT", "no-NO")

#: Language code -> styles that read SSML tags aloud instead of obeying them.
WITHOUT_SSML: dict[str, tuple[int, ...]] = {
    "ar": (2, 5, 6), "cmn-CN": (3,), "cmn-TW": (0,), "cs-CZ": (1, 2), "el-GR": (1, 2), "en-ZA": (0,), "es-ES": (3,),
    "fi-FI": (1,), "hi-IN": (2,), "id-ID": (1,), "ko-KR": (3,), "nb-NO": (6, 7), "pt-BR": (2, 4), "pt-PT": (3, 4),
    "sv-SE": (2, 3), "tr-TR": (4, 7),
}  # fmt: skip

#: Retired voice name (lower case; the names are not case-sensitive) -> language and style to use instead.
RETIRED: dict[str, tuple[str, int]] = {
    "kimberly": ("en-US", 0), "ivy": ("en-US", 1), "joanna": ("en-US", 2), "kendra": ("en-US", 3),
    "salli": ("en-US", 4), "joey": ("en-US", 7), "justin": ("en-US", 8), "matthew": ("en-US", 9), "amy": ("en-GB", 0),
    "emma": ("en-GB", 1), "brian": ("en-GB", 4), "nicole": ("en-AU", 0), "russell": ("en-AU", 3),
    "raveena": ("en-IN", 1), "tessa": ("en-ZA", 0), "geraint": ("en-GB-WLS", 0), "gwyneth": ("cy-GB", 0),
    "marlene": ("de-DE", 0), "vicki": ("de-DE", 1), "hans": ("de-DE", 3), "celine": ("fr-FR", 0), "lea": ("fr-FR", 1),
    "mathieu": ("fr-FR", 5), "chantal": ("fr-CA", 0), "conchita": ("es-ES", 0), "lucia": ("es-ES", 1),
    "mia": ("es-MX", 0), "miguel": ("es-US", 1), "bianca": ("it-IT", 0), "giorgio": ("it-IT", 4),
    "mizuki": ("ja-JP", 0), "takumi": ("ja-JP", 3), "seoyeon": ("ko-KR", 0), "vitoria": ("pt-BR", 0),
    "ines": ("pt-PT", 0), "tatyana": ("ru-RU", 0), "maxim": ("ru-RU", 4), "zhiyu": ("cmn-CN", 0), "zeina": ("ar", 0),
    "aditi": ("hi-IN", 0),
}  # fmt: skip

#: The SSML tags that the platform obeys.
SSML_TAGS = ("speak", "break", "emphasis", "lang", "phoneme", "prosody", "say-as", "s", "p", "sub")


def languages() -> list[str]:
    """Every known language code, in alphabetical order."""
    return sorted({*STYLES, *NEWER})


def voice_of(language: str | None, style: int | None, name: str | None) -> tuple[str, int]:
    """The language and style that speak. A retired voice ``name`` counts when neither of the two is given."""
    if language is None and style is None and name is not None and name.lower() in RETIRED:
        return RETIRED[name.lower()]
    return language or "en-US", style or 0
