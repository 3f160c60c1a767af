"""What `up` and `demo` run, for one model: the servers in the main thread, and the threads beside it."""

from __future__ import annotations

from inferwatch.cli.station.station import Station

__all__ = ["Station"]
