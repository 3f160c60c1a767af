"""Run by the tests of races: a process that registers versions of one model as soon as it is told to begin."""

from __future__ import annotations

import sys
from pathlib import Path

from registry_world import MODEL, a_deployment, a_version

from inferwatch.errors import RegistryError
from inferwatch.store.registry import LocalRegistry

if __name__ == "__main__":
    data, name, task, count = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    registry = LocalRegistry(data)
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    for each in range(1, count + 1):
        try:
            if task == "same":
                registry.register_version(a_version(each, created_by=name))
            else:
                version = registry.register_version(a_version(created_by=name)).model_version
                made = registry.register_deployment(a_deployment(version, created_by=name))
                registry.promote(MODEL, made.deployment_id, now_ms=each, by=name)
                registry.roll_back(MODEL, "prod", now_ms=each, by=name)
            print(f"won {each}", flush=True)  # noqa: T201
        except RegistryError as error:
            print(f"lost {each}: {error}", flush=True)  # noqa: T201
