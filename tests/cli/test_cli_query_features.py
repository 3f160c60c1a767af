"""What `inferwatch query` says to one who asks for a feature as if it were a field."""

from __future__ import annotations

from pathlib import Path

import pytest
from asked_data import NOW, write_data, write_model
from click.testing import CliRunner

from inferwatch.cli.commands import cli
from inferwatch.errors import PredicateError
from inferwatch.sdk import LogStreamSink, Monitor
from inferwatch.spec import load_spec
from inferwatch.store import Store


def test_a_name_that_is_not_quite_a_fields_may_be_a_features(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data", tmp_path)
    asked = ["query", "age > 40", "--start", "2026-11-21", "--end", "2026-11-22", "--data", str(data)]
    told = CliRunner().invoke(cli, asked).exception
    assert isinstance(told, PredicateError)
    assert told.problem == "no record has a field 'age'; did you mean 'pages'? A feature is features.age"


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("age > 40", "no record of that time has a field age; did you mean features.age?"),
        ("age.years > 40", "no record of that time has a field age.years"),
        ("height > 2", "no record of that time has a field height"),
        ("features.height > 2", "no record of that time has a field features.height"),
    ],
)
def test_a_feature_is_offered_where_records_have_no_fields_of_their_own(tmp_path: Path, where: str, says: str) -> None:
    spec = load_spec(write_model(tmp_path / "doc"), environ={})
    sink = LogStreamSink(tmp_path / "data", spec.identity.log_group, "server-1")
    Monitor(spec.compile(), sink).record(start_ms=NOW, elapse=1.0, request={"age": 41})
    sink.close()
    with Store.open(tmp_path / "data", writer=True) as store:
        store.ingest(NOW)
    asked = ["query", where, "--start", "2026-11-21", "--end", "2026-11-22", "--data", str(tmp_path / "data")]
    done = CliRunner().invoke(cli, asked)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines()[1:] == [says]
