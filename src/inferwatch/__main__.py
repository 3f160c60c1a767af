"""`python -m inferwatch` is the `inferwatch` command."""

from __future__ import annotations

from inferwatch.cli import main

main()
