"""What happens in the demo, and when: phases of traffic, as fractions of its duration."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["healthy", "blurred", "slow", "garbage"]


class Phase(NamedTuple):
    """A stretch of the story. until: fraction of the duration at which it ends; says: for the terminal."""

    kind: Kind
    until: float
    says: str


STORY = (
    Phase("healthy", 0.15, "Healthy traffic: images of digits, about 20 a second."),
    Phase("blurred", 0.44, "The camera blurs: confidence falls, Low-Probability-Alarm will go off."),
    Phase("slow", 0.68, "The lens is wiped. Now a look-up answers slowly: High-Latency-Alarm will go off."),
    Phase("garbage", 0.78, "Answers are quick again. Garbage comes in: rejected, and no error of the model."),
    Phase("healthy", 1.0, "Healthy again: the alarms return to OK."),
)
STORY_ALARMS = ("Low-Probability-Alarm", "High-Latency-Alarm")
SHORTEST_SECONDS = 75


def phase_at(fraction: float) -> Phase:
    """The phase at `fraction` of the story; the last one after its end."""
    return next((phase for phase in STORY if fraction < phase.until), STORY[-1])
