"""The model as a SageMaker endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import Annotations, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk.interfaces.aws_cloudwatch import IAlarmRef
from constructs import Construct

from inferwatch.cdk import existing
from inferwatch.cdk.endpoint import access
from inferwatch.cdk.endpoint.capture import CapturedData
from inferwatch.cdk.endpoint.role import Network, Placed, allow_alarms, allow_image, allow_repository, endpoint_role
from inferwatch.cdk.given import Given, as_spec, asked
from inferwatch.cdk.log_group import KEPT, log_group, log_key
from inferwatch.cdk.package import endpoint_image
from inferwatch.cdk.package.code import until_exit
from inferwatch.cloudwatch import limits
from inferwatch.cloudwatch.address import ENDPOINT_VARIANT
from inferwatch.cloudwatch.names import Names, names
from inferwatch.errors import SpecError

ALARMS_MAX = 10
"""SageMaker's limit for the alarms that turn a deployment back."""
_BAKING_SECONDS = 300
_DEPLOYMENT_SECONDS = 3600


class SageMakerInference(Construct):
    """Model, configuration and endpoint of one spec's `[sagemaker]`, with log group and role, also where the spec names
    an endpoint that is there already: then it is the one to make.

    The container is the spec's `image`, else the model's folder as one. log_group: one that is there already, else
    SageMaker's is made beforehand, which it would make without a retention; it stays when the stack goes, and so do
    captured data (`removal_policy`). encryption_key: of the account's own, for captured data. network: where the
    container is in a VPC; a serverless endpoint can be in none. options: further properties of
    `aws_sagemaker.CfnModel`. Raises SpecError, DeployError.

    endpoint, config, model, role, log_group, captured (None without `capture_percent`); name, arn: of the endpoint.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: Given,
        called: Names | None = None,
        log_group: logs.ILogGroup | None = None,
        removal_policy: RemovalPolicy = KEPT,
        encryption_key: kms.IKey | None = None,
        network: Network | None = None,
        **options: Any,
    ) -> None:
        super().__init__(scope, id)
        self._spec = as_spec(spec)
        limits.check(self._spec)
        self._called = called or names(self._spec)
        self._asked = asked(self._spec, "sagemaker", self._spec.sagemaker)
        self.name = self._called.endpoint
        self.arn = access.endpoint_arn(self, self.name)
        self.log_group = log_group or self._log_group(removal_policy)
        placed = self._placed(network)
        self.role = endpoint_role(self, self._spec, self.log_group, placed, self.name)
        self.captured = self._captured(encryption_key, removal_policy)
        self.model = self._model(placed, options)
        self.config = self._config()
        self.endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=self.name,
            endpoint_config_name=self.config.attr_endpoint_config_name,
        )
        self.endpoint.node.add_dependency(self.log_group)

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let `grantee` ask this endpoint."""
        return access.grant_invoke(self, grantee, self.name)

    def roll_back_on(self, alarms: Iterable[IAlarmRef]) -> None:
        """Let SageMaker turn back to the former machines when one of these goes off while new ones take their place.

        Serverless endpoints have no such machines, and are not turned back.
        """
        watching = [alarm.alarm_ref.alarm_name for alarm in alarms]
        if self._asked.instance_type is None or not watching:
            return
        allow_alarms(self, self.role)
        if len(watching) > ALARMS_MAX:
            text = f"{self.name} is turned back by {ALARMS_MAX} of {len(watching)} alarms: SageMaker takes no more"
            Annotations.of(self).add_warning_v2("inferwatch:endpoint-alarms", text)
        property_of = sagemaker.CfnEndpoint
        self.endpoint.deployment_config = property_of.DeploymentConfigProperty(
            auto_rollback_configuration=property_of.AutoRollbackConfigProperty(
                alarms=[property_of.AlarmProperty(alarm_name=name) for name in watching[:ALARMS_MAX]]
            ),
            blue_green_update_policy=property_of.BlueGreenUpdatePolicyProperty(
                traffic_routing_configuration=property_of.TrafficRoutingConfigProperty(
                    type="ALL_AT_ONCE", wait_interval_in_seconds=_BAKING_SECONDS
                ),
                maximum_execution_timeout_in_seconds=_DEPLOYMENT_SECONDS,
            ),
        )

    def _log_group(self, removal_policy: RemovalPolicy) -> logs.ILogGroup:
        name = self._called.endpoint_log_group
        if name in existing.log_groups(self.node):
            return logs.LogGroup.from_log_group_name(self, "LogGroup", name)
        key = log_key(self, "LogKey", spec=self._spec, groups=[name], removal_policy=removal_policy)
        return log_group(self, "LogGroup", spec=self._spec, name=name, key=key, removal_policy=removal_policy)

    def _placed(self, network: Network | None) -> Placed | None:
        if network is None:
            return None
        if self._asked.instance_type is None:
            raise SpecError(
                self._spec.file, "sagemaker.instance_type", "is missing: no VPC takes a serverless endpoint"
            )
        groups = network.security_groups or [
            ec2.SecurityGroup(self, "SecurityGroup", vpc=network.vpc, description=f"The container of {self.name}")
        ]
        subnets = network.vpc.select_subnets(subnet_type=network.subnet_type)
        return Placed(subnets.subnet_ids, [group.security_group_id for group in groups])

    def _captured(self, key: kms.IKey | None, removal_policy: RemovalPolicy) -> CapturedData | None:
        if self._asked.capture_percent is None:
            return None
        captured = CapturedData(self, "Captured", spec=self._spec, key=key, removal_policy=removal_policy)
        captured.allow(self.role)
        return captured

    def _model(self, placed: Placed | None, options: Mapping[str, Any]) -> sagemaker.CfnModel:
        """Its name is CloudFormation's to make up: a model cannot be changed, only replaced by another."""
        container = sagemaker.CfnModel.ContainerDefinitionProperty(
            image=self._image(),
            model_data_url=self._asked.model_data,
            environment={"INFERWATCH_ENVIRONMENT": self._spec.identity.environment},
        )
        own: dict[str, Any] = {"execution_role_arn": self.role.role_arn, "primary_container": container}
        if placed is not None:
            own["vpc_config"] = sagemaker.CfnModel.VpcConfigProperty(
                subnets=list(placed.subnets), security_group_ids=list(placed.security_groups)
            )
        model = sagemaker.CfnModel(self, "Model", **{**own, **options})
        # SageMaker tries what the role may do when the model is made.
        model.node.add_dependency(self.role.node.find_child("DefaultPolicy"))
        return model

    def _image(self) -> str:
        if self._asked.image is not None:
            allow_image(self, self.role, self._spec, self._asked.image)
            return self._asked.image
        if self._spec.model.predict is None:
            raise SpecError(self._spec.file, "model.predict", "is missing: what shall the endpoint's container serve?")
        folder = until_exit()
        endpoint_image.stage(self._spec, folder)
        arm = endpoint_image.is_arm(self._asked.instance_type)
        asset = ecr_assets.DockerImageAsset(
            self,
            "Image",
            directory=str(folder),
            file=endpoint_image.DOCKERFILE,
            platform=ecr_assets.Platform.LINUX_ARM64 if arm else ecr_assets.Platform.LINUX_AMD64,
            outputs=["type=docker"],  # SageMaker refuses images of OCI's media type, which Docker makes by itself
        )
        allow_repository(self.role, asset.repository)
        return asset.image_uri

    def _config(self) -> sagemaker.CfnEndpointConfig:
        variant: dict[str, Any] = {
            "model_name": self.model.attr_model_name,
            "variant_name": ENDPOINT_VARIANT,
            "initial_variant_weight": 1,
        }
        if self._asked.instance_type is None:
            variant["serverless_config"] = sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
                max_concurrency=self._asked.max_concurrency, memory_size_in_mb=self._asked.memory
            )
        else:
            variant |= {
                "instance_type": self._asked.instance_type,
                "initial_instance_count": self._asked.instances,
            }
        return sagemaker.CfnEndpointConfig(
            self,
            "Config",
            production_variants=[sagemaker.CfnEndpointConfig.ProductionVariantProperty(**variant)],
            data_capture_config=None if self.captured is None else self.captured.config,
        )
