"""C2PA manifests: written into finished files, and read out of any. The only home of its SDK."""

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import c2pa

from services.provenance.xmp import DigitalSource, Unmarkable, embed

PRODUCT = "Likeness"
_TOOL = "io.github.likeness"  # the namespace of what C2PA has no name for
_ENGINE_FILE = "engine"
_OFFLINE = {"remote_manifest_fetch": False, "ocsp_fetch": False}
_WRITING = {"builder": {"thumbnail": {"enabled": False}}, "verify": {"verify_after_sign": False}}


@dataclass(frozen=True, slots=True)
class Origin:
    """How a picture was made: never who it shows, who asked for it, or in which words.

    engine, base_model: by their public names. operation: generate, edit, upscale...
    """

    source: DigitalSource
    engine: str
    at: datetime
    operation: str = "generate"
    base_model: str | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """What signs. chain: PEM, the leaf first. key: PEM."""

    chain: str
    key: str
    algorithm: str = "es256"


@dataclass(frozen=True, slots=True)
class Found:
    """What a file's active manifest says and how it stands.

    signed: by one of the trusted certificates. intact: the signature and every byte that it
    covers are as signed. serial: of the certificate. source: the term of the vocabulary.
    """

    signed: bool
    intact: bool
    serial: str
    source: str | None
    at: datetime | None

    def facts(self) -> dict[str, Any]:
        """Fit for JSON; `of` reads it back."""
        return asdict(self) | {"at": self.at and self.at.isoformat()}

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "Found":
        """What `facts` wrote, in another process."""
        return cls(**{**facts, "at": _time(facts["at"])})


def sign(data: bytes, content_type: str, origin: Origin, signature: Signature) -> bytes:
    """The file with XMP and a manifest; one that it carries already is kept as its ingredient.

    Raises Unmarkable.
    """
    context = c2pa.Context.from_dict(_WRITING)
    info = c2pa.C2paSignerInfo(
        alg=signature.algorithm.encode(),
        sign_cert=signature.chain.encode(),
        private_key=signature.key.encode(),
        ta_url=None,
    )
    marked = carries_manifest(data, content_type)
    definition = json.dumps(_definition(origin, edited=marked))
    pixels, out = io.BytesIO(embed(data, content_type, origin.source)), io.BytesIO()
    try:
        with (
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(definition, context=context) as builder,
        ):
            if marked:
                facts = {"relationship": "parentOf", "label": _ENGINE_FILE}
                builder.add_ingredient(json.dumps(facts), content_type, io.BytesIO(data))
            builder.sign(signer, content_type, pixels, out)
    except c2pa.C2paError as error:
        raise Unmarkable(content_type) from error
    return out.getvalue()


def carries_manifest(data: bytes, content_type: str) -> bool:
    """Whether there is a manifest in the file, sound or not."""
    try:
        return _reader(data, content_type, {}) is not None
    except c2pa.C2paError:
        return False


def read(data: bytes, content_type: str, roots: Iterable[str]) -> Found | None:
    """The active manifest; None where there is none that can be read. roots: PEM, trusted."""
    anchors = "\n".join(roots)
    try:
        reader = _reader(data, content_type, {"trust_anchors": anchors} if anchors else {})
        if reader is None:
            return None
        with reader:
            return _found(json.loads(reader.json()))
    except (c2pa.C2paError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _reader(data: bytes, content_type: str, trust: dict[str, str]) -> c2pa.Reader | None:
    settings = {"trust": trust, "verify": _OFFLINE | {"verify_trust": bool(trust)}}
    context = c2pa.Context.from_dict(settings)
    return c2pa.Reader.try_create(content_type, io.BytesIO(data), context=context)


def _definition(origin: Origin, *, edited: bool) -> dict[str, Any]:
    action: dict[str, Any] = {
        "action": "c2pa.edited" if edited else "c2pa.created",
        "digitalSourceType": origin.source.url,
        "softwareAgent": {"name": f"{PRODUCT}, engine {origin.engine}"},
        "when": origin.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "parameters": {
            f"{_TOOL}.{name}": value
            for name, value in (
                ("operation", origin.operation),
                ("base_model", origin.base_model),
            )
            if value
        },
    }
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": [_ENGINE_FILE]}}
    actions = [opened, action] if edited else [action]
    return {
        "claim_generator_info": [{"name": PRODUCT}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}],
    }


def _found(store: dict[str, Any]) -> Found:
    active = store["manifests"][store["active_manifest"]]
    results = store["validation_results"]["activeManifest"]
    good = {entry["code"] for entry in results["success"]}
    bad = {entry["code"] for entry in results["failure"]} - {"signingCredential.untrusted"}
    action = _making(active)
    return Found(
        signed={"signingCredential.trusted", "claimSignature.validated"} <= good,
        intact="claimSignature.validated" in good and not bad,
        serial=str(active["signature_info"].get("cert_serial_number", "")),
        source=str(action.get("digitalSourceType", "")).rpartition("/")[2] or None,
        at=_time(action.get("when") or active["signature_info"].get("time")),
    )


def _making(manifest: dict[str, Any]) -> dict[str, Any]:
    """The action that says how the picture came about; {} where none does."""
    actions = [
        action
        for assertion in manifest.get("assertions", [])
        if assertion["label"].startswith("c2pa.actions")
        for action in assertion["data"]["actions"]
    ]
    named = [action for action in actions if "digitalSourceType" in action]
    return next(iter(named), {})


def _time(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
