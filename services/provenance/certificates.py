"""The certificates that marks are signed with: made at the first start, rotated, or the operator's.

A certificate of our own is a root and a leaf; the root's key is thrown away once it has signed
the leaf, and the leaf's is sealed in the database, so that all containers share it. Chains are
kept for ever: marks of a retired certificate verify as before.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import SigningCertificate
from services.deps import Deps
from services.kit import audit, sealing
from services.provenance.manifests import PRODUCT, Signature
from services.settings import Settings

VALID = timedelta(days=25 * 365)  # marks carry no time-stamp: once it expires, readers doubt them
ROTATED = timedelta(days=365)
PURPOSE = "signing key"
EARLIER = timedelta(hours=1)  # for readers whose clock is behind
Origin = Literal["installation", "operator"]
_LOCK = text("select pg_advisory_xact_lock(hashtextextended('signing_certificates', 0))")
_OWN = SigningCertificate.sealed_key.is_not(None)  # made here, and not yet retired
_ALGORITHMS = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class BadCertificate(ValueError):
    """The operator's certificate cannot sign; `str` says why."""


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate as /admin shows it. fingerprint: SHA-256 of the leaf, in hexadecimal."""

    origin: Origin
    name: str
    fingerprint: str
    created_at: datetime
    expires_at: datetime
    earlier: int


async def current(session: AsyncSession, deps: Deps) -> Signature:
    """What signs now; made, or recorded, where it is not there yet."""
    given = operators(deps.settings)
    if given:
        await _record(session, deps, given)
        return given
    if found := await _newest(session, deps):
        return found
    await session.execute(_LOCK)
    return await _newest(session, deps) or await _make(session, deps)


async def rotate(
    session: AsyncSession, deps: Deps, *, actor_id: Any = None, older_than: timedelta = ROTATED
) -> bool:
    """Make a new certificate if the newest is older; keys of earlier ones are erased."""
    if operators(deps.settings):
        return False
    await session.execute(_LOCK)
    newest = await session.scalar(_own().limit(1))
    if newest and newest.created_at > deps.now() - older_than:
        return False
    await session.execute(update(SigningCertificate).where(_OWN).values(sealed_key=None))
    await _make(session, deps)
    audit.record(session, action="signing_certificate.rotate", actor_id=actor_id)
    return True


async def roots(session: AsyncSession) -> tuple[list[str], frozenset[str]]:
    """What marks of ours are trusted by: the last certificate of each chain, and all serials.

    A serial counts as well as a root: an operator's root may have signed for others too.
    """
    rows = (
        await session.execute(select(SigningCertificate.chain, SigningCertificate.serial))
    ).all()
    last = {_last(chain) for chain, _ in rows}
    return sorted(last), frozenset(serial for _, serial in rows)


async def view(session: AsyncSession, deps: Deps) -> CertificateView:
    """The certificate that signs now."""
    signature = await current(session, deps)
    serials = list(await session.scalars(select(SigningCertificate.serial)))
    leaf = x509.load_pem_x509_certificates(signature.chain.encode())[0]
    return CertificateView(
        origin="operator" if operators(deps.settings) else "installation",
        name=leaf.subject.rfc4514_string(),
        fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
        created_at=leaf.not_valid_before_utc,
        expires_at=leaf.not_valid_after_utc,
        earlier=len(serials) - 1,
    )


def operators(settings: Settings) -> Signature | None:
    """The operator's own certificate, read from its two files. Raises BadCertificate."""
    if not (settings.c2pa_certificate and settings.c2pa_key):
        if settings.c2pa_certificate or settings.c2pa_key:
            raise BadCertificate("Set both C2PA_CERTIFICATE and C2PA_KEY, or neither.")
        return None
    files = settings.c2pa_certificate, settings.c2pa_key
    try:
        return _read(*files, *(_state(file) for file in files))
    except OSError as error:
        raise BadCertificate(f"C2PA_CERTIFICATE or C2PA_KEY cannot be read: {error}") from error


def _state(file: Path) -> tuple[int, ...]:
    """Another one as soon as the file was written or replaced."""
    found = file.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


@lru_cache(maxsize=2)
def _read(certificate: Path, private_key: Path, *_states: tuple[int, ...]) -> Signature:
    """The pair, once for as long as neither file changes. Raises BadCertificate, OSError."""
    try:
        chain, key = certificate.read_text(), private_key.read_text()
        leaf = x509.load_pem_x509_certificates(chain.encode())[0]
        private = load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise BadCertificate(f"C2PA_CERTIFICATE or C2PA_KEY cannot be read: {error}") from error
    if private.public_key() != leaf.public_key():
        raise BadCertificate("C2PA_KEY is not the key of C2PA_CERTIFICATE.")
    return Signature(chain, key, _algorithm(private))


def _algorithm(key: Any) -> str:
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _ALGORITHMS:
        return _ALGORITHMS[key.curve.name]
    if isinstance(key, rsa.RSAPrivateKey):
        return "ps256"
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    raise BadCertificate("C2PA_KEY is of a kind that C2PA does not know.")


def _own() -> Any:
    newest = SigningCertificate.created_at.desc()
    return select(SigningCertificate).where(_OWN).order_by(newest)


async def _record(session: AsyncSession, deps: Deps, given: Signature) -> None:
    leaf = x509.load_pem_x509_certificates(given.chain.encode())[0]
    serial = str(leaf.serial_number)
    known = select(SigningCertificate.id).where(SigningCertificate.serial == serial)
    if await session.scalar(known):
        return
    await session.execute(_LOCK)
    if await session.scalar(known) is None:
        await _keep(session, deps, leaf, given.chain, origin="operator", key=None)


async def _newest(session: AsyncSession, deps: Deps) -> Signature | None:
    """The newest whose key this installation's secret opens: others were sealed by another."""
    for row in await session.scalars(_own()):
        try:
            return Signature(row.chain, _unsealed(deps.secret, row.sealed_key))
        except sealing.Unreadable:
            continue
    return None


@lru_cache(maxsize=2)
def _unsealed(secret: bytes, sealed: bytes) -> str:
    """The key, once for each certificate; which is the newest, the database says each time."""
    return sealing.unseal(secret, sealed, purpose=PURPOSE).decode()


async def _make(session: AsyncSession, deps: Deps) -> Signature:
    """A new root and leaf, kept; call it under the lock."""
    leaf, chain, secret = make(deps.now())
    sealed = sealing.seal(deps.secret, secret.encode(), purpose=PURPOSE)
    await _keep(session, deps, leaf, chain, origin="installation", key=sealed)
    return Signature(chain, secret)


async def _keep(
    session: AsyncSession,
    deps: Deps,
    leaf: x509.Certificate,
    chain: str,
    *,
    origin: Origin,
    key: bytes | None,
) -> None:
    session.add(
        SigningCertificate(
            id=deps.new_id(),
            origin=origin,
            serial=str(leaf.serial_number),
            chain=chain,
            sealed_key=key,
            created_at=deps.now(),
            expires_at=leaf.not_valid_after_utc,
        )
    )
    await session.flush()


def make(now: datetime) -> tuple[x509.Certificate, str, str]:
    """A leaf, its chain and its key, both as PEM."""
    root_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _signed(now, "root", root_key, root_key, None)
    leaf = _signed(now, "pictures", leaf_key, root_key, root)
    chain = b"".join(each.public_bytes(Encoding.PEM) for each in (leaf, root)).decode()
    secret = leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return leaf, chain, secret.decode()


def _signed(
    now: datetime,
    what: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    root: x509.Certificate | None,
) -> x509.Certificate:
    """As the C2PA specification asks of a signing certificate (14.5.1) and of its issuer."""
    own = root is None
    name = _name(what)
    uses = ("key_cert_sign", "crl_sign") if own else ("digital_signature",)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name if root is None else root.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - EARLIER)
        .not_valid_after(now.astimezone(UTC) + VALID)
        .add_extension(x509.BasicConstraints(ca=own, path_length=0 if own else None), True)
        .add_extension(_usage(*uses), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False
        )
    )
    if not own:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purpose, False)
    return builder.sign(signer, hashes.SHA256())


def _name(what: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, PRODUCT),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{PRODUCT} {what}"),
        ]
    )


def _usage(*allowed: str) -> x509.KeyUsage:
    """What a key may be used for, and nothing else."""
    return x509.KeyUsage(**{use: use in allowed for use in _USES})


def _last(chain: str) -> str:
    last = x509.load_pem_x509_certificates(chain.encode())[-1]
    return last.public_bytes(Encoding.PEM).decode()
