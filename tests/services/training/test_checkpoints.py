"""Which round of a training is kept, and what becomes of the others."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from services.deps import Deps
from services.engines.base import RemoteState, RemoteStatus, ResultFile
from services.training.checkpoints import Candidate, choose
from tests.doubles.engine import ScriptedEngine, lora_trainer, picture
from tests.services.training.test_trainings import until_sent, weights
from tests.studio import Studio


def rounds(*portraits: tuple[float | None, ...]) -> list[Candidate]:
    return [Candidate(100 * n, f"{n}", measured) for n, measured in enumerate(portraits, 1)]


@pytest.mark.parametrize(
    ("portraits", "step"),
    [
        ([(70, 80), (90, 88), (91, 80)], 200),
        ([(70, 80), (80, 70)], 100),  # alike: the earlier
        ([(None, None), (None, None)], 200),  # no face: the last
        ([(), ()], 200),
        ([(99, None, None), (60, 60, 60)], 200),  # a portrait without a face is no likeness
        ([()], 100),
    ],
)
def test_the_most_alike_round_is_kept(portraits: list[tuple[float | None, ...]], step: int) -> None:
    choice = choose(rounds(*portraits))
    assert choice.kept.step == step
    assert len(choice.others) == len(portraits) - 1
    assert choice.reason


@pytest.fixture
def engine() -> ScriptedEngine:
    return lora_trainer()


@pytest.fixture
async def studio(live_deps: Deps) -> AsyncIterator[Studio]:
    studio = await Studio(live_deps).open(plan="free")
    yield studio
    await studio.close()


async def trained(
    studio: Studio, engine: ScriptedEngine, likeness: dict[int, float], *, damaged: int = -1
) -> list[str]:
    """A training of four rounds of one portrait; the keys of its LoRAs, the last one at the end."""
    samples = tuple(ResultFile(i, step=10 * (i + 1), portrait=True) for i in range(4))
    engine.on_poll.append(RemoteStatus("", RemoteState.RUNNING, 0.9, "training", samples=samples))
    await studio.train()
    await until_sent(studio, engine)
    request = engine.trainings[-1]
    for sample in request.samples[:4]:
        await studio.deps.storage.put(sample.key, picture(), content_type="image/jpeg")
    keys = [*(file.key for file in request.checkpoints), request.weights.key]
    for i, key in enumerate(keys):
        data = weights(cut=3 if i == damaged else 0)
        await studio.deps.storage.put(key, data, content_type="application/octet-stream")

    async def sampled() -> bool:
        return len((await studio.model()).samples) == 4

    await studio.until(sampled)
    for index, value in likeness.items():
        await studio.execute(
            "update training_samples set likeness = :value where key like :key",
            value=value,
            key=f"%/{index:02}.webp",
        )
    files = tuple(ResultFile(i, step=10 * (i + 1)) for i in range(3))
    done = RemoteStatus("", RemoteState.SUCCEEDED, 1.0, recipe={"steps": 40})
    engine.on_poll.append(replace(done, samples=samples, checkpoints=files))
    await studio.trained()
    return keys


async def left(studio: Studio, keys: list[str]) -> list[bool]:
    return [await studio.deps.storage.head(key) is not None for key in keys]


@pytest.mark.parametrize(
    ("likeness", "damaged", "kept"),
    [
        ({0: 60, 1: 88, 2: 70, 3: 80}, -1, 1),
        ({0: 60, 1: 88, 2: 70, 3: 80}, 1, 3),
        ({}, -1, 3),
    ],
)
async def test_one_is_kept_and_the_others_are_erased(
    studio: Studio, engine: ScriptedEngine, likeness: dict[int, float], damaged: int, kept: int
) -> None:
    keys = await trained(studio, engine, likeness, damaged=damaged)
    view = await studio.model()
    assert view.status == "ready", view.status_reason
    assert view.recipe["checkpoint"]["step"] == 10 * (kept + 1)
    assert view.likeness.samples == likeness.get(kept)
    assert [sample.step for sample in view.samples] == [10, 20, 30, 40]

    async def alone() -> bool:
        return await left(studio, keys) == [i == kept for i in range(4)]

    await studio.until(alone)
