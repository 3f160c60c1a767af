"""The API in front of the model's function, on AWS."""

from __future__ import annotations

from typing import Literal

import msgspec

Auth = Literal["iam", "jwt", "api-key", "none"]


class ApiSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[api]`. type: API Gateway's HTTP API or REST API, or none; auth: `iam`, for a REST API `api-key`.

    jwt_issuer: URL; jwt_audience: accepted audiences; rate_limit: requests a second; burst_limit: requests at once;
    daily_quota: requests a day for each API key; allow_origins: of pages that may call it; stage: the environment's
    name where not given; validate: whether a REST API refuses what `[features]` does not allow.
    """

    type: Literal["http", "rest", "none"] = "http"
    auth: Auth | None = None
    jwt_issuer: str | None = None
    jwt_audience: tuple[str, ...] = ()
    rate_limit: float = 50.0
    burst_limit: int = 100
    daily_quota: int | None = None
    allow_origins: tuple[str, ...] = ()
    stage: str | None = None
    validate: bool = True

    @property
    def authorization(self) -> Auth:
        """`auth`, or the type's default."""
        return self.auth or ("api-key" if self.type == "rest" else "iam")
