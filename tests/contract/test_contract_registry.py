"""What both sides of the registry promise: SQLite on one machine, DynamoDB on AWS."""

from __future__ import annotations

from registry_world import MODEL, a_deployment, a_version, deployed, refused, states

from inferwatch.ports import Registry
from inferwatch.registry import shapes
from inferwatch.registry.records import Artifact, Change, EnvironmentVariable, Model


def test_an_empty_registry_knows_nothing(registry: Registry) -> None:
    assert list(registry.versions(MODEL)) == []
    assert list(registry.deployments(MODEL)) == []
    assert list(registry.history(MODEL, "prod")) == []
    assert list(registry.models("/")) == []


def test_versions_are_numbered_from_one_and_listed_newest_first(registry: Registry) -> None:
    numbers = [registry.register_version(a_version(description=str(n))).model_version for n in range(12)]
    assert numbers == list(range(1, 13))
    found = registry.versions(MODEL)
    assert [each.model_version for each in found] == numbers[::-1]
    assert [each.description for each in found] == [str(n) for n in reversed(range(12))]


def test_a_version_comes_back_as_it_was_given(registry: Registry) -> None:
    given = a_version(
        7,
        description="à > b \U0001f697",
        artifacts=(
            Artifact(name="trained", uri="s3://b/1.tar.gz", sha256="a" * 64),
            Artifact(name="static", uri="s3://b/2.tar.gz"),
        ),
        metrics={"accuracy": 0.1 + 0.2, "loss": 1e300, "tiny": 5e-324},
    )
    assert registry.register_version(given) == given
    assert list(registry.versions(MODEL)) == [given]
    assert registry.register_version(a_version()).model_version == 8


def test_a_version_is_immutable(registry: Registry) -> None:
    first = registry.register_version(a_version(1, description="first", created_by="alice"))
    said = refused(registry.register_version, a_version(1, description="second", created_by="bob"))
    assert "version 1 of /abc_corp/claim/doc was taken by alice" in said
    assert list(registry.versions(MODEL)) == [first]


def test_models_do_not_see_each_other(registry: Registry) -> None:
    other = Model("/abc_corp/claim", "do")
    registry.register_version(a_version())
    assert registry.register_version(a_version(model=other)).model_version == 1
    registry.register_deployment(a_deployment(1, other))
    assert list(registry.deployments(MODEL)) == []
    assert "has no deployment 1" in refused(registry.promote, MODEL, 1, now_ms=1, by="x")


def test_a_slash_at_the_end_of_the_namespace_is_the_same_model(registry: Registry) -> None:
    kept = registry.register_version(a_version(namespace="/abc_corp/claim/"))
    assert kept.namespace == "/abc_corp/claim"
    assert len(registry.versions(Model("/abc_corp/claim/", "doc"))) == 1


def test_the_models_below_a_node(registry: Registry) -> None:
    models = [Model("/a", "x"), Model("/a/b", "y"), Model("/ab", "z"), Model("/a/b/c", "y"), Model("/", "root")]
    for model in (*reversed(models), models[0]):
        registry.register_version(a_version(model=model))
    below = {node: [str(model.model_name) for model in registry.models(node)] for node in ("/", "/a", "/a/b", "/c")}
    assert below == {"/": ["y", "y", "x", "z", "root"], "/a": ["y", "y", "x"], "/a/b": ["y", "y"], "/c": []}
    assert list(registry.models("/a/b/")) == list(registry.models("/a/b"))
    assert list(registry.models("/a/b/y")) == [Model("/a/b", "y")]


def test_a_deployment_names_a_version_that_exists(registry: Registry) -> None:
    registry.register_version(a_version())
    assert "has no version 2; it has 1" in refused(registry.register_deployment, a_deployment(2))
    assert list(registry.deployments(MODEL)) == []


def test_a_deployment_comes_back_as_it_was_given(registry: Registry) -> None:
    registry.register_version(a_version(3))
    given = a_deployment(
        3,
        deployment_id=9,
        endpoint="https://example.com/doc",
        environment_variables=(EnvironmentVariable("FOO", "BAR"),),
        rolling_strategy="blue-green",
        configuration="c" * 64,
    )
    assert registry.register_deployment(given) == given
    assert list(registry.deployments(MODEL)) == [given]
    assert registry.register_deployment(a_deployment(3)).deployment_id == 10
    assert "deployment 9 of /abc_corp/claim/doc was taken by alice" in refused(registry.register_deployment, given)


def test_deployments_of_one_environment_newest_first(registry: Registry) -> None:
    registry.register_version(a_version())
    for environment in ("prod", "dev", "prod#2", "prod"):
        registry.register_deployment(a_deployment(1, environment=environment))
    assert [each.deployment_id for each in registry.deployments(MODEL)] == [4, 3, 2, 1]
    assert [each.deployment_id for each in registry.deployments(MODEL, "prod")] == [4, 1]
    assert list(registry.deployments(MODEL, "stage")) == []


def test_history_that_is_loaded_may_be_current_already(registry: Registry) -> None:
    registry.register_version(a_version())
    registry.register_deployment(a_deployment(1, state="superseded"))
    loaded = registry.register_deployment(a_deployment(1, state="current", create_at="1970-01-01T00:00:05Z"))
    assert states(registry) == {1: "superseded", 2: "current"}
    (change,) = registry.history(MODEL, "prod")
    assert change == Change(
        at_ms=5000, environment="prod", deployment_id=2, model_version=1, before=None, why="deployed", by="alice"
    )
    assert loaded.state == "current"
    assert "served by deployment 2 already" in refused(registry.register_deployment, a_deployment(1, state="current"))
    assert registry.promote(MODEL, 1, now_ms=9, by="bob").why == "promoted"


def test_history_is_loaded_where_what_served_was_taken_away(registry: Registry) -> None:
    deployed(registry, 1)
    registry.retire(MODEL, "prod")
    registry.register_deployment(a_deployment(1, state="current"))
    assert states(registry) == {1: "superseded", 2: "current"}
    assert [change.before for change in registry.history(MODEL, "prod")] == [None, None]


def test_one_is_current_in_each_environment(registry: Registry) -> None:
    deployed(registry, 3)
    registry.register_deployment(a_deployment(1, environment="dev"))
    change = registry.promote(MODEL, 4, now_ms=44, by="bob")
    assert change == Change(
        at_ms=44, environment="dev", deployment_id=4, model_version=1, before=None, why="deployed", by="bob"
    )
    assert states(registry) == {1: "superseded", 2: "superseded", 3: "current", 4: "current"}
    assert [c.deployment_id for c in registry.history(MODEL, "prod")] == [3, 2, 1]
    assert [c.before for c in registry.history(MODEL, "prod")] == [2, 1, None]
    assert [c.deployment_id for c in registry.history(MODEL, "prod", limit=2)] == [3, 2]


def test_environments_whose_names_begin_alike_have_histories_of_their_own(registry: Registry) -> None:
    registry.register_version(a_version())
    for number, environment in enumerate(("prod", "prod#1", "prod2", "pro"), 1):
        registry.register_deployment(a_deployment(1, environment=environment))
        registry.promote(MODEL, number, now_ms=number, by="alice")
    assert [c.deployment_id for c in registry.history(MODEL, "prod")] == [1]
    assert [c.deployment_id for c in registry.history(MODEL, "prod#1")] == [2]


def test_a_roll_back_comes_to_the_one_before_and_a_second_goes_further(registry: Registry) -> None:
    deployed(registry, 3)
    assert registry.before_current(MODEL, "prod").deployment_id == 2
    change = registry.roll_back(MODEL, "prod", now_ms=10, by="bob")
    assert change == Change(
        at_ms=10, environment="prod", deployment_id=2, model_version=2, before=3, why="rolled back", by="bob"
    )
    assert registry.roll_back(MODEL, "prod", now_ms=11, by="bob").deployment_id == 1
    assert "no deployment served prod before deployment 1" in refused(
        registry.roll_back, MODEL, "prod", now_ms=12, by="bob"
    )
    assert states(registry) == {1: "current", 2: "superseded", 3: "superseded"}
    assert [c.why for c in registry.history(MODEL, "prod")] == ["rolled back"] * 2 + ["deployed"] * 3


def test_what_was_rolled_back_from_is_not_come_back_to(registry: Registry) -> None:
    deployed(registry, 2)
    registry.roll_back(MODEL, "prod", now_ms=10, by="bob")
    registry.register_deployment(a_deployment(1))
    registry.promote(MODEL, 3, now_ms=11, by="bob")
    assert registry.roll_back(MODEL, "prod", now_ms=12, by="bob").deployment_id == 1


def test_what_was_promoted_again_is_rolled_back_from_to_where_it_was(registry: Registry) -> None:
    deployed(registry, 3)
    assert registry.promote(MODEL, 1, now_ms=10, by="bob").why == "promoted"
    came_to = [registry.roll_back(MODEL, "prod", now_ms=11, by="bob").deployment_id for _ in range(3)]
    assert came_to == [3, 2, 1]


def test_a_roll_back_that_would_come_to_another_than_was_prepared_is_refused(registry: Registry) -> None:
    deployed(registry, 3)
    said = refused(registry.roll_back, MODEL, "prod", now_ms=10, by="bob", to=1)
    assert "would come to deployment 2 and not to 1" in said
    assert states(registry)[3] == "current"
    assert registry.roll_back(MODEL, "prod", now_ms=10, by="bob", to=2).deployment_id == 2


def test_an_environment_that_nothing_serves_cannot_be_rolled_back(registry: Registry) -> None:
    registry.register_version(a_version())
    registry.register_deployment(a_deployment(1))
    assert "nothing serves prod yet" in refused(registry.roll_back, MODEL, "prod", now_ms=1, by="bob")
    assert "nothing serves prod yet" in refused(registry.before_current, MODEL, "prod")


def test_the_current_one_and_one_that_failed_are_not_promoted(registry: Registry) -> None:
    deployed(registry, 1)
    registry.register_deployment(a_deployment(1))
    assert registry.fail(MODEL, 2).state == "failed"
    assert registry.fail(MODEL, 2).state == "failed"
    assert "deployment 1 (version 1) is what serves prod already" in refused(
        registry.promote, MODEL, 1, now_ms=1, by="bob"
    )
    assert "deployment 2 (version 1) failed" in refused(registry.promote, MODEL, 2, now_ms=1, by="bob")
    assert states(registry) == {1: "current", 2: "failed"}
    assert len(registry.history(MODEL, "prod")) == 1


def test_what_is_taken_away_serves_no_longer_and_is_no_ones_predecessor(registry: Registry) -> None:
    deployed(registry, 2)
    gone = registry.retire(MODEL, "prod")
    assert gone is not None
    assert (gone.deployment_id, gone.state) == (2, "superseded")
    assert states(registry) == {1: "superseded", 2: "superseded"}
    assert [change.deployment_id for change in registry.history(MODEL, "prod")] == [2, 1]
    assert registry.retire(MODEL, "prod") is None
    for call in (registry.before_current, registry.roll_back):
        more = {"now_ms": 9, "by": "bob"} if call == registry.roll_back else {}
        assert "nothing serves prod since deployment 2 (version 2) was taken away" in refused(
            call, MODEL, "prod", **more
        )
    change = registry.promote(MODEL, 2, now_ms=9, by="bob")  # deployed again as it was
    assert (change.before, states(registry)) == (None, {1: "superseded", 2: "current"})
    assert "nothing to roll back to" in refused(registry.roll_back, MODEL, "prod", now_ms=10, by="bob")


def test_another_environment_goes_on(registry: Registry) -> None:
    deployed(registry, 1, "dev")
    registry.register_deployment(a_deployment(1, environment="prod"))
    registry.promote(MODEL, 2, now_ms=5, by="alice")
    assert registry.retire(MODEL, "test") is None
    registry.retire(MODEL, "dev")
    assert states(registry) == {1: "superseded", 2: "current"}


def test_what_has_served_does_not_fail(registry: Registry) -> None:
    deployed(registry, 2)
    assert "has served prod" in refused(registry.fail, MODEL, 1)
    assert "serves prod" in refused(registry.fail, MODEL, 2)
    assert "has no deployment 3" in refused(registry.fail, MODEL, 3)


def test_an_endpoint_is_known_later_and_stays_through_promotions(registry: Registry) -> None:
    registry.register_version(a_version())
    registry.register_deployment(a_deployment(1))
    assert registry.set_endpoint(MODEL, 1, "https://a.example").endpoint == "https://a.example"
    registry.promote(MODEL, 1, now_ms=1, by="alice")
    (found,) = registry.deployments(MODEL)
    assert (found.endpoint, found.state) == ("https://a.example", "current")
    assert "has no deployment 2" in refused(registry.set_endpoint, MODEL, 2, "https://a.example")
    assert "password" in refused(registry.set_endpoint, MODEL, 1, "https://me:hush@a.example")


def test_secrets_never_enter(registry: Registry) -> None:
    registry.register_version(a_version())
    given = a_deployment(1, environment_variables=(EnvironmentVariable("DB_PASSWORD", "hush"),))
    said = refused(registry.register_deployment, given)
    assert "DB_PASSWORD" in said
    assert "Secrets Manager" in said
    assert "hush" not in said
    assert list(registry.deployments(MODEL)) == []


def test_the_facts_shapes_are_kept(registry: Registry) -> None:
    names = {"namespace": "/abc_corp/claim", "model_name": "doc", "create_at": "2023-01-15T00:00:00.000Z"}
    registry.register_version(shapes.version({**names, "model_version": 3, "created_by": "alice"}))
    document = {**names, "model_version": 3, "deployment_id": 1, "deployment_method": "self hosted EKS"}
    kept = registry.register_deployment(shapes.deployment(document, environment="prod", created_by="alice"))
    assert (kept.deployment_method, kept.deployment_id) == ("EKS", 1)


def test_versions_of_more_than_a_page(registry: Registry) -> None:
    big = "x" * 100_000  # a page of DynamoDB's is a megabyte
    for _ in range(25):
        registry.register_version(a_version(description=big))
    assert [each.model_version for each in registry.versions(MODEL)] == list(range(25, 0, -1))
    deployments = [registry.register_deployment(a_deployment(1)) for _ in range(3)]
    assert list(registry.deployments(MODEL)) == deployments[::-1]
