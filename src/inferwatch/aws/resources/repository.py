"""Where a pipeline takes the model's code from: a repository of CodeCommit, or a connection to one elsewhere."""

from __future__ import annotations

import boto3
from botocore import exceptions as boto

from inferwatch.aws.explained import explained
from inferwatch.spec.pipeline import PipelineSpec

AVAILABLE = "AVAILABLE"


def problem(session: boto3.Session, asked: PipelineSpec) -> str | None:
    """Why the pipeline could not read its source, and what to do; None where it can. Raises AwsError."""
    return _repository_problem(session, asked) if asked.connection is None else _connection_problem(session, asked)


def _repository_problem(session: boto3.Session, asked: PipelineSpec) -> str | None:
    name = asked.repository
    client = session.client("codecommit")
    with explained(f"looking for the repository {name}"):
        try:
            client.get_repository(repositoryName=name)
        except client.exceptions.RepositoryDoesNotExistException:
            command = f"aws codecommit create-repository --repository-name {name}"
            return f"there is no repository {name} of CodeCommit in {session.region_name}: `{command}` makes it"
    return None


def _connection_problem(session: boto3.Session, asked: PipelineSpec) -> str | None:
    arn = str(asked.connection)
    region = arn.split(":")[3]
    with explained("looking at the connection of the pipeline"):
        try:
            found = session.client("codeconnections", region_name=region).get_connection(ConnectionArn=arn)
        except boto.ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return (
                    f"there is no connection {arn}: the console makes one under Developer Tools, Settings, Connections"
                )
            raise
    status = found["Connection"]["ConnectionStatus"]
    if status == AVAILABLE:
        return None
    return (
        f"the connection to {asked.source} is {status}: finish it in the console, under Developer Tools, Settings, "
        "Connections"
    )
