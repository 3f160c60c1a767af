"""Who a model is: its place in the organisation, its version, and every name derived from them."""

from __future__ import annotations

import msgspec

from inferwatch.spec import record


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Constant for one deployment of one model.

    namespace: node of the organisation, `/abc_corp/claim`; model_version and deployment_id: integers
    (the registry's) or strings; environment: `dev`, `prod`, ...; metric_namespace: CloudWatch's.
    """

    namespace: str
    model_name: str
    model_version: int | str
    deployment_id: int | str
    environment: str
    metric_namespace: str

    @property
    def log_group(self) -> str:
        """The node and the model: `/abc_corp/claim/doc_classification`. It is also the folder's name."""
        return log_group(self.namespace, self.model_name)

    @property
    def dimensions(self) -> dict[str, str]:
        """The default dimension set, by name."""
        return dict(zip(record.DIMENSIONS, (self.model_name, self.environment), strict=True))


def log_group(namespace: str, model_name: str) -> str:
    """The rule: namespace, slash, model name. A namespace of `/` is the root of the organisation."""
    return f"{namespace.rstrip('/')}/{model_name}"


def metric_namespace(namespace: str) -> str:
    """The rule: the namespace without its leading slash (`abc_corp/claim`), since the model is a dimension."""
    return namespace.strip("/")
