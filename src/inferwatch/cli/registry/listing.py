"""A group of commands that lists when no other command of it is named: `versions`, `versions add`."""

from __future__ import annotations

import click


class Listing(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)
