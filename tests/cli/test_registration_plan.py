"""Which version and deployment something becomes, over a registry of one machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from fake_app import write

from inferwatch.cli.registration import elsewhere
from inferwatch.cli.registration.local import LocalRegistration
from inferwatch.cli.registration.plan import Asked, Plan, begin, plan
from inferwatch.errors import RegistryError
from inferwatch.registry.records import EnvironmentVariable, Model
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.store.registry import LocalRegistry

MODEL = Model("/test", "claim")
ALICE, NOW = "alice", 1_763_715_600_000


@pytest.fixture
def registry(tmp_path: Path) -> LocalRegistry:
    return LocalRegistry(tmp_path / "data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "model")


def changed(folder: Path, text: str) -> None:
    (folder / "app.py").write_text(text)


def asked(folder: Path, environment: str = "dev", **more: Any) -> Asked:
    given: dict[str, Any] = {"method": "Lambda", "by": ALICE, "now_ms": NOW, **more}
    return Asked(spec=load_spec(folder, environment, {}), **given)


def deployed(registry: LocalRegistry, one: Asked) -> Plan:
    made = begin(registry, plan(registry, one))
    if not made.is_current:
        registry.promote(MODEL, made.deployment.deployment_id, now_ms=NOW, by=ALICE)
    return made


def test_the_first_is_number_one_and_nothing_is_written_before_it_is_meant(
    registry: LocalRegistry, folder: Path
) -> None:
    found = plan(registry, asked(folder, description="the first"))
    assert (found.numbers, found.says()) == ((1, 1), "version 1 (new), deployment 1 (new)")
    assert (registry.versions(MODEL), registry.deployments(MODEL)) == ([], [])
    begin(registry, found)
    (version,), (deployment,) = registry.versions(MODEL), registry.deployments(MODEL)
    assert (version.description, version.create_at) == ("the first", "2025-11-21T09:00:00.000Z")
    assert (deployment.state, deployment.deployment_method, deployment.created_by) == ("pending", "Lambda", ALICE)


def test_a_registry_that_is_still_to_be_made_has_nothing(folder: Path) -> None:
    assert plan(None, asked(folder)).numbers == (1, 1)


def test_what_has_not_changed_stays_the_deployment_that_it_is(registry: LocalRegistry, folder: Path) -> None:
    deployed(registry, asked(folder))
    again = deployed(registry, asked(folder))
    assert (again.numbers, again.is_current, again.says()) == ((1, 1), True, "version 1, deployment 1")
    assert len(registry.history(MODEL, "dev")) == 1


def test_other_code_is_another_version_and_old_code_the_one_that_it_was(registry: LocalRegistry, folder: Path) -> None:
    before = (folder / "app.py").read_text()
    deployed(registry, asked(folder))
    changed(folder, "def predict(features): return 2\n")
    assert deployed(registry, asked(folder)).numbers == (2, 2)
    changed(folder, before)
    assert deployed(registry, asked(folder, description="taken back")).numbers == (1, 3)
    assert [version.model_version for version in registry.versions(MODEL)] == [2, 1]


@pytest.mark.parametrize(
    "more",
    [
        {"strategy": "canary"},
        {"method": "SageMaker"},
        {"variables": (EnvironmentVariable("LEVEL", "2"),)},
        {"environment": "prod"},
    ],
)
def test_another_way_to_serve_a_version_is_another_deployment_of_it(
    registry: LocalRegistry, folder: Path, more: dict[str, Any]
) -> None:
    deployed(registry, asked(folder, variables=(EnvironmentVariable("LEVEL", "1"),)))
    assert plan(registry, asked(folder, **{"variables": (EnvironmentVariable("LEVEL", "1"),)})).numbers == (1, 1)
    assert plan(registry, asked(folder, **more)).numbers == (1, 2)


def test_so_is_more_memory(registry: LocalRegistry, folder: Path) -> None:
    deployed(registry, asked(folder))
    with (folder / "inferwatch.toml").open("a") as spec:
        spec.write("[function]\nmemory = 1024\n")
    assert plan(registry, asked(folder)).numbers == (1, 2)


def test_a_secret_is_refused_before_there_is_a_version(registry: LocalRegistry, folder: Path) -> None:
    with pytest.raises(RegistryError, match="DB_PASSWORD is a secret by its name"):
        plan(registry, asked(folder, variables=(EnvironmentVariable("DB_PASSWORD", "hunter2hunter2"),)))
    assert registry.versions(MODEL) == []


def test_of_two_at_once_one_has_the_numbers_and_the_other_is_told(registry: LocalRegistry, folder: Path) -> None:
    one, other = plan(registry, asked(folder)), plan(registry, asked(folder, by="bob"))
    begin(registry, one)
    with pytest.raises(RegistryError, match="version 1 of /test/claim was taken by alice"):
        begin(registry, other)
    third, fourth = plan(registry, asked(folder)), plan(registry, asked(folder, by="bob"))
    begin(registry, third)
    with pytest.raises(RegistryError, match="deployment 2 of /test/claim was taken by alice"):
        begin(registry, fourth)
    assert [each.deployment_id for each in registry.deployments(MODEL)] == [2, 1]


def test_stages_of_one_pipeline_share_the_version_and_have_ids_of_their_own(
    registry: LocalRegistry, folder: Path
) -> None:
    dev = plan(registry, asked(folder))
    prod = plan(registry, asked(folder, "prod"), beside=[dev])
    assert (dev.numbers, prod.numbers, prod.new_version) == ((1, 1), (1, 2), False)
    for each in (dev, prod):
        begin(registry, each)
    assert [each.environment for each in registry.deployments(MODEL)] == ["prod", "dev"]


def test_a_build_that_is_run_again_takes_up_what_it_began(registry: LocalRegistry, folder: Path) -> None:
    begin(registry, plan(registry, asked(folder)))
    assert plan(registry, asked(folder), goes_on=True).numbers == (1, 1)
    assert plan(registry, asked(folder, by="bob"), goes_on=True).numbers == (1, 2)
    assert plan(registry, asked(folder)).numbers == (1, 2)


def test_the_spec_of_a_plan_has_its_numbers(registry: LocalRegistry, folder: Path) -> None:
    one = asked(folder)
    compiled = plan(registry, one).numbered(msgspec.structs.replace(one.spec)).compile()
    assert (compiled["model_version"], compiled["deployment_id"]) == (1, 1)


@pytest.mark.parametrize(
    ("version", "environ", "whom"),
    [
        ("", {}, None),
        ("version = 3\n", {}, "model.version of the spec"),
        ("", {"INFERWATCH_MODEL_VERSION": "3"}, "INFERWATCH_MODEL_VERSION"),
        ("", {"INFERWATCH_DEPLOYMENT_ID": "3"}, "INFERWATCH_DEPLOYMENT_ID"),
        ("", {"INFERWATCH_NUMBERS": '{"dev":[1,2]}'}, "INFERWATCH_NUMBERS"),
    ],
)
def test_who_numbers_elsewhere_is_left_alone(
    registry: LocalRegistry, folder: Path, tmp_path: Path, version: str, environ: dict[str, str], whom: str | None
) -> None:
    with (folder / "inferwatch.toml").open("a") as spec:
        spec.write(version)
    loaded = load_spec(folder, None, environ)
    assert elsewhere.by_whom(loaded, environ) == whom
    registration = LocalRegistration(loaded, tmp_path / "data", environ)
    assert (registration.plan is None) == (whom is not None)
    registration.serves("http://127.0.0.1:1/predict")
    registration.ended()
    assert bool(registry.versions(MODEL)) == (whom is None)


def local(folder: Path, tmp_path: Path) -> LocalRegistration:
    spec: MonitorSpec = load_spec(folder, None, {})
    return LocalRegistration(spec, tmp_path / "data", {})


def test_a_start_that_answers_is_current_and_one_that_never_does_has_failed(
    registry: LocalRegistry, folder: Path, tmp_path: Path
) -> None:
    first = local(folder, tmp_path)
    first.serves("http://127.0.0.1:8080/predict")
    first.ended()
    changed(folder, "no Python at all")
    second = local(folder, tmp_path)
    assert second.variables() == {"INFERWATCH_MODEL_VERSION": "2", "INFERWATCH_DEPLOYMENT_ID": "2"}
    second.ended()
    states = {each.deployment_id: each.state for each in registry.deployments(MODEL)}
    assert states == {1: "current", 2: "failed"}


def test_a_start_that_was_killed_is_known_to_have_failed_by_the_next(
    registry: LocalRegistry, folder: Path, tmp_path: Path
) -> None:
    local(folder, tmp_path)
    local(folder, tmp_path).serves("http://127.0.0.1:8080/predict")
    assert {each.deployment_id: each.state for each in registry.deployments(MODEL)} == {1: "failed", 2: "current"}


def test_what_a_person_added_is_no_start_that_was_killed(registry: LocalRegistry, folder: Path, tmp_path: Path) -> None:
    local(folder, tmp_path).serves("http://127.0.0.1:8080/predict")
    added = msgspec.structs.replace(
        registry.deployments(MODEL)[0], deployment_id=0, state="pending", configuration=None
    )
    registry.register_deployment(added)
    local(folder, tmp_path)
    assert {each.deployment_id: each.state for each in registry.deployments(MODEL)} == {1: "current", 2: "pending"}


def test_a_port_that_changes_changes_the_endpoint_alone(registry: LocalRegistry, folder: Path, tmp_path: Path) -> None:
    for port in (8080, 8090):
        local(folder, tmp_path).serves(f"http://127.0.0.1:{port}/predict")
    (deployment,) = registry.deployments(MODEL)
    assert (deployment.endpoint, len(registry.history(MODEL, "dev"))) == ("http://127.0.0.1:8090/predict", 1)


def test_the_environment_of_the_process_is_no_ones_business(
    registry: LocalRegistry, folder: Path, tmp_path: Path
) -> None:
    LocalRegistration(load_spec(folder, None, {}), tmp_path / "data", {"DB_PASSWORD": "hunter2"}).serves("http://x/")
    (deployment,) = registry.deployments(MODEL)
    assert deployment.environment_variables == ()
