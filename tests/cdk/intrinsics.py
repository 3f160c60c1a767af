"""Templates with their intrinsic functions worked out, as CloudFormation would in one made-up account."""

from __future__ import annotations

import re
from typing import Any

ACCOUNT, REGION, PARTITION = "123456789012", "eu-central-1", "aws"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": PARTITION,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "stack",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/stack/1",
    "AWS::NoValue": None,
}
# The ARN of each resource whose `Arn` the templates ask for; {} is its name.
ARNS = {
    "AWS::ApiGateway::RestApi": f"arn:aws:apigateway:{REGION}::/restapis/{{}}",
    "AWS::ApiGatewayV2::Api": f"arn:aws:apigateway:{REGION}::/apis/{{}}",
    "AWS::CloudWatch::Alarm": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{{}}",
    "AWS::CloudWatch::CompositeAlarm": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{{}}",
    "AWS::CodeBuild::Project": f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/{{}}",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}",
    "AWS::IAM::ManagedPolicy": f"arn:aws:iam::{ACCOUNT}:policy/{{}}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{}}",
    "AWS::KinesisFirehose::DeliveryStream": f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/{{}}",
    "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{}}",
    "AWS::Lambda::Alias": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}:live",
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}",
    "AWS::Lambda::Version": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}:1",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{{}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}",
}
_REF_IS_ARN = ("AWS::SNS::Topic", "AWS::IAM::ManagedPolicy", "AWS::Lambda::Alias", "AWS::Lambda::Version")
_NAME_MEMBERS = ("FunctionName", "TopicName", "AlarmName", "LogGroupName", "RoleName", "QueueName", "TableName")
_IN_SUB = re.compile(r"\$\{([^}!]+)\}")

Template = dict[str, Any]


def resolved(template: Template, value: Any = None) -> Any:
    """`value`, by default the whole template, without intrinsic functions. Raises ValueError for an unknown one."""
    value = template if value is None else value
    if isinstance(value, list):
        return [resolved(template, part) for part in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name == "Ref":
            return _ref(template, argument)
        if name.startswith("Fn::"):
            return _function(template, name, argument)
    return {key: resolved(template, part) for key, part in value.items()}


def _ref(template: Template, name: str) -> Any:
    if name in PSEUDO:
        return PSEUDO[name]
    if name in template["Resources"]:
        return arn(template, name) if template["Resources"][name]["Type"] in _REF_IS_ARN else named(template, name)
    return template["Parameters"][name].get("Default", name)


def _function(template: Template, name: str, argument: Any) -> Any:
    if name == "Fn::GetAtt":
        logical, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
        return (
            arn(template, logical) if attribute in ("Arn", "FunctionArn") else f"{named(template, logical)}.{attribute}"
        )
    if name == "Fn::Join":
        separator, parts = argument
        return separator.join(str(part) for part in resolved(template, parts))
    if name == "Fn::Sub":
        text, given = argument if isinstance(argument, list) else (argument, {})
        known = {key: resolved(template, part) for key, part in given.items()}
        return _IN_SUB.sub(lambda match: str(_in_sub(template, match[1], known)), text)
    if name == "Fn::Select":
        index, parts = argument
        return resolved(template, parts)[int(index)]
    if name == "Fn::FindInMap":
        table, row, column = resolved(template, argument)
        return template["Mappings"][table][row][column]
    if name == "Fn::Split":
        separator, text = argument
        return resolved(template, text).split(separator)
    if name in ("Fn::Not", "Fn::Contains", "Fn::Equals", "Fn::Or", "Fn::And", "Fn::If"):
        return {name: argument}  # of Rules and Conditions, which none of our resources depends on
    raise ValueError(f"{name} is not known here")


def _in_sub(template: Template, name: str, known: dict[str, Any]) -> Any:
    if name in known:
        return known[name]
    return _function(template, "Fn::GetAtt", name) if "." in name else _ref(template, name)


def named(template: Template, logical: str) -> str:
    """What the resource is called: by its template, else by its logical id."""
    properties = template["Resources"][logical].get("Properties", {})
    given = next((properties[member] for member in _NAME_MEMBERS if member in properties), logical)
    return str(resolved(template, given))


def arn(template: Template, logical: str) -> str:
    """The resource's ARN. Raises KeyError for a type that stands in no table here."""
    return ARNS[template["Resources"][logical]["Type"]].format(named(template, logical))
