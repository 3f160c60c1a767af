"""A user of MiniStack who may do what the documented policy allows, and no more: MiniStack checks each call."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result
from ministack_process import ACCOUNT, REGION, MiniStack, session
from unsupported import allowing

from inferwatch.aws.doctor import policy
from inferwatch.aws.session import Caller
from inferwatch.aws.site import Site
from inferwatch.cli.commands import cli
from inferwatch.cloudwatch.names import names
from inferwatch.spec import load_spec


class User:
    """A new user, who has the documented policy of these uses for the model in `environment`."""

    def __init__(self, cloud: MiniStack, model: Path, environment: str, *uses: str) -> None:
        name = f"may-{'-'.join(uses)}-{environment}"
        iam = cloud.client("iam")
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        key = iam.create_access_key(UserName=name)["AccessKey"]
        spec, caller = load_spec(model, environment), Caller(account=ACCOUNT, arn=arn, region=REGION)
        self.site = Site(spec, names(spec), session(key["AccessKeyId"], key["SecretAccessKey"]), caller)
        document = policy.document(each for each in policy.permissions(self.site) if each.use in uses)
        iam.put_user_policy(UserName=name, PolicyName="documented", PolicyDocument=json.dumps(allowing(document)))
        credentials = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        self.environ = {**cloud.environ, **credentials, "INFERWATCH_ENVIRONMENT": environment}

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments, env=self.environ, catch_exceptions=False)
