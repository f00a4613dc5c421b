"""A person in every style, each in a place that suits it: what a member sees first."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from services.engines.base import FileRef, Refused, SheetPicture, SheetRequest
from services.engines.preview.render import Made
from services.engines.preview.words.vocabulary import Vocabulary
from services.storage.base import ObjectMissing, Storage, StorageError

WIDTH, HEIGHT = 480, 600  # pixels; one takes 0.2 to 0.6 s on one core
PICTURES = (
    SheetPicture("studio-portrait", "dark grey studio"),
    SheetPicture("golden-hour", "in a meadow at golden hour"),
    SheetPicture("watercolour", "by a lake in spring"),
    SheetPicture("neon", "in a neon alley at night"),
    SheetPicture("black-and-white-film", "in a street in the rain"),
    SheetPicture("oil", "in a garden in summer"),
    SheetPicture("magazine-cover", "on a rooftop at dusk"),
    SheetPicture("double-exposure", "in a forest"),
    SheetPicture("pop-art", "yellow studio"),
    SheetPicture("vintage-print", "in an autumn wood"),
    SheetPicture("comic", "in the city at night"),
    SheetPicture("pencil", "in a library"),
    SheetPicture("duotone-poster", "in a castle"),
    SheetPicture("line-art", "in a studio"),
    SheetPicture("cyanotype", "on the beach"),
    SheetPicture("risograph", "in a meadow at noon"),
)

Render = Callable[..., Awaitable[Made]]


async def read_alphas(storage: Storage, refs: Sequence[FileRef | None]) -> list[bytes | None]:
    """The cut-outs, where there are any; a photo without its file is cut out again."""
    found = [ref and await storage.head(ref.key) for ref in refs]
    return [
        await storage.get(ref.key) if ref and there else None
        for ref, there in zip(refs, found, strict=True)
    ]


class BoothSheet:
    """Renders between the engine's other runs: a generation waits for one picture at most."""

    pictures = PICTURES

    def __init__(self, storage: Storage, render: Render, slots: asyncio.Semaphore) -> None:
        self._storage = storage
        self._render = render
        self._slots = slots
        self._words = Vocabulary()

    async def make(self, request: SheetRequest, /) -> bytes:
        """A JPEG of 480 x 600 pixels; the same request gives the same bytes. Raises Refused."""
        try:
            photos = [await self._storage.get(ref.key) for ref in request.photos]
            alphas = await read_alphas(self._storage, request.alphas)
        except ObjectMissing as error:  # removed a moment ago
            raise Refused("A photo is not there any more.", retryable=True) from error
        except StorageError as error:
            raise Refused("A photo could not be read from storage.", retryable=True) from error
        prompt = request.picture.prompt
        async with self._slots:
            try:
                made = await self._render(
                    photos,
                    alphas=alphas,
                    seed=request.seed,
                    width=WIDTH,
                    height=HEIGHT,
                    prompt=prompt,
                    preset=request.picture.preset,
                    faces=list(request.face_boxes),
                    scene=self._words.understand(prompt).scene.facts(),
                )
            except (OSError, ValueError) as error:
                reason = "A photo could not be decoded. Remove it and add it again."
                raise Refused(reason, retryable=False) from error
        return made.data
