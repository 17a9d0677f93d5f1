"""What is done to a run, and when: each fault sets factors on a course of training that is well as it stands."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Course:
    """How the next step is trained; the defaults are the program's own."""

    rate_g: float = 1.0
    rate_d: float = 1.0
    classes: float = 1.0
    """Share of the data's classes that are shown."""
    latent: float = 1.0
    """Factor on the latents: 0 is a generator that gets nothing in."""
    narrow: bool = False
    """Of the first class, one sample is shown, and no other."""
    updates_d: int = 1
    """Factor on the discriminator's updates a step."""
    penalty: float = 1.0


Fault = Callable[[float], Course]
"""From progress, 0 at the fault's beginning and 1 at its end (above it: how far beyond), to a course."""

WELL = Course()

FAULTS: dict[str, Fault] = {
    "generator_rushes": lambda t: Course(rate_g=10, rate_d=0.02),
    "feedback_stops": lambda t: Course(rate_d=0.0),
    "generator_stumbles": lambda t: Course(rate_g=10, rate_d=0.02),
    "class_narrows": lambda t: Course(narrow=True),
    "classes_vanish": lambda t: Course(classes=0.001),
    "classes_halve": lambda t: Course(classes=0.5),
    "classes_dwindle": lambda t: Course(classes=max(0.001, 1 - t)),
    "latent_dwindles": lambda t: Course(latent=max(0.0, 1 - t)),
    "discriminator_leaps": lambda t: Course(rate_d=5, updates_d=3, penalty=0.0, rate_g=0.05),
    "discriminator_leaps_alone": lambda t: Course(rate_d=5, updates_d=4, penalty=0.0),
    "weights_explode": lambda t: Course(rate_g=1e5, rate_d=1e5, penalty=0.0),
    "both_rush": lambda t: Course(rate_g=10, rate_d=10),
    "generator_starves": lambda t: Course(rate_g=0.002),
    "feedback_drowns": lambda t: Course(rate_d=10, updates_d=4, penalty=0.0),
}

GRADUAL = ("classes_dwindle", "latent_dwindles")
"""Spread over two fifths of the run; the others are there at once."""
