"""What a version is made of, as a digest: the same files and the same of the spec give the same on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from inferwatch.errors import RegistryError
from inferwatch.registry.records import Artifact
from inferwatch.sdk import compiled_spec
from inferwatch.spec import FILE_NAME, model_files
from inferwatch.spec.monitor_spec import MonitorSpec

ARTIFACT = "model"
"""The name of the version's artifact whose sha256 is the digest."""

_PARTS_OF_IMAGES = ("Dockerfile", "Dockerfile.endpoint", "requirements.txt", "requirements-function.txt")
"""They count also where .dockerignore keeps them out of the image that they make."""
_NOT_CONTENT = frozenset({FILE_NAME, compiled_spec.FILE})
"""Of the spec it counts what it says, and of that what the version is made of."""


def artifact(spec: MonitorSpec) -> Artifact:
    """The model of the spec's folder as a version's artifact. Raises RegistryError where a file cannot be read."""
    return Artifact(name=ARTIFACT, uri=quote(Path(spec.folder).name), sha256=digest(spec))


def digest(spec: MonitorSpec) -> str:
    """Of the files that are deployed, by their names, and of what the spec says of how the model is called.

    Raises RegistryError where a file cannot be read.
    """
    folder = Path(spec.folder)
    try:
        beside = [name for name in _PARTS_OF_IMAGES if (folder / name).is_file()]
        named = sorted({*model_files.files(folder), *beside} - _NOT_CONTENT, key=str.encode)
        contents = [(name, _of_file(folder / name)) for name in named]
    except OSError as error:
        problem = f"{error.filename or folder} cannot be read: {error.strerror or error}"
        raise RegistryError(f"{problem}; it is a part of the model's version, unless .dockerignore names it") from None
    return _of_values([*contents, ("[spec]", _of_values([_called(spec)]))])


def configuration(spec: MonitorSpec) -> str:
    """Of what the spec says of serving besides the version: what makes two deployments of one version differ."""
    compiled = {key: value for key, value in spec.compile().items() if key not in ("model_version", "deployment_id")}
    tables = {name: msgspec.to_builtins(getattr(spec, name)) for name in ("function", "api", "queue", "sagemaker")}
    return _of_values([compiled, tables])


def _called(spec: MonitorSpec) -> dict[str, Any]:
    asked = spec.sagemaker
    return {
        "predict": spec.model.predict,
        "parse": spec.model.parse,
        "confidence_scale": spec.model.confidence_scale,
        "features": {name: _said(feature) for name, feature in spec.features.items()},
        "container": [asked.image, asked.model_data] if asked is not None else [None, None],
    }


def _said(part: msgspec.Struct) -> dict[str, Any]:
    """What differs from the defaults, so that one that is added later changes no digest."""
    fields = msgspec.structs.fields(part)
    return {field.name: value for field in fields if (value := getattr(part, field.name)) != field.default}


def _of_file(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _of_values(values: Iterable[Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(list(values), order="sorted")).hexdigest()
