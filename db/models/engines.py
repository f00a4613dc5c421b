"""Engines that an administrator has connected in the page."""

from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Now


class EngineSetting(Base):
    """One setting by its name in `Settings`; `sealed` is encrypted by the installation's secret."""

    __tablename__ = "engine_settings"

    name: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    updated_at: Mapped[Now]
