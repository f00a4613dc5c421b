"""What each photo of a set is said to show, in a field beside it; read when it is opened."""

from typing import Any
from uuid import UUID

from components.controls import Field
from components.dom import El, el
from services.deps import Deps
from services.errors import DomainError
from services.training import captions
from services.training.captions import CaptionView


class Describing:
    """A folded part of the form."""

    def __init__(self, deps: Deps, user_id: UUID) -> None:
        self._deps, self._user_id = deps, user_id
        self._model_id: UUID | None = None
        with el("details", classes="describing") as self.root:
            el("summary", "Describe the photos")
            el(
                "p",
                "Name clothes, pose and place: they then stay changeable. Never the face. "
                "Where you write nothing, the training hears only how near the face is.",
                classes="small muted",
            )
            self._list = el("div", classes="stack")
        self.root.on("toggle", self._toggled, js_handler="(e) => emit(e.target.open)")
        self.root.set_visibility(False)

    def show(self, model_id: UUID | None, photos: int) -> None:
        """Whether there is anything to describe."""
        self._model_id = model_id
        self.root.set_visibility(bool(model_id and photos))

    async def _toggled(self, event: Any) -> None:
        self._list.clear()
        if not event.args or not self._model_id:
            return
        async with self._deps.reading() as session:
            found = await captions.list_(
                session, self._deps, user_id=self._user_id, user_model_id=self._model_id
            )
        with self._list:
            for caption in found:
                self._row(caption)

    def _row(self, caption: CaptionView) -> El:
        with el("div", classes="described") as row:
            el("img", src=caption.thumb_url, alt="", loading="lazy", decoding="async")
            field = Field(
                caption.name,
                value=caption.written or "",
                placeholder=caption.usual,
                maxlength=str(captions.LONGEST),
                autocomplete="off",
                on_commit=lambda: self._save(caption.image_id, field),
            )
        return row

    async def _save(self, image_id: UUID, field: Field) -> None:
        assert self._model_id  # noqa: S101  # there are photos
        try:
            async with self._deps.transaction() as session:
                await captions.write(
                    session,
                    self._deps,
                    user_id=self._user_id,
                    user_model_id=self._model_id,
                    image_id=image_id,
                    text=field.value,
                )
        except DomainError as error:
            field.error = str(error)
