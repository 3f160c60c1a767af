"""The parts that a model may have on top of its function, and how they get into the example's files."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

Api = Literal["http", "rest", "none"]
APIS: tuple[Api, ...] = ("http", "rest", "none")

PARTS = {
    "queue": "A queue of SQS in front of it",
    "sagemaker": "A SageMaker endpoint that serves it",
    "history": "A table of its transactions by their ids, on AWS",
    "lake": "All its transactions as Parquet in S3, on AWS",
    "pipeline": "A pipeline that tests and deploys it, on AWS",
}
"""What each is, as an option's help and as a question."""
NEXT = {
    "queue": "inferwatch send '{...}' puts a message into the queue of `make up`",
    "pipeline": "inferwatch deploy --pipeline, once the repository of [pipeline] is there",
}
"""What comes next in a project with the part."""

_BEFORE = "[logs]\n"
_API = (
    "# [api]\n"
    '# type = "rest"                     # with API keys; the default is an HTTP API that asks for a signature (IAM)\n'
)
_APIS = {
    "rest": '[api]\ntype = "rest"                       # on AWS: with API keys; "http" asks for a signature\n',
    "none": '[api]\ntype = "none"                       # on AWS: nobody calls it over HTTP\n',
}
_ENVIRONMENTS = "# One file for all environments"

PIPELINE_FILE = "pipeline_app.py"
PIPELINE_APP = '''"""The CDK app of this model's pipeline: `inferwatch synth --pipeline`, `deploy --pipeline` run it."""

from __future__ import annotations

from pathlib import Path

from inferwatch.cdk import pipeline_app

pipeline_app(Path(__file__).parent).synth()
'''
_EXTRAS = "[local,aws,cdk]"
_EXTRAS_OF_A_QUEUE = "[local,aws,cdk,queue]"
_FILES = "| `cdk_app.py`, `cdk.json` |"
_PIPELINE_FILE = "| `pipeline_app.py` | the CDK app of the pipeline |\n"
_SECTION = "## Slack\n"
_ABOUT = {
    "queue": """\
- **Queue**: `inferwatch send '{...}'` puts a message in, the same JSON as a request's: into the queue of `make up`, or
  with `--aws` of what is deployed. A message that cannot be taken ends in the dead-letter queue after
  `max_receive_count` tries; an alarm watches that, and `inferwatch tail` says why.""",
    "sagemaker": """\
- **Endpoint**: it serves `predict`, and the function asks it. `make up` runs its container as a process. `make deploy`
  makes it with the rest, from an image that Docker builds; `make deploy ARGS=--endpoint` makes it alone, and prints its
  name for `endpoint` under `[sagemaker]`.""",
    "history": """\
- **History**, on AWS: a DynamoDB table of the transactions, by id, and by model and time.""",
    "lake": """\
- **Lake**, on AWS: every transaction as Parquet in S3, asked by Athena. On one machine it is `.inferwatch/lake`.""",
    "pipeline": """\
- **Pipeline**: push this folder into the repository that `[pipeline]` names, then `make deploy ARGS=--pipeline`, once.
  It tests and deploys what is pushed from then on, itself included.""",
}
"""What the README says of each part."""


class Parts(NamedTuple):
    """Which parts a project is to have."""

    api: Api = "http"
    queue: bool = False
    sagemaker: bool = False
    history: bool = False
    lake: bool = False
    pipeline: bool = False

    @property
    def tables(self) -> tuple[str, ...]:
        """The spec's tables of those that have one, in the order in which they stand there."""
        return tuple(name for name in self._fields if getattr(self, name) is True)


AN_API_ALONE = Parts()


def spec_with(parts: Parts, text: str) -> str:
    """The example's spec, `text`, with the tables of `parts`."""
    if parts.api != "http":
        text = _replaced(text, _API, _APIS[parts.api])
    tables = "".join(f"{_snippet(name)}\n" for name in parts.tables)
    text = _replaced(text, _BEFORE, tables + _BEFORE)
    if parts.pipeline:
        before, mark, _ = text.partition(_ENVIRONMENTS)
        assert mark, "the example declares no environments"
        text = before + _snippet("environments")
    return text


def readme_with(parts: Parts, text: str) -> str:
    """The example's README, `text`, with what `parts` are, what they need, and their files."""
    text = _extras_with(parts, text)
    if parts.tables:
        about = "\n".join(_ABOUT[name] for name in parts.tables)
        text = _replaced(text, _SECTION, f"## Parts\n{about}\n\n{_SECTION}")
    return _replaced(text, _FILES, _PIPELINE_FILE + _FILES) if parts.pipeline else text


def requirements_with(parts: Parts, text: str) -> str:
    """The example's requirements of whoever works on it, `text`, with the extra that `parts` need on one machine."""
    return _replaced(text, "local]", "local,queue]") if parts.queue else text


def makefile_with(parts: Parts, text: str) -> str:
    """The example's Makefile, `text`, which says by which extras InferWatch is installed."""
    return _extras_with(parts, text)


def _extras_with(parts: Parts, text: str) -> str:
    return _replaced(text, _EXTRAS, _EXTRAS_OF_A_QUEUE) if parts.queue else text


def _replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"the example has no such place: {old!r}"
    return text.replace(old, new)


def _snippet(name: str) -> str:
    return Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8")
