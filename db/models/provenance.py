"""Proof that a picture was made here: signing certificates and fingerprints."""

from datetime import date

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Now, When


class SigningCertificate(Base):
    """One certificate chain that marks are signed with, kept for ever so that old marks verify.

    origin: created by the installation, or set by the operator. chain: PEM, the leaf first.
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


class Fingerprint(Base):
    """A perceptual hash of a picture that was made here, without its owner or its person.

    Kept when the picture is deleted, so that copies of the picture are still recognized; it names
    no row, and only the day. bits: see services/imaging/fingerprints.py. band_1 to band_4: 20 of
    the bits each; nearly every copy has one band unchanged, so the search starts there.
    source: a term of IPTC's vocabulary of digital source types.
    """

    __tablename__ = "fingerprints"

    id: Mapped[Id]
    made_on: Mapped[date]
    source: Mapped[str]
    bits: Mapped[str] = mapped_column(BIT(256))
    band_1: Mapped[int] = mapped_column(index=True)
    band_2: Mapped[int] = mapped_column(index=True)
    band_3: Mapped[int] = mapped_column(index=True)
    band_4: Mapped[int] = mapped_column(index=True)
