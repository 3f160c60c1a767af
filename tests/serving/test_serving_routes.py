from __future__ import annotations

import pytest

from inferwatch.serving import cors
from inferwatch.serving.routes import modelless_answer


@pytest.mark.parametrize("path", ["/predict", "/predict/", "/invocations", "/prod/predict", "/base/v1/invocations"])
def test_an_inference_needs_the_model(path: str) -> None:
    assert modelless_answer("POST", path) is None


@pytest.mark.parametrize("path", ["/", "", "/nope", "/predict/more", "/predictions"])
def test_an_unknown_path_is_404_and_says_which_there_are(path: str) -> None:
    answer = modelless_answer("POST", path)
    assert answer is not None
    assert answer.status == 404
    assert "POST /predict" in answer.encoded()


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/predict"), ("PUT", "/invocations"), ("POST", "/ping"), ("", "/ping")]
)
def test_a_wrong_method_is_405_and_names_the_right_one(method: str, path: str) -> None:
    answer = modelless_answer(method, path)
    assert answer is not None
    assert answer.status == 405
    assert answer.headers["Allow"] == ("GET, OPTIONS" if path == "/ping" else "POST, OPTIONS")


def test_ping_is_200() -> None:
    answer = modelless_answer("GET", "/ping")
    assert answer is not None
    assert answer.status == 200


def test_a_preflight_is_answered_without_a_body() -> None:
    answer = modelless_answer("OPTIONS", "/predict")
    assert answer is not None
    assert (answer.status, answer.encoded()) == (204, "")
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" not in answer.for_gateway({})["headers"]


def test_any_origin_is_allowed_by_default() -> None:
    assert cors.headers(cors.allowed_origins({}), "https://x.test") == {"Access-Control-Allow-Origin": "*"}


def test_listed_origins_only() -> None:
    allowed = cors.allowed_origins({cors.VARIABLE: "https://a.test, https://b.test/"})
    assert cors.headers(allowed, "https://b.test") == {
        "Access-Control-Allow-Origin": "https://b.test",
        "Vary": "Origin",
    }
    assert cors.headers(allowed, "https://evil.test") == {"Vary": "Origin"}
    assert cors.headers(allowed, None) == {"Vary": "Origin"}


def test_an_empty_setting_allows_none() -> None:
    assert cors.headers(cors.allowed_origins({cors.VARIABLE: ""}), "https://a.test") == {}
