"""What proves that a picture was made here: the installation's signing certificates."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Now, When


class SigningCertificate(Base):
    """One certificate chain that marks are signed with, kept for ever so that old marks verify.

    origin: made by the installation, or set by the operator. chain: PEM, the leaf first.
    sealed_key: the private key, encrypted by the installation's secret; None for an operator's
    certificate, whose key stays in the operator's file, and once the certificate is retired.
    """

    __tablename__ = "signing_certificates"
    __table_args__ = (CheckConstraint("origin in ('installation', 'operator')", name="origin"),)

    id: Mapped[Id]
    origin: Mapped[str]
    serial: Mapped[str] = mapped_column(unique=True)  # of the leaf, as a decimal number
    chain: Mapped[str]
    sealed_key: Mapped[bytes | None]
    created_at: Mapped[Now]
    expires_at: Mapped[When]
