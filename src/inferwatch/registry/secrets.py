"""Secrets in what a deployment is told: found by the names and the values of environment variables. Pure.

A registry is read by many and kept for ever, so no secret goes into it. No message holds a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from inferwatch.errors import RegistryError
from inferwatch.registry.entropy import looks_random
from inferwatch.registry.records import EnvironmentVariable

BELONGS = (
    "keep it in AWS Secrets Manager or in SSM Parameter Store and give the variable its ARN"
    " (arn:aws:secretsmanager:... or arn:aws:ssm:...); on one machine leave it in the environment of the process"
)

_SECRET = re.compile(
    "[a-z]*passwords?|[a-z]*passwd|passphrase|passcode|pwd|secrets?|token|credentials?"
    "|apikey|authtoken|accesstoken|secretkey|privatekey"
)
_KEYS = re.compile("api|access|private|secret|signing|encryption|master|account|service|auth|ssh|hmac|shared")
"""What stands before `key` where the key is a secret; a SORT_KEY is none."""
_ABOUT = re.compile(
    "names?|arn|ids?|length|len|limits?|counts?|max|min|size|ttl|age|expiry|expiration|expires|seconds|days|url|uri"
    "|endpoint|path|file|dir|folder|policy|type|kind|header|prefix|suffix|enabled|required|parameter|provider|store"
    "|manager|reference|ref|region|version|regex|pattern|rotation|index|format"
)
"""What ends the name of something about a secret: TOKEN_LIMIT, PASSWORD_FILE, SECRET_ARN."""
_OF_TEXTS = re.compile("pad|eos|bos|unk|sep|cls|mask|stop|start|end|special|per|first|last|next|max|min")
"""What stands before `token` where it is a piece of a text and not of a session: EOS_TOKEN, COST_PER_TOKEN."""
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")

_REFERENCE = re.compile(
    r"arn:[\w-]+:(secretsmanager|ssm):\S+"
    r"|\{\{resolve:(secretsmanager|ssm|ssm-secure):[^{}]+\}\}"
    r"|\$\{[^{}]+\}|\$[A-Z_][A-Z0-9_]*|\*+|<[^<>]*>"
    r"|(?i:true|false|yes|no|on|off|none|null|0|1)"
)
"""What stands for a secret that is elsewhere (by AWS's references, in a variable, under a placeholder), or for none."""

_VALUES = {
    "an access key of AWS's": r"(?<![A-Z0-9])(AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
    "a JSON Web Token": r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*",
    "a webhook of Slack's": r"hooks\.slack\.com/(services|workflows|triggers)/\w+",
    "a token of Slack's": r"\bxox[a-z]-[\w-]{10,}|\bxapp-[\w-]{10,}",
    "a token of GitHub's": r"\bgh[opusr]_\w{30,}|\bgithub_pat_\w{20,}",
    "a token of GitLab's": r"\bglpat-[\w-]{20,}",
    "an API key": r"\bsk-[\w-]{20,}|\b[sr]k_(live|test)_\w{16,}|\bAIza[\w-]{35}|\bSG\.[\w-]{16,}\.[\w-]{16,}",
    "a token of a package index or model hub": r"\bhf_[A-Za-z]{30,}|\bnpm_\w{30,}|\bpypi-[\w-]{30,}",
    "an Authorization header": r"(?i)\b(bearer|basic)\s+[\w+/=.~-]{12,}",
    "the signature of a signed address": r"[?&](X-Amz-Signature|X-Amz-Security-Token|Signature|sig)=[^&\s]+",
}
_IN_VALUE = {what: re.compile(pattern) for what, pattern in _VALUES.items()}
_WITH_PASSWORD = (
    re.compile(r"\b[a-zA-Z][\w+.-]{0,30}://[^\s/:@]*:(?P<password>[^\s/@]+)@"),
    re.compile(r"(?i)(?:^|[;,&?\s])(?:password|pwd|accountkey|sharedaccesskey|secretkey)\s*=\s*(?P<password>[^;&\s]+)"),
)


def refuse(variable: EnvironmentVariable) -> None:
    """Raise RegistryError where the variable holds a secret: in its value, or by its name."""
    what = found(variable)
    if what is not None:
        raise RegistryError(
            f"environment_variables: {variable.name} {what}. Whoever reads the registry reads it too: {BELONGS}"
        )


def found(variable: EnvironmentVariable) -> str | None:
    """Why the variable holds a secret, `holds a private key` and the like; None where it does not seem to."""
    value = variable.value.strip()
    if not value or _REFERENCE.fullmatch(value):
        return None
    if (what := in_text(value)) is not None:
        return f"holds {what}"
    words = list(_words(variable.name))
    if _named_secret(words):
        return "is a secret by its name"
    if looks_random(value, words):
        return "holds what looks like a key: a long text without words"
    return None


def in_text(text: str) -> str | None:
    """Which secret of a known form stands in a text, such as `a private key`; None for none."""
    for what, pattern in _IN_VALUE.items():
        if pattern.search(text):
            return what
    for pattern in _WITH_PASSWORD:
        if any(not _REFERENCE.fullmatch(match["password"]) for match in pattern.finditer(text)):
            return "a password"
    return None


def _words(name: str) -> Iterator[str]:
    """`DB_PASSWORD` and `dbPassword` are `db`, `password`."""
    return (match[0].lower() for match in _WORD.finditer(name))


def _named_secret(words: list[str]) -> bool:
    if not words or _ABOUT.fullmatch(words[-1]):
        return False
    for before, word in zip(["", *words], words, strict=False):
        if word == "token" and _OF_TEXTS.fullmatch(before):
            continue
        if _SECRET.fullmatch(word) or (word == "key" and _KEYS.fullmatch(before)):
            return True
    return False
