"""The dashboard, the alert rules and their README speak of what the product exposes."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.app import metrics
from services.deps import Deps

OPS = Path(__file__).parents[2] / ".github" / "ops"
NAME = re.compile(r"\blikeness_[a-z_]+")
SUFFIX = re.compile(r"_(bucket|sum|count|total|created)$")


def dashboard() -> dict[str, object]:
    """The dashboard as Grafana imports it."""
    read: dict[str, object] = json.loads((OPS / "dashboard.json").read_text())
    return read


def expressions() -> Iterator[str]:
    """Every query of the dashboard."""
    panels = dashboard()["panels"]
    assert isinstance(panels, list)
    for panel in panels:
        yield from (target["expr"] for target in panel.get("targets", ()))


async def exposed(deps: Deps) -> set[str]:
    """What the product exposes, without the suffixes of histograms and counters."""
    text = (await metrics.exposition(deps)).decode()
    names = {family.name for family in text_string_to_metric_families(text)}
    return {SUFFIX.sub("", name) for name in names if name.startswith("likeness_")}


def named(text: str) -> set[str]:
    """The metrics that a text names."""
    names = set(NAME.findall(text))
    return {SUFFIX.sub("", name) for name in names}


@pytest.mark.parametrize("file", ["dashboard.json", "alerts.yml", "alerts.test.yml", "README.md"])
async def test_every_metric_that_is_named_is_exposed(deps: Deps, file: str) -> None:
    found = named((OPS / file).read_text())
    assert found, "it names no metric"
    assert found - await exposed(deps) == set()


async def test_every_metric_that_is_exposed_is_explained_and_drawn(deps: Deps) -> None:
    known = await exposed(deps)
    assert known - named((OPS / "README.md").read_text()) == set()
    drawn = named(" ".join(expressions()))
    assert known - drawn == {"likeness_jobs_oldest_seconds"}  # drawn by kind


def test_what_the_database_says_is_never_added_up_over_containers() -> None:
    readme = (OPS / "README.md").read_text()
    by_database = named(readme.partition("**By the database.**")[2]) - {"likeness_database_up"}
    rules = (OPS / "alerts.yml").read_text()
    for query in [*expressions(), *re.findall(r"expr: (\|\n(?:  +.*\n)+?(?= {8}\w)|.*)", rules)]:
        for name in NAME.findall(query):
            if SUFFIX.sub("", name) in by_database:
                before = query[: query.index(name)]
                assert re.search(r"(max|min) without \(instance[^)]*\)\s*\([^)]*$", before), query


def promtool(*arguments: str, stdin: str | None = None) -> str:
    """What promtool says; skips where there is none."""
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("there is no promtool here: on Debian, apt-get install prometheus")
    done = subprocess.run([tool, *arguments], cwd=OPS, input=stdin, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_takes_the_rules_and_each_alert_fires_as_tested() -> None:
    assert "14 rules found" in promtool("check", "rules", "alerts.yml")
    assert "SUCCESS" in promtool("test", "rules", "alerts.test.yml")


async def test_promtool_takes_what_is_exposed(deps: Deps) -> None:
    promtool("check", "metrics", stdin=(await metrics.exposition(deps)).decode())
