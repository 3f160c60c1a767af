"""How many examples a property test tries: few in `make test`, many in `make soak`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

QUICK = 30
SOAK = 1000


def register() -> None:
    """The two profiles; the quick one holds unless `--hypothesis-profile soak` says otherwise."""
    for name, most in (("quick", QUICK), ("soak", SOAK)):
        settings.register_profile(name, max_examples=most, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("quick")


def times(share: float) -> settings:
    """So many times the profile's examples: less than 1 where each is dear, more where it is cheap and much is at
    stake."""
    return settings(max_examples=round(share * settings().max_examples))
