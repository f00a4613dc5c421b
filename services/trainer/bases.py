"""The base models: which there are, what their licences ask, and where their weights lie."""

from dataclasses import dataclass
from pathlib import Path

from services.trainer.config import WorkerConfig
from services.trainer.errors import JobFailed
from services.trainer.spec import Code

NON_COMMERCIAL = "FLUX Non-Commercial License v2.0"
KREA = "Krea 2 Community License"  # free of charge below US$1M of revenue in a year


@dataclass(frozen=True, slots=True)
class Profile:
    """How images are made with one set of weights. hub: repository; guidance 1.0 means none."""

    hub: str
    steps: int
    guidance_scale: float


@dataclass(frozen=True, slots=True)
class Base:
    """One base model. licence: None where the weights are free for every use.

    quality is what a LoRA is trained on; fast may be a distilled sister of the same shape.
    The steps and guidance of the profiles are the publisher's defaults, but for the 28 steps.
    """

    name: str
    architecture: str
    licence: str | None
    quality: Profile
    fast: Profile

    def profile(self, name: str) -> Profile:
        """The one that a job names: "fast" or "quality"."""
        return self.fast if name == "fast" else self.quality


def _klein(size: str, licence: str | None) -> Base:
    return Base(
        name=f"FLUX.2-klein-base-{size}",
        architecture="flux2-klein",
        licence=licence,
        quality=Profile(f"black-forest-labs/FLUX.2-klein-base-{size}", 28, 4.0),
        fast=Profile(f"black-forest-labs/FLUX.2-klein-{size}", 4, 1.0),
    )


_ALL = (
    _klein("4B", None),  # Apache-2.0
    _klein("9B", NON_COMMERCIAL),
    Base(
        name="FLUX.1-dev",
        architecture="flux1",
        licence=NON_COMMERCIAL,
        quality=Profile("black-forest-labs/FLUX.1-dev", 28, 3.5),
        fast=Profile("black-forest-labs/FLUX.1-dev", 16, 3.5),
    ),
    Base(
        name="Krea-2-Raw",
        architecture="krea2",
        licence=KREA,
        quality=Profile("krea/Krea-2-Raw", 28, 4.5),
        fast=Profile("krea/Krea-2-Turbo", 8, 1.0),
    ),
)
BASES = {base.name: base for base in _ALL}


def find_base(config: WorkerConfig, name: str | None) -> Base:
    """The base of that name, or the worker's own.

    Raises JobFailed: BASE_MISSING for an unknown name, LICENCE_REQUIRED where the operator has
    not confirmed to hold the licence.
    """
    base = BASES.get(name or config.base_model)
    if base is None:
        known = ", ".join(BASES)
        raise JobFailed(Code.BASE_MISSING, f"There is no base {name!r}; known are {known}.")
    if base.licence and base.name not in config.accepted_licences:
        raise JobFailed(
            Code.LICENCE_REQUIRED,
            f"{base.name} is under the {base.licence}. If you hold a licence for your use, "
            f"set TRAINER_ACCEPT_LICENCES={base.name}.",
        )
    return base


def folder_of(base_dir: Path, hub: str) -> Path:
    """Where the weights of a repository belong."""
    return base_dir / hub.rsplit("/", 1)[-1]


def is_there(config: WorkerConfig, profile: Profile) -> bool:
    """Whether the weights are on this machine, in full."""
    return (folder_of(config.base_dir, profile.hub) / "model_index.json").is_file()


def locate(config: WorkerConfig, profile: Profile) -> str:
    """The local folder of the weights, or the hub's name where the operator allows the hub.

    Raises JobFailed(BASE_MISSING).
    """
    if is_there(config, profile):
        return str(folder_of(config.base_dir, profile.hub))
    if config.hub:
        return profile.hub
    raise JobFailed(
        Code.BASE_MISSING,
        f"The weights of {profile.hub} are not in {config.base_dir}. Put them there, or set "
        "TRAINER_HUB=1, or run `python -m services.trainer fetch`.",
    )
