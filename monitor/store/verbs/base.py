"""What all verbs work on."""

from monitor.store.database import Database


class Verbs:
    """Verbs on one database."""

    def __init__(self, database: Database) -> None:
        """Work on a database whose tables are of this version's revision."""
        self._database = database
