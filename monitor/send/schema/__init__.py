"""The published JSON Schema of what webhooks and file receivers get."""

from importlib import resources


def webhook() -> str:
    """Return the schema's text (JSON Schema 2020-12)."""
    return resources.files(__name__).joinpath("webhook.json").read_text("utf-8")
