"""Fetching a base from the Hugging Face hub: with its size told first, progress, and resume.

A base is a plain folder in TRAINER_BASE_DIR, the same as one that was put there by hand. Its
model_index.json comes last: while that is missing, the base is not there.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from services.trainer.bases import BASES, Profile, folder_of, is_there, locate
from services.trainer.config import WorkerConfig
from services.trainer.context import Context
from services.trainer.errors import JobFailed
from services.trainer.files import read_json, sha256, write_json
from services.trainer.spec import Code, Stage

INDEX = "model_index.json"
RECORD = ".fetched.json"  # the hub's SHA-256 of each large file, by its path
WANTED = re.compile(r"[^/]+/[^/]+\.(json|txt|safetensors|model|jinja)|model_index\.json|LICENSE.*")

CHUNK = 2**20  # bytes

OnProgress = Callable[[int, int], None]  # bytes that are there, bytes in all


@dataclass(frozen=True, slots=True)
class File:
    """One file of a repository. sha256: of a large one, else None."""

    path: str
    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Repository:
    """What the hub has: revision (a commit), licence as its page names it, the files we need."""

    name: str
    revision: str
    licence: str
    files: tuple[File, ...]

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(file.size for file in self.files)


def look_up(name: str) -> Repository:
    """Ask the hub, with HF_TOKEN if there is one; raises JobFailed(BASE_MISSING)."""
    with _in_plain_words(name):
        info = _hub().HfApi().model_info(name, files_metadata=True)
    card = info.card_data or {}
    licence = card.get("license_name") or card.get("license") or "not named"
    files = [
        File(file.rfilename, file.size or 0, file.lfs.sha256 if file.lfs else None)
        for file in info.siblings or ()
        if WANTED.fullmatch(file.rfilename)
    ]
    files.sort(key=lambda file: (file.path == INDEX, file.path))
    return Repository(name, info.sha, licence, tuple(files))


def missing(repository: Repository, folder: Path) -> list[File]:
    """The files that are not there in full."""
    return [file for file in repository.files if _size(folder / file.path) != file.size]


def fetch(repository: Repository, base_dir: Path, on_progress: OnProgress) -> Path:
    """Fetch what is missing into the base's folder, and go on where an earlier try was cut off.

    A file that another base has under the same hash is linked. Raises JobFailed: BASE_MISSING,
    DISK_FULL; what on_progress raises ends it too.
    """
    folder = folder_of(base_dir, repository.name)
    folder.mkdir(parents=True, exist_ok=True)
    todo = missing(repository, folder)
    _require_room(sum(file.size for file in todo), folder)
    done = repository.size - sum(file.size for file in todo)
    hashes = {file.path: file.sha256 for file in repository.files if file.sha256}
    for file in todo:
        on_progress(done, repository.size)
        if not _link(file, base_dir, folder):
            _download(repository, file, folder, done, on_progress)
        done += file.size
        there = {path: hashes[path] for path in hashes if (folder / path).exists()}
        write_json(folder / RECORD, there)
    on_progress(done, repository.size)
    return folder


def _download(
    repository: Repository, file: File, folder: Path, done: int, on_progress: OnProgress
) -> None:
    """Fetch one file beside its place, going on with what is there; checked by its hash.

    Not by the hub's client: it begins anew when it is started again.
    """
    target = folder / file.path
    partial = target.with_name(f"{target.name}.partial")
    target.parent.mkdir(parents=True, exist_ok=True)
    url = _hub().hf_hub_url(repository.name, file.path, revision=repository.revision)
    here = min(max(_size(partial), 0), file.size)
    headers = {**_hub().utils.build_hf_headers(), "Accept-Encoding": "identity"}
    if here:
        headers["Range"] = f"bytes={here}-"
    with _in_plain_words(repository.name), _stream(url, headers) as answer:
        if answer.status_code in {401, 403} and answer.headers.get("x-error-code") == "GatedRepo":
            raise _gated(repository.name)
        answer.raise_for_status()
        here = here if answer.status_code == httpx.codes.PARTIAL_CONTENT else 0
        with partial.open("ab" if here else "wb") as out:
            for chunk in answer.iter_bytes(CHUNK):
                out.write(chunk)
                here += len(chunk)
                on_progress(done + here, repository.size)
    _accept(file, partial, target)


def _stream(url: str, headers: dict[str, str]) -> AbstractContextManager[httpx.Response]:
    return httpx.stream("GET", url, headers=headers, timeout=60.0, follow_redirects=True)


def _accept(file: File, partial: Path, target: Path) -> None:
    """Put a fetched file in its place; one that is not what the hub has is thrown away."""
    if _size(partial) != file.size or (file.sha256 and sha256(partial) != file.sha256):
        partial.unlink()
        raise JobFailed(Code.BASE_MISSING, f"{file.path} arrived damaged: fetch again.")
    partial.replace(target)


def _link(file: File, base_dir: Path, folder: Path) -> bool:
    """Use the same file of another base; False if there is none."""
    for record in base_dir.glob(f"*/{RECORD}"):
        for path, digest in (read_json(record) or {}).items():
            source = record.parent / path
            if digest == file.sha256 and _size(source) == file.size and record.parent != folder:
                target = folder / file.path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.unlink(missing_ok=True)
                os.link(source, target)
                return True
    return False


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else -1


def _require_room(needed: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise JobFailed(
            Code.DISK_FULL,
            f"{needed / 1e9:.1f} GB are to be fetched, and the disk of {folder} has "
            f"{free / 1e9:.1f} GB left.",
        )


def _hub() -> Any:
    """The hub's client, imported late: it is slow."""
    import huggingface_hub

    return huggingface_hub


@contextmanager
def _in_plain_words(name: str) -> Iterator[None]:
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError

    try:
        yield
    except GatedRepoError:
        raise _gated(name) from None
    except (HfHubHTTPError, httpx.HTTPError) as error:
        reason = f"{name} could not be fetched: {type(error).__name__}: {error}"
        raise JobFailed(Code.BASE_MISSING, reason) from error


def _gated(name: str) -> JobFailed:
    return JobFailed(
        Code.BASE_MISSING,
        f"{name} is given to those only who accepted its licence: do so on "
        f"https://huggingface.co/{name}, then set HF_TOKEN to a token of that account.",
    )


# -- within a job ------------------------------------------------------------------------------


def at_hand(profile: Profile, context: Context) -> str:
    """The folder of a base, fetched first where the operator allows the hub; raises JobFailed."""
    config, report = context.config, context.report
    if is_there(config, profile) or not config.hub:
        return locate(config, profile)
    repository = look_up(profile.hub)
    began, before = report.clock(), -1

    def on_progress(done: int, total: int) -> None:
        nonlocal before
        report.check()
        before = done if before < 0 else before
        pace = (done - before) / max(report.clock() - began, 1e-3)
        report.update(
            stage=Stage.PREPARING,
            progress=0.02 * done / max(total, 1),
            seconds_left=(total - done) / pace if pace else None,
        )

    return str(fetch(repository, config.base_dir, on_progress))


def fetch_all(config: WorkerConfig, say: Callable[[str], None], on_progress: OnProgress) -> None:
    """Fetch both profiles of the configured base, saying size and licence first."""
    base = BASES[config.base_model]
    for hub in dict.fromkeys(profile.hub for profile in (base.quality, base.fast)):
        repository = look_up(hub)
        left = sum(file.size for file in missing(repository, folder_of(config.base_dir, hub)))
        say(
            f"{hub}: licence {repository.licence}, {repository.size / 1e9:.1f} GB, "
            f"{left / 1e9:.1f} GB of it to fetch"
        )
        fetch(repository, config.base_dir, on_progress)
