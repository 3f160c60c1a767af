"""What the model says, and how well it does: `make test`."""

from __future__ import annotations

from pathlib import Path

import pytest
import train
from app import ADVICE, FEATURES, MODEL, predict

from inferwatch import load_spec

FOLDER = Path(__file__).parents[1]
WELL = {
    "sleep_hours": 8,
    "resting_heart_rate": 58,
    "steps": 11_000,
    "stress": 2,
    "caffeine_mg": 60,
    "screen_minutes": 10,
}


@pytest.mark.parametrize(
    ("habit", "advice"),
    [
        ({}, "keep-going"),
        ({"sleep_hours": 4.5}, "sleep-longer"),
        ({"caffeine_mg": 600}, "less-caffeine"),
        ({"screen_minutes": 150}, "less-screen"),
        ({"steps": 500}, "move-more"),
        ({"stress": 10, "resting_heart_rate": 82}, "wind-down"),
    ],
)
def test_it_names_the_habit_that_stands_out(habit: dict[str, float], advice: str) -> None:
    said = predict(WELL | habit)
    assert said["prediction"] == advice
    assert said["confidence"] > 0.6


def test_its_probabilities_are_of_every_advice_and_sum_to_one() -> None:
    said = predict(WELL)
    assert list(said["probabilities"]) == ADVICE
    assert sum(said["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_it_is_right_of_most_made_up_people_that_it_has_not_seen() -> None:
    """About nine of ten; who always says the most frequent advice is right of one in four."""
    assert train.accuracy(MODEL) > 0.88


def test_training_again_gives_the_model_that_is_here() -> None:
    people = train.people(1_000, seed=99)
    again = train.train().inplace_predict(people)
    assert again == pytest.approx(MODEL.inplace_predict(people), abs=1e-3)


def test_the_spec_declares_what_the_model_reads() -> None:
    assert list(load_spec(FOLDER).features) == FEATURES


def test_the_alarm_on_confidence_is_silent_while_people_are_as_in_training() -> None:
    (alarm,) = [one for one in load_spec(FOLDER).alarms if one.metric == "PredictionProbability"]
    assert MODEL.inplace_predict(train.people(1_000, seed=3)).max(axis=1).mean() > alarm.threshold + 0.2
