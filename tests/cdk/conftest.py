"""One synth for all tests of the templates."""

from __future__ import annotations

import pytest
import synthesis


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> synthesis.Synthesized:
    """The stacks of `stacks.py`. Whoever uses it is in the xdist group "synth", so that one worker has it once."""
    import stacks  # it starts Node.js, so not where tests are only collected

    folder = tmp_path_factory.mktemp("synth") / "cdk.out"
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("INFERWATCH_ENVIRONMENT", raising=False)
        stacks.synthesize(folder)
    return synthesis.read(folder)
