"""Where the configuration is, and what ships with Tocsin."""

from importlib import resources
from pathlib import Path

from monitor import settings


def shipped() -> Path:
    """Return the folder that holds the example configuration and the rule packs."""
    packaged = Path(str(resources.files("monitor"))) / "shipped"
    return packaged if packaged.is_dir() else packaged.parent.parent


def configuration_file(option: Path | None) -> Path:
    """Return the configuration to use; the shipped example where there is none."""
    return settings.chosen_file(option) or shipped() / "config" / "tocsin.yaml"
