"""Bytes to items. Pure: no I/O, no clock; the same bytes give the same items.

document    which of the three readers, and what is no feed at all
charsets    bytes to text: BOM, HTTP, XML declaration, detection
strict      well-formed RSS, RDF and Atom, by lxml: fast
lenient     everything else, by feedparser: the reference
jsonfeed    JSON Feed 1.0 and 1.1
raw         what a reader found, as found
items       what was found, made into Items: identity, address, caps
markup      tags cut out of a text, and what each leaves behind
plaintext   HTML or text of unknown kind to plain text
dates       what publishers write for a date
"""

from monitor.collect.parse.document import parse
from monitor.collect.parse.items import ParsedFeed

__all__ = ["ParsedFeed", "parse"]
