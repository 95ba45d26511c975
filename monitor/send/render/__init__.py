"""One notice, rendered for each kind of receiver; pure.

Titles and summaries come from strangers. Every renderer here takes terminal
escapes, control characters and bidi overrides out of them and lets only http
and https addresses through as links.
"""

from monitor.send.render.bundle import bundle_console, bundle_subject, bundle_text
from monitor.send.render.bundle_page import bundle_page
from monitor.send.render.bundle_payload import bundle_payload
from monitor.send.render.clean import line, link
from monitor.send.render.page import page as html
from monitor.send.render.page import ping_page as ping_html
from monitor.send.render.page import remark_page as remark_html
from monitor.send.render.payload import (
    HARD_CAP,
    TARGET,
    event,
    payload,
    ping,
    remark,
)
from monitor.send.render.plain import (
    Ways,
    console,
    ping_text,
    ping_title,
    remark_text,
    subject,
    text,
)
from monitor.send.render.voice import LANGUAGES, Voice

__all__ = [
    "HARD_CAP",
    "LANGUAGES",
    "TARGET",
    "Voice",
    "Ways",
    "bundle_console",
    "bundle_page",
    "bundle_payload",
    "bundle_subject",
    "bundle_text",
    "console",
    "event",
    "html",
    "line",
    "link",
    "payload",
    "ping",
    "ping_html",
    "ping_text",
    "ping_title",
    "remark",
    "remark_html",
    "remark_text",
    "subject",
    "text",
]
