"""Who may read what lies below one node of the organisation, and nothing beside it."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_oam as oam
from constructs import Construct

from inferwatch.cdk import acknowledged
from inferwatch.cdk.access import observability, reads
from inferwatch.cdk.given import Given, as_spec
from inferwatch.cdk.history import InferenceHistory
from inferwatch.cdk.lake.bucket import places
from inferwatch.cdk.lake.lake import TransactionLake
from inferwatch.cloudwatch.names import Names, names
from inferwatch.errors import DeployError
from inferwatch.spec.monitor_spec import MonitorSpec

POLICY_MAX = 6144
"""Characters of a managed policy, without white space: a quota of IAM."""
_LAKE, _HISTORY = 2000, 1000
"""What the statements of one come to at most, without the names in them."""


class ModelAccess(Construct):
    """Policies to read one node, `/abc_corp/claim`: what is deployed below it in this account, today and later.

    By the node's name alone: log groups. What AWS names by the model and not by the node has to be given: `specs`
    (alarms, dashboard, the endpoint's and the side functions' logs, where `[aws] region` says, else where the stack
    is), `histories` and `lakes`. regions: whose log groups are read, the stack's own by default. Metrics of CloudWatch
    know no such limits, so they are no part of it: where `sink_arn` is given, a link shows the node's metrics and logs
    to the account of that sink, see NodeSink. find_lakes: let them ask all these lakes at once by the node's name, for
    which Glue shows the names of every database of the account, also of other nodes, and nothing of what is in them.

    Raises DeployError for what does not lie below the node.

    policies: managed ones; link: None without a sink.
    """

    def __init__(  # noqa: PLR0913 - one for each kind of what is read
        self,
        scope: Construct,
        id: str,
        *,
        node: str,
        specs: Sequence[Given] = (),
        lakes: Sequence[TransactionLake] = (),
        histories: Sequence[InferenceHistory] = (),
        find_lakes: bool = False,
        sink_arn: str | None = None,
        regions: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, id)
        self._node = reads.checked(node)
        self._regions = tuple(regions) or (Stack.of(self).region,)
        self._room = 0
        self.policies: list[iam.ManagedPolicy] = []
        self._read_logs()
        models = [as_spec(spec) for spec in specs]
        for spec in models:
            self._read_model(spec)
        for history in histories:
            self._read_history(history)
        for lake in lakes:
            self._read_lake(lake)
        if find_lakes:
            self._policy([reads.databases(Stack.of(self), [lake.called for lake in lakes])])
        self.link: oam.CfnLink | None = None
        if sink_arn is not None:
            self.link = observability.link(self, "Link", node=self._node, specs=models, sink_arn=sink_arn)

    def grant(self, *readers: iam.IIdentity) -> None:
        """Let roles, groups and users read."""
        for reader in readers:
            for policy in self.policies:
                reader.add_managed_policy(policy)

    def _read_logs(self) -> None:
        stack = Stack.of(self)
        below = reads.log_groups(stack, self._regions, f"{self._node}/*")
        statements = reads.logs(stack, self._regions, below)
        policy = self._policy(statements)
        reads.acknowledge_logs(policy, stack, self._regions, below)

    def _read_model(self, spec: MonitorSpec) -> None:
        stack, called = Stack.of(self), names(spec)
        self._must_be_below(called)
        # In another region the same name may be that of a model beside the node.
        its_own = (spec.aws.region or stack.region,)
        policy = self._policy(reads.model(stack, its_own, spec, called))
        for name in reads.beside(spec, called):
            for arn in reads.log_groups(stack, its_own, f"{name}:*"):
                acknowledged.wildcard(policy, arn, "What stands after the name of a log group are its streams.")

    def _read_history(self, history: InferenceHistory) -> None:
        self._must_be_below(history.called)
        history.grant_read(self._with_room(_HISTORY))

    def _read_lake(self, lake: TransactionLake) -> None:
        self._must_be_below(lake.called)
        where = places(lake.called)
        policy = self._with_room(_LAKE + 2 * len(where.transactions))
        lake.grant_read(policy)
        for prefix in (where.transactions, where.results):
            files = lake.bucket.arn_for_objects(f"{prefix}*")
            acknowledged.wildcard(
                policy, files, "Firehose and Athena make up the names of files; the model is this one."
            )

    def _policy(self, statements: Sequence[iam.PolicyStatement]) -> iam.ManagedPolicy:
        policy = self._with_room(sum(map(reads.length, statements)))
        policy.add_statements(*statements)
        return policy

    def _with_room(self, needed: int) -> iam.ManagedPolicy:
        """The last one while it has room for so many characters, else a new one."""
        if needed > self._room:
            description = f"Reads what lies below {self._node} and nothing beside it"
            policy = iam.ManagedPolicy(
                self,
                f"Policy{len(self.policies) + 1}",
                description=description,
                document=iam.PolicyDocument(minimize=True),
            )
            self.policies.append(policy)
            self._room = POLICY_MAX
        self._room -= needed
        return self.policies[-1]

    def _must_be_below(self, called: Names) -> None:
        if not called.log_group.startswith(f"{self._node}/"):
            raise DeployError(f"{called.log_group} does not lie below {self._node}, which is to be read")
