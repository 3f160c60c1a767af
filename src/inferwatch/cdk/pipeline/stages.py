"""What a pipeline deploys: the spec of each of its environments, in order, and what cannot stand among them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from inferwatch.cdk.given import Given
from inferwatch.cdk.package import endpoint_image
from inferwatch.cloudwatch import limits
from inferwatch.errors import SpecError
from inferwatch.spec.function import Architecture
from inferwatch.spec.load import load_environments
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.pipeline import PipelineSpec

_STAGE = r"[A-Za-z][A-Za-z0-9._-]{1,99}"
_OTHER_STAGES = ("Source", "Build", "UpdatePipeline", "Assets")


def stages(given: Given) -> tuple[MonitorSpec, ...]:
    """The spec of every stage, read from the file again where a spec is given.

    The pipeline itself stands with the last one, in its account, region and node: what guards production should be
    in no account that is deployed to before. Raises SpecError.
    """
    every = load_environments(given.file if isinstance(given, MonitorSpec) else given)
    wanted = declared(every[0]).stages
    found = {spec.identity.environment: spec for spec in every}
    chosen = tuple(found[name] for name in wanted) if wanted else every
    _check(chosen)
    return chosen


def declared(spec: MonitorSpec) -> PipelineSpec:
    """Its `[pipeline]`. Raises SpecError where it has none."""
    if spec.pipeline is None:
        raise SpecError(spec.file, "pipeline", "is missing; a pipeline needs at least its repository")
    return spec.pipeline


def architecture(specs: Sequence[MonitorSpec]) -> Architecture:
    """Of the images that are built, `x86_64` where there are none."""
    return next(iter(_images(specs)), "x86_64")


def _images(specs: Sequence[MonitorSpec]) -> list[Architecture]:
    """Of each image of a function or an endpoint."""
    found: list[Architecture] = []
    for spec in specs:
        if spec.function.package == "image":
            found.append(spec.function.architecture)
        asked = spec.sagemaker
        if asked is not None and asked.endpoint is None and asked.image is None:
            found.append("arm64" if endpoint_image.is_arm(asked.instance_type) else "x86_64")
    return found


def _check(specs: tuple[MonitorSpec, ...]) -> None:
    last = specs[-1]
    for spec in specs:
        limits.check(spec)
        name = spec.identity.environment
        if not re.fullmatch(_STAGE, name) or name in _OTHER_STAGES:
            problem = (
                f"{name!r} cannot be a stage: two characters or more, a letter first, then letters, digits, '.', '_'"
            )
            raise SpecError(spec.file, f"environment.{name}", f"{problem} and '-'; not {', '.join(_OTHER_STAGES)}")
        if spec.pipeline != last.pipeline:
            raise _fault(spec, "pipeline", "is one for all environments; say it outside of them")
        if (spec.aws.account is None) != (last.aws.account is None):
            raise _fault(spec, "aws.account", "is given for some stages of the pipeline; give it for each, or for none")
        if spec.aws.region != last.aws.region:
            problem = f"{spec.aws.region} is not that of {last.identity.environment}, {last.aws.region}"
            raise _fault(spec, "aws.region", f"{problem}: a pipeline deploys to one region")
    if len(set(_images(specs))) > 1:
        problem = "must be the same for all images, endpoints' too: one build makes them"
        raise _fault(last, "function.architecture", problem)
    _check_log_groups(specs)


def _check_log_groups(specs: tuple[MonitorSpec, ...]) -> None:
    owners: dict[tuple[str | None, str], str] = {}
    for spec in specs:
        environment = spec.identity.environment
        other = owners.setdefault((spec.aws.account, spec.identity.log_group), environment)
        if other != environment:
            problem = f"{spec.identity.log_group} is the log group of {other} too, and in one account it is one's own"
            raise _fault(spec, "model.namespace", f"{problem}; give each an account or a node of its own")


def _fault(spec: MonitorSpec, key: str, problem: str) -> SpecError:
    where = f"environment.{spec.identity.environment}.{key}" if spec.environments else key
    return SpecError(spec.file, where, problem)
