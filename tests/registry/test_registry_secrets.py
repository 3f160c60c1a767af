"""Which environment variables hold a secret, and which only look like it. The secrets here are made up."""

from __future__ import annotations

import base64
import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.errors import RegistryError
from inferwatch.registry import secrets
from inferwatch.registry.records import EnvironmentVariable

BY_NAME = (
    *(
        "PASSWORD",
        "DB_PASSWORD",
        "dbPassword",
        "db-password",
        "PGPASSWD",
        "PGPASSWORD",
        "MYSQL_PWD",
        "Passphrase",
        "SECRET",
    ),
    *("CLIENT_SECRET", "clientSecret", "SECRET_KEY_BASE", "API_KEY", "apiKey", "APIKEY", "APIKey", "OPENAI_API_KEY"),
    *("TOKEN", "HF_TOKEN", "ACCESS_TOKEN", "SESSION_TOKEN", "AWS_SECRET_ACCESS_KEY", "PRIVATE_KEY", "ENCRYPTION_KEY"),
    *("SIGNING_KEY", "CREDENTIALS", "DB_PASSWORD_2", "DB_PASSWORD1", "AUTH_TOKEN", "STORAGE_ACCOUNT_KEY"),
)
NO_SECRETS = (
    *("TOKENIZER", "TOKENIZERS_PARALLELISM", "MAX_TOKENS", "MIN_NEW_TOKENS", "KEYBOARD", "MONKEY", "KEY", "SORT_KEY"),
    *("TOKEN_LIMIT", "EOS_TOKEN", "PAD_TOKEN", "STOP_TOKEN", "COST_PER_TOKEN", "SECRET_ARN", "SECRET_NAME"),
    *("DB_PASSWORD_FILE", "PASSWORD_MIN_LENGTH", "TOKEN_URL", "API_KEY_HEADER", "PASSWORD_PARAMETER", "PUBLIC_KEY"),
    *("SECRETARY", "PARTITION_KEY", "KMS_KEY_ID", "LOG_LEVEL", "MODEL_PATH", "_", "A"),
)
DIGEST = hashlib.sha256(b"x").hexdigest()
DRAWN = base64.b64encode(random.Random(5).randbytes(30)).decode()
PEM = "-----BEGIN {}PRIVATE KEY-----\nMIIB"
TOKEN_PARTS = ("eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "dozjgNryP4J3jVmN")
BY_VALUE = {
    "an access key of AWS's": ["AKIA" + "IOSFODNN7EXAMPLE", "key=ASIA" + "IOSFODNN7EXAMPLE;"],
    "a private key": [PEM.format(kind) for kind in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ")],
    "a JSON Web Token": [".".join(TOKEN_PARTS), ".".join(TOKEN_PARTS[:2]) + "."],
    "a webhook of Slack's": ["https://hooks.slack.com/" + "services/T000/B000/XXXX"],
    "a token of Slack's": ["xox" + "b-123456789012-abcdef"],
    "a token of GitHub's": ["ghp" + "_" + "a1" * 18, "github_pat" + "_" + "a1" * 15],
    "an API key": ["sk" + "-proj-" + "a1" * 12, "AIza" + "Sy" + "a" * 33, "sk" + "_live_" + "a1" * 12],
    "a token of a package index or model hub": ["hf" + "_" + "aB" * 17],
    "an Authorization header": ["Bearer abcdef123456789", "Basic " + "dXNlcjpwYXNz"],
    "the signature of a signed address": [
        "https://b.example/x?a=1&X-Amz-Signature=0a",
        "https://b.example/?sv=1&sig=a%3D",
    ],
    "a password": [
        "postgres://user:hush@db.example/claims",
        "redis://:hush@cache:6379/0",
        "Server=db;User Id=me;Password=hush;",
        "host=db password=hush dbname=claims",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=hush==",
    ],
    "what looks like a key: a long text without words": [DIGEST, DIGEST[:32], DRAWN],
}
REFERENCES = (
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf",
    "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/prod/db",
    "{{resolve:secretsmanager:prod/db:SecretString:password}}",
    "{{resolve:ssm-secure:/prod/db:1}}",
    *("${DB_PASSWORD}", "$DB_PASSWORD", "****", "<set at deployment>", "", "  ", "true", "0"),
)
HARMLESS = (
    *(
        "BAR",
        "4096",
        "0.45",
        "info",
        "eu-central-1",
        "https://api.example.com/v1/predict?limit=20",
        "s3://b/c/1.tar.gz",
    ),
    *("postgres://user@db.example/claims", "postgres://user:${DB_PASSWORD}@db.example/claims", "a@b.example"),
    *("123e4567-e89b-12d3-a456-426614174000", "sha256:" + DIGEST, "/opt/ml/model/Weights2023_final_Version12345678901"),
    *("models/trained/doc_classification/2023/final_weights", "car,truck,bicycle,pedestrian,traffic_light,stop_sign"),
    *("arn:aws:sagemaker:eu-central-1:123456789012:endpoint/adder", "0" * 64, "a" * 50, "Accept the basic terms"),
    *("123456789012.dkr.ecr.eu-central-1.amazonaws.com/models:1", "skip-the-first-twenty-rows", "passwordless=yes"),
)


def found(name: str, value: str) -> str | None:
    return secrets.found(EnvironmentVariable(name, value))


@pytest.mark.parametrize("name", BY_NAME)
def test_secrets_by_name(name: str) -> None:
    assert found(name, "x") == "is a secret by its name"


@pytest.mark.parametrize("name", NO_SECRETS)
def test_names_that_only_look_like_it(name: str) -> None:
    assert found(name, "x") is None


@pytest.mark.parametrize(("value", "what"), [(value, what) for what, values in BY_VALUE.items() for value in values])
def test_secrets_by_value(value: str, what: str) -> None:
    assert found("FOO", value) == f"holds {what}"
    with pytest.raises(RegistryError) as told:
        secrets.refuse(EnvironmentVariable("FOO", value))
    assert value not in str(told.value)
    assert "hush" not in str(told.value)
    assert "arn:aws:secretsmanager" in str(told.value)


@pytest.mark.parametrize("value", REFERENCES)
def test_what_stands_for_a_secret_passes(value: str) -> None:
    assert found("DB_PASSWORD", value) is None


@pytest.mark.parametrize("value", HARMLESS)
def test_values_that_only_look_like_it(value: str) -> None:
    assert found("FOO", value) is None


@pytest.mark.parametrize("name", ["MODEL_SHA256", "gitCommit", "IMAGE_DIGEST", "REQUEST_ID", "CHECKSUM", "DATA_HASH"])
def test_checksums_are_no_keys(name: str) -> None:
    assert found(name, DIGEST) is None


def test_a_reference_among_other_text_does_not_hide_a_secret() -> None:
    assert found("FOO", "arn:aws:ssm:eu:1:parameter/x postgres://u:hush@db") == "holds a password"


@given(name=st.text(min_size=1, max_size=30), value=st.text(max_size=60))
def test_any_variable_is_judged_and_its_value_never_told(name: str, value: str) -> None:
    what = found(name, value)
    assert what is None or what == "is a secret by its name" or what.removeprefix("holds ") in BY_VALUE


@pytest.mark.parametrize("piece", ["a.", "a://", "a://b:", "a+", "-", "x;", "password=", "eyJ", "SG.", "bearer "])
def test_a_long_text_is_judged_at_once(piece: str) -> None:
    """What takes the square of the length would take minutes."""
    found("FOO", piece * 100_000)


def test_keys_that_were_drawn_are_found() -> None:
    """But for the few whose characters repeat so often that they could be words."""
    drawn = [base64.b64encode(hashlib.sha256(bytes([seed])).digest()[:30]).decode() for seed in range(256)]
    assert sum(found("FOO", key) is not None for key in drawn) >= 0.97 * len(drawn)
