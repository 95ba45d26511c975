"""The database's history: one revision a file, each applied once, in order.

To change the tables: change `schema/`, add `versions/000N_what.py` that goes from
the last revision to there, and set `schema.REVISION`. `tests/store/test_migrate.py`
names whatever the two still disagree on.
"""
