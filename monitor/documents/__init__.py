"""YAML files that people write, read so that every problem has its place.

The reader works on the event stream, without recursion: a deep, huge or
self-referring file is refused and costs nothing. Booleans are `true` and `false`
alone (YAML 1.2 core schema), so that the country code `NO` stays a text; dates
and times stay texts too.
"""

from monitor.documents.checking import (
    explain_error,
    findings,
    model_problem,
    model_problems,
    validate,
)
from monitor.documents.places import (
    Document,
    Location,
    blank,
    dotted,
)
from monitor.documents.reading import (
    SUFFIXES,
    files_in,
    read_file,
    read_text,
    read_whole,
    replace_file,
)
from monitor.documents.secrets import hide_secrets
from monitor.documents.units import (
    Duration,
    Size,
    one_or_many,
    parse_duration,
    parse_size,
    write_duration,
    wrong,
)

__all__ = [
    "SUFFIXES",
    "Document",
    "Duration",
    "Location",
    "Size",
    "blank",
    "dotted",
    "explain_error",
    "files_in",
    "findings",
    "hide_secrets",
    "model_problem",
    "model_problems",
    "one_or_many",
    "parse_duration",
    "parse_size",
    "read_file",
    "read_text",
    "read_whole",
    "replace_file",
    "validate",
    "write_duration",
    "wrong",
]
