"""What botocore raises, said for people: which call failed, why, and what to do."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as boto
from botocore import parsers

from inferwatch.errors import AwsError

_ADVICE = {
    "ExpiredToken": "the session has expired: log in again (`aws sso login`)",
    "ExpiredTokenException": "the session has expired: log in again (`aws sso login`)",
    "InvalidClientTokenId": "AWS does not know this access key: is it another partition's, or deleted?",
    "UnrecognizedClientException": "AWS does not know this access key, or the region is not enabled for the account",
    "SignatureDoesNotMatch": "the secret key is wrong, or this machine's clock is",
    "RequestExpired": "this machine's clock is wrong",
    "RequestTimeTooSkewed": "this machine's clock is wrong",
    "OptInRequired": "the region is not enabled for this account",
}
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")
"""Codes of a call that the caller has no permission for."""


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn what botocore raises into an AwsError. doing: what was tried, as in 'reading the metrics'."""
    try:
        yield
    except boto.ClientError as error:
        told = error.response.get("Error", {})
        code, message = str(told.get("Code", "")), str(told.get("Message", ""))
        raise AwsError(f"{doing}: {_client_problem(error.operation_name, code, message)}", code=code) from None
    except (boto.NoCredentialsError, boto.PartialCredentialsError):
        problem = "there are no AWS credentials: run `aws configure` or `aws sso login`, or set AWS_PROFILE"
        raise AwsError(f"{doing}: {problem}", code="NoCredentials") from None
    except boto.NoRegionError:
        problem = "no region is given: set aws.region in the spec, --region or AWS_REGION"
        raise AwsError(f"{doing}: {problem}", code="NoRegion") from None
    except (boto.EndpointConnectionError, boto.ConnectionError, boto.HTTPClientError) as error:
        problem = f"AWS cannot be reached; is the region's name right, and is there a network? ({error})"
        raise AwsError(f"{doing}: {problem}", code="Unreachable") from None
    except boto.BotoCoreError as error:
        raise AwsError(f"{doing}: {error}", code=type(error).__name__) from None
    except (parsers.ResponseParserError, KeyError) as error:
        if not _from_parsers(error):
            raise
        problem = "what came back is no answer of AWS's: is a proxy or a login page between, or AWS_ENDPOINT_URL wrong?"
        raise AwsError(f"{doing}: {problem}", code="NotAws") from None


def _from_parsers(error: Exception) -> bool:
    """Whether botocore raised it while it read an answer. Where XML is not AWS's, that is a bare KeyError."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return bool(frame.f_globals.get("__name__") == parsers.__name__)


def _client_problem(operation: str, code: str, message: str) -> str:
    if code in DENIED:
        return f"{operation} is not allowed ({message}); `inferwatch doctor --aws --policy` prints what is needed"
    if code == "ResourceNotFoundException":
        return f"{operation} was refused: {message} ({code}); is the model deployed, and in this region?"
    advice = _ADVICE.get(code)
    return f"{operation}: {advice} ({code})" if advice else f"{operation} was refused: {message} ({code})"
