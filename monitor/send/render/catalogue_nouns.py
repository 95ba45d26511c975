"""The nouns that messages count in other languages, as in `catalogue`; pure."""

from collections.abc import Mapping

PLURALS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "be": {
        "report": ("паведамленне", "паведамленні", "паведамленняў"),
        "more report": (
            "іншае паведамленне",
            "іншыя паведамленні",
            "іншых паведамленняў",
        ),
        "outlet": ("выданне", "выданні", "выданняў"),
    },
    "de": {
        "report": ("Bericht", "Berichte"),
        "more report": ("weiterer Bericht", "weitere Berichte"),
        "outlet": ("Medium", "Medien"),
    },
    "fr": {
        "report": ("article", "articles"),
        "more report": ("autre article", "autres articles"),
        "outlet": ("média", "médias"),
    },
    "lt": {
        "report": ("pranešimas", "pranešimai", "pranešimų"),
        "more report": ("kitas pranešimas", "kiti pranešimai", "kitų pranešimų"),
        "outlet": ("leidinys", "leidiniai", "leidinių"),
    },
    "pl": {
        "report": ("doniesienie", "doniesienia", "doniesień"),
        "more report": ("inne doniesienie", "inne doniesienia", "innych doniesień"),
        "outlet": ("redakcja", "redakcje", "redakcji"),
    },
    "ru": {
        "report": ("сообщение", "сообщения", "сообщений"),
        "more report": ("другое сообщение", "других сообщения", "других сообщений"),
        "outlet": ("издание", "издания", "изданий"),
    },
    "uk": {
        "report": ("повідомлення", "повідомлення", "повідомлень"),
        "more report": ("інше повідомлення", "інші повідомлення", "інших повідомлень"),
        "outlet": ("видання", "видання", "видань"),
    },
}
"""Forms of nouns after a number, in the order of the language's rule."""
