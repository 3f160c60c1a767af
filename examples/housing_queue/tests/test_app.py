"""What the model says, and how well it does: `make test`."""

from __future__ import annotations

from pathlib import Path

import pytest
import train
from app import FEATURES, MODEL, predict

from inferwatch import load_spec

FOLDER = Path(__file__).parents[1]
MESSAGE = "14.0507,0,18.1,0,0.597,6.657,100,1.5275,24,666,20.2,35.05,21.22"
DISTRICT = dict(zip(FEATURES, map(float, MESSAGE.split(",")), strict=True))


def test_it_values_the_district_of_the_readme() -> None:
    assert predict(DISTRICT) == {"prediction": pytest.approx(18.2, abs=1.5)}


@pytest.mark.parametrize(
    ("better", "by"),
    [({"rm": 7.8}, 5), ({"lstat": 5}, 4), ({"ptratio": 14}, 1)],
    ids=["more rooms", "richer people", "smaller classes"],
)
def test_what_is_better_is_worth_more(better: dict[str, float], by: float) -> None:
    assert predict(DISTRICT | better)["prediction"] > predict(DISTRICT)["prediction"] + by


def test_it_makes_next_to_nothing_of_column_b() -> None:
    found = [predict(DISTRICT | {"b": b})["prediction"] for b in (0, 100, 200, 300, 396.9)]
    assert max(found) - min(found) < train.DOUBT


def test_it_is_hardly_further_off_than_equal_districts_differ() -> None:
    """The best that any model could do is 1.6 on average: homes of equal districts differ by DOUBT."""
    assert train.error(MODEL) < 1.8


def test_training_again_gives_the_model_that_is_here() -> None:
    districts = train.districts(1_000, seed=99)
    again = train.train().inplace_predict(districts)
    assert again == pytest.approx(MODEL.inplace_predict(districts), abs=1e-2)


def test_the_spec_declares_what_the_model_reads_in_the_order_of_a_message() -> None:
    assert list(load_spec(FOLDER).features) == FEATURES == list(train.FEATURES)


def test_no_district_that_was_made_up_would_be_refused() -> None:
    features = load_spec(FOLDER).features
    for name, column in zip(FEATURES, train.districts(5_000, seed=3).T, strict=True):
        least, most, values = features[name].min, features[name].max, features[name].values
        assert least is None or column.min() >= least, name
        assert most is None or column.max() <= most, name
        assert values is None or set(column.tolist()) <= set(values), name
