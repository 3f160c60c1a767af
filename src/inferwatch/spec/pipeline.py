"""The pipeline that tests and deploys the model on AWS."""

from __future__ import annotations

from typing import Literal

import msgspec


class PipelineSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[pipeline]`. One for all environments of the model.

    source: where the repository lies; repository: `owner/name`, of CodeCommit its name alone; branch: whose changes
    are deployed; connection: ARN of the CodeConnections connection to GitHub, GitLab or Bitbucket; folder: the model's,
    within the repository; stages: the environments, in the order in which they are deployed, all declared ones where
    not given; approve: those of them that wait for a person's approval.
    """

    repository: str
    source: Literal["github", "gitlab", "bitbucket", "codecommit"] = "github"
    branch: str = "main"
    connection: str | None = None
    folder: str = "."
    stages: tuple[str, ...] = ()
    approve: tuple[str, ...] = ()
