"""`--aws` and the options that go with it: which model a command asks AWS about, and where."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from inferwatch.cli import options

if TYPE_CHECKING:
    from inferwatch.aws.site import Site


class Deployed(NamedTuple):
    """path: the model's folder or its spec; environment, region: None for the defaults."""

    path: Path
    environment: str | None
    region: str | None

    def site(self) -> Site:
        """Where the model is. Raises SpecError, AwsError, and MissingExtraError without the extra `aws`."""
        from inferwatch.aws.site import open_site
        from inferwatch.spec import load_spec

        return open_site(load_spec(self.path, self.environment), self.region)


def on_aws(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options for a command that can ask AWS: it is given `deployed`, which is None without `--aws`."""

    @options.aws
    @options.spec_on_aws
    @options.region
    @options.environment
    @wraps(command)
    def with_deployed(*, aws: bool, spec_path: Path, region: str | None, environment: str | None, **given: Any) -> Any:
        if not aws and (region is not None or spec_path != options.HERE):
            raise click.UsageError(f"{'--region' if region is not None else '--spec'} goes with --aws")
        return command(deployed=Deployed(spec_path, environment, region) if aws else None, **given)

    return with_deployed
