"""Everything InferWatch raises on purpose.

InferWatchError                 caught by the command line and printed as one message, never as a traceback
├── SpecError                   inferwatch.toml: file, key path, bad value, what is allowed
├── HandlerError                the user's predict or parse: not found, does not import, wrong shape
├── StoreError                  the data folder: not writable, in use, damaged
├── RuntimeStartError           the local runtime: a port in use, an environment that does not start
├── DeliveryError               a notification that its target did not take
├── QueryError                  a question that cannot be answered: unknown metric, statistic, field
│   ├── PredicateError          a predicate that cannot be read: which characters, why, and what is meant
│   └── DialectError            what one engine cannot be asked: which engine, which part of the question
├── RegistryError               a version or deployment that a rule forbids: which, why, what to do
├── QueueError                  a message that a queue did not take: which, why, what to do
├── AwsError                    AWS refused or could not be reached: which call, why, and what to do
├── DeployError                 a deployment that cannot begin or did not end well
└── MissingExtraError           a part that needs an extra, or another package; names the install command
"""

from __future__ import annotations


class InferWatchError(Exception):
    """Base of every error raised on purpose; its text is written for the person who reads it."""


class SpecError(InferWatchError):
    """A spec that cannot be used.

    file: path of the spec; key: dotted key path (`alarm[0].period`, "" for the whole file);
    problem: what is wrong, and what is allowed instead.
    """

    def __init__(self, file: str, key: str, problem: str) -> None:
        self.file = file
        self.key = key
        self.problem = problem
        super().__init__(f"{file}: {key}: {problem}" if key else f"{file}: {problem}")


class HandlerError(InferWatchError):
    """The user's code cannot be loaded: which object, from where, and why."""


class StoreError(InferWatchError):
    """The data folder cannot be used: which path, why, and what to do."""


class RuntimeStartError(InferWatchError):
    """The local runtime cannot start: which part, why, and what to do."""


class DeliveryError(InferWatchError):
    """A target did not take a notification: what it answered. The text never holds the target's URL.

    retry_after_s: how long the target asks to be left alone; unsure: it may have taken it all the same.
    """

    def __init__(self, problem: str, *, retry_after_s: float = 0.0, unsure: bool = False) -> None:
        self.retry_after_s = retry_after_s
        self.unsure = unsure
        super().__init__(problem)


class QueryError(InferWatchError):
    """A question that the store cannot answer as asked."""


class PredicateError(QueryError):
    """A predicate that cannot be read. Its text shows the place under the predicate.

    predicate: as it was given; start, end: of the characters that are wrong, end exclusive; problem: what is wrong with
    them, and what to write instead.
    """

    def __init__(self, predicate: str, start: int, end: int, problem: str) -> None:
        self.predicate = predicate
        self.start = start
        self.end = end
        self.problem = _shown(problem)
        line_start = predicate.rfind("\n", 0, start) + 1
        line = _shown(predicate[line_start:].partition("\n")[0])
        marks = " " * (start - line_start) + "^" * max(1, min(end - line_start, len(line)) - (start - line_start))
        super().__init__(f"{self.problem}\n  {line}\n  {marks}")


def _shown(text: str) -> str:
    """Text in which each character takes one place, and none means anything to a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


class DialectError(QueryError):
    """A part of a question that one engine cannot answer as the others do. dialect: which; its text names it too."""

    def __init__(self, dialect: str, problem: str) -> None:
        self.dialect = dialect
        self.problem = problem
        super().__init__(f"{dialect}: {problem}")


class RegistryError(InferWatchError):
    """A change of the registry that its rules forbid, or that another writer was faster with."""


class QueueError(InferWatchError):
    """A message that could not be put into a queue."""


class AwsError(InferWatchError):
    """AWS refused a call or could not be reached: which call, why, and what to do. code: AWS's own, "" for none."""

    def __init__(self, problem: str, *, code: str = "") -> None:
        self.code = code
        super().__init__(problem)


class DeployError(InferWatchError):
    """A deployment, or its templates, cannot be made: which part, why, and what to do."""


class MissingExtraError(InferWatchError):
    """A package is not installed: of an optional extra, or `package`, which no extra brings."""

    def __init__(self, extra: str, feature: str, *, package: str = "") -> None:
        self.extra = extra
        needed = package or f"the {extra!r} extra"
        super().__init__(f"{feature} needs {needed}: pip install '{package or f'inferwatch[{extra}]'}'")
