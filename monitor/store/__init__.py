"""What lasts: tables, migrations and the verbs of the domain."""
