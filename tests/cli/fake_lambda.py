"""The function of `fake_app`'s model as deployments leave it in moto: a published version for each, and the alias."""

from __future__ import annotations

import io
import json
import zipfile

import boto3

FUNCTION, ALIAS = "claim-Inference", "live"


class FakeLambda:
    def __init__(self, session: boto3.Session, function: str = FUNCTION) -> None:
        self._client = session.client("lambda")
        self._session = session
        self._function = function
        self._made = 0

    def deploy(self, version: int, deployment_id: int) -> str:
        """Publish a version with these numbers and point the alias to it; gives Lambda's number."""
        number = self.publish(INFERWATCH_MODEL_VERSION=str(version), INFERWATCH_DEPLOYMENT_ID=str(deployment_id))
        point = self._client.create_alias if self._made == 1 else self._client.update_alias
        point(FunctionName=self._function, Name=ALIAS, FunctionVersion=number)
        return number

    def publish(self, **variables: str) -> str:
        environment = {"Variables": variables}
        if self._made == 0:
            self._create(environment)
        else:
            self._client.update_function_configuration(FunctionName=self._function, Environment=environment)
        self._made += 1
        return str(self._client.publish_version(FunctionName=self._function)["Version"])

    @property
    def serves(self) -> str:
        """The version that the alias points to."""
        return str(self._client.get_alias(FunctionName=self._function, Name=ALIAS)["FunctionVersion"])

    def shift(self, version: str) -> None:
        """As CodeDeploy does amidst a rollout."""
        weights = {"AdditionalVersionWeights": {version: 0.1}}
        self._client.update_alias(FunctionName=self._function, Name=ALIAS, RoutingConfig=weights)

    def _create(self, environment: dict[str, dict[str, str]]) -> None:
        trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}]}
        role = self._session.client("iam").create_role(
            RoleName="function", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", **trust})
        )
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("app.py", "")
        self._client.create_function(
            FunctionName=self._function,
            Runtime="python3.13",
            Role=role["Role"]["Arn"],
            Handler="app.predict",
            Code={"ZipFile": packed.getvalue()},
            Environment=environment,
        )
