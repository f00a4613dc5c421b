"""Who may use the GPU next: images before trainings, and a training pauses for waiting images.

A paused training goes on from its checkpoint bit by bit, but has to load its base again; so it
gets turns of a minimum length, and is not paused shortly before its end.
"""

from dataclasses import dataclass

SOON = 0.5  # of a turn: a training that ends within it is waited for


@dataclass(frozen=True, slots=True)
class Standing:
    """What waits and runs. together: both kinds fit into memory at the same time.

    turn: seconds that the training has learned since it was started or went on; None before its
    first step. seconds_left: its own estimate, or None.
    """

    images_wait: bool = False
    images_run: bool = False
    training_waits: bool = False
    training_runs: bool = False
    together: bool = False
    turn: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now; each of the three at most once until the standing changes."""

    start_images: bool = False
    start_training: bool = False
    pause_training: bool = False


def decide(now: Standing, *, minimum_turn: float) -> Decision:
    """What to start or pause; minimum_turn in seconds."""
    free_for_images = now.together or not now.training_runs
    images_busy = now.images_run or now.images_wait
    long_enough = now.turn is not None and now.turn >= minimum_turn
    ends_soon = now.seconds_left is not None and now.seconds_left < SOON * minimum_turn
    return Decision(
        start_images=now.images_wait and not now.images_run and free_for_images,
        start_training=now.training_waits
        and not now.training_runs
        and (now.together or not images_busy),
        pause_training=now.images_wait and not free_for_images and long_enough and not ends_soon,
    )
