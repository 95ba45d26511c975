"""What holds for every test."""

import os

from hypothesis import HealthCheck, settings

# The other levels of grouping have tests of their own; loading an encoder takes seconds.
os.environ.setdefault("TOCSIN_GROUPING__LEVEL", "base")  # noqa: TID251 - child processes

# No test asserts on wall-clock time, and a busy machine is no defect of the code.
settings.register_profile(
    "tocsin", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tocsin")
