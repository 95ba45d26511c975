"""What holds for every test."""

from hypothesis import HealthCheck, settings

# No test asserts on wall-clock time, and a busy machine is no defect of the code.
settings.register_profile(
    "tocsin", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tocsin")
