"""Functions that work beside the model: InferWatch's own code alone, called by other services off the request path."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

from aws_cdk import CfnResource, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from inferwatch.cdk import acknowledged
from inferwatch.cdk.log_group import log_group
from inferwatch.cdk.package import slim, wheel, zip_package
from inferwatch.spec.function import FunctionSpec
from inferwatch.spec.monitor_spec import MonitorSpec


class SideFunction(Construct):
    """A small function of Python and machine as the model's, with a log group and a role of its own.

    It is a zip of InferWatch's wheel; boto3 is the runtime's. handler: `module.function`; timeout: seconds.
    The log group goes with the stack: it holds no records. Raises DeployError.

    function, role (may write to the log group, and nothing else yet), log_group.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: MonitorSpec,
        name: str,
        description: str,
        handler: str,
        timeout: int,
        memory: int = 256,
    ) -> None:
        super().__init__(scope, id)
        self.log_group: logs.ILogGroup = log_group(
            self, "Log", spec=spec, name=f"/aws/lambda/{name}", key=None, removal_policy=RemovalPolicy.DESTROY
        )
        self.role = iam.Role(
            self, "Role", description=description, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")
        )
        self.log_group.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=description,
            code=own_code(spec.function),
            handler=handler,
            runtime=lambda_.Runtime(f"python{spec.function.python}", lambda_.RuntimeFamily.PYTHON),
            architecture=lambda_.Architecture.custom(spec.function.architecture),
            role=self.role,
            memory_size=memory,
            timeout=Duration.seconds(timeout),
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,  # no lines of an invocation that went well
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
        )
        self._acknowledge()

    def _acknowledge(self) -> None:
        resource = self.function.node.default_child
        assert isinstance(resource, CfnResource)
        # CDK says of every function that it depends on its role, which its Role property says already.
        resource.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})
        acknowledged.rule(self.function, "L1", "It runs on the Python that function.python of the spec chooses.")


def own_code(function: FunctionSpec) -> lambda_.Code:
    """InferWatch and what it needs, for the machine and Python of `function`. Raises DeployError."""
    folder, digest = _staged(FunctionSpec(python=function.python, architecture=function.architecture))
    return lambda_.Code.from_asset(str(folder), asset_hash=digest)


@functools.cache
def _staged(kind: FunctionSpec) -> tuple[Path, str]:
    """Once a process for each kind: they all run the same."""
    folder = Path(tempfile.mkdtemp(prefix="inferwatch-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as built:
        zip_package.install(kind, [str(wheel.write(Path(built)))], built, folder)
    slim.slim(folder)
    slim.compile_bytecode(folder, kind.python)
    return folder, slim.digest(folder)
