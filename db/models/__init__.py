"""All tables, so that one import makes the metadata complete."""

from db.models.accounts import (
    ApiKey,
    AuditEntry,
    Consent,
    IdempotencyKey,
    OneTimeToken,
    PastMember,
    Session,
    ThrottleHit,
    User,
)
from db.models.analytics import FunnelMember
from db.models.credits import CreditAccount, CreditEntry, CreditHold, PlanPrice, PlanRow
from db.models.engines import EngineSetting
from db.models.figures import MeasureTotal, ReportRow, WorkMeasure
from db.models.gallery import Album, AlbumImage, ShareLink
from db.models.generations import GeneratedImage, Generation
from db.models.jobs import JobOffer, JobRow, JobTick
from db.models.limits import CallCount
from db.models.notifications import NotificationChoice, PushKey, PushSubscription
from db.models.payments import Checkout, Customer, Invoice, StripeEvent, Subscription
from db.models.provenance import Fingerprint, SigningCertificate
from db.models.remote import RunRow
from db.models.styles import PackRow, StyleRow
from db.models.user_models import (
    LoraVersion,
    ModelSheet,
    PhoneLink,
    SheetPicture,
    TrainingImage,
    TrainingSample,
    UserModel,
)
from db.models.workers import WorkerJob, WorkerKey

__all__ = [
    "Album",
    "AlbumImage",
    "ApiKey",
    "AuditEntry",
    "CallCount",
    "Checkout",
    "Consent",
    "CreditAccount",
    "CreditEntry",
    "CreditHold",
    "Customer",
    "EngineSetting",
    "Fingerprint",
    "FunnelMember",
    "GeneratedImage",
    "Generation",
    "IdempotencyKey",
    "Invoice",
    "JobOffer",
    "JobRow",
    "JobTick",
    "LoraVersion",
    "MeasureTotal",
    "ModelSheet",
    "NotificationChoice",
    "OneTimeToken",
    "PackRow",
    "PastMember",
    "PhoneLink",
    "PlanPrice",
    "PlanRow",
    "PushKey",
    "PushSubscription",
    "ReportRow",
    "RunRow",
    "Session",
    "ShareLink",
    "SheetPicture",
    "SigningCertificate",
    "StripeEvent",
    "StyleRow",
    "Subscription",
    "ThrottleHit",
    "TrainingImage",
    "TrainingSample",
    "User",
    "UserModel",
    "WorkMeasure",
    "WorkerJob",
    "WorkerKey",
]
