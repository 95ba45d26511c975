"""The configuration: one YAML file and the environment, checked once.

A value comes from the environment (`TOCSIN_SERVER__LISTEN`), else from the file,
else from the defaults. A path that Tocsin reads (rules, feeds, sources, secret
files) is sought beside the configuration file, then where Tocsin was started; a
path that it writes is relative to where it was started.
"""

from monitor.settings.configuration import Configuration
from monitor.settings.parts import log_of, service_of
from monitor.settings.reading import Reading, chosen_file, read
from monitor.settings.receivers import ReceiverSettings
from monitor.settings.shape import RouteSettings

__all__ = [
    "Configuration",
    "Reading",
    "ReceiverSettings",
    "RouteSettings",
    "chosen_file",
    "log_of",
    "read",
    "service_of",
]
