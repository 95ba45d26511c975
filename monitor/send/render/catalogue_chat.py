"""The words that only messages to chats have, in other languages, as in `catalogue`; pure."""

from collections.abc import Mapping

_KEYS = ("Read it", "Test", "digest", "batch", "burst", "catch-up")

_WORDS: Mapping[str, tuple[str, ...]] = {
    "be": ("Чытаць", "Праверка", "агляд", "група", "шмат адразу", "са спазненнем"),
    "de": ("Lesen", "Test", "Übersicht", "Gruppe", "Häufung", "verspätet"),
    "fr": ("Lire", "Essai", "résumé", "groupe", "rafale", "en retard"),
    "lt": ("Skaityti", "Bandymas", "apžvalga", "grupė", "pliūpsnis", "pavėluotai"),
    "pl": ("Czytaj", "Test", "przegląd", "grupa", "wiele naraz", "z opóźnieniem"),
    "ru": ("Читать", "Проверка", "сводка", "группа", "много сразу", "с опозданием"),
    "uk": ("Читати", "Перевірка", "огляд", "група", "багато одразу", "із запізненням"),
}

PHRASES: Mapping[str, Mapping[str, str]] = {
    lang: dict(zip(_KEYS, words, strict=True)) for lang, words in _WORDS.items()
}
"""By language, then by the English phrase."""
