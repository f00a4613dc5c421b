"""The operator's set-up at Stripe, as the operator runs it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.doubles.stripe import StripeDouble
from tests.doubles.stripe.server import SECRET_KEY, WEBHOOK_SECRET

ROOT = Path(__file__).parents[2]


def run(database_url: str, data_dir: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": database_url}
    return subprocess.run(
        [sys.executable, "main.py", "stripe-setup"],
        cwd=ROOT,
        env=environment | {"DATA_DIR": str(data_dir)} | settings,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_set_up_makes_everything_once(
    database_url: str, tmp_path: Path, double: StripeDouble
) -> None:
    settings = {
        "STRIPE_SECRET_KEY": SECRET_KEY,
        "STRIPE_API_BASE": double.url,
        "PUBLIC_URL": "https://likeness.example.com",
    }
    first = run(database_url, tmp_path, **settings)
    assert first.returncode == 0, first.stderr
    assert f"STRIPE_WEBHOOK_SECRET={WEBHOOK_SECRET}" in first.stdout
    amounts = {price["lookup_key"]: price["unit_amount"] for price in double.world.listed("price")}
    assert amounts == {
        "likeness_creator": 2000,
        "likeness_pro": 4000,
        "likeness_enterprise": 9900,
    }
    made = len(double.world.objects)
    second = run(database_url, tmp_path, **settings)
    assert second.returncode == 0, second.stderr
    assert "was there already" in second.stdout
    assert len(double.world.objects) == made


def test_set_up_without_a_key_says_what_to_do(database_url: str, tmp_path: Path) -> None:
    answer = run(database_url, tmp_path)
    assert answer.returncode != 0
    assert "STRIPE_SECRET_KEY" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_wrong_key_is_said(database_url: str, tmp_path: Path, double: StripeDouble) -> None:
    settings = {"STRIPE_API_BASE": double.url, "PUBLIC_URL": "https://likeness.example.com"}
    answer = run(database_url, tmp_path, STRIPE_SECRET_KEY="sk_test_wrong", **settings)
    assert answer.returncode != 0
    assert "Stripe says" in answer.stderr
    assert "Traceback" not in answer.stderr
