"""A real Prometheus reads the running product, by the rules and queries that we ship."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from db.embedded.server import EmbeddedPostgres
from tests.ops.test_ops_files import OPS, expressions
from tests.programs import free_port, running
from tests.starting import Start
from tests.starting import data_dir as data_dir
from tests.starting import start as start
from tests.waiting import eventually_sync

MEASURES = """
    insert into work_measures (engine, method, operation, plan, style, status, reason, wait, run,
        total, units, made, charged, given_back, cost_usd, likeness)
    values ('worker', 'trained', 'generate', 'pro', 'oil', 'succeeded', null, 2, 8, 10, 4, 3, 3, 1,
            0.06, '{60, 80, 92}'),
        ('worker', 'trained', 'generate', 'pro', '', 'failed', 'timed_out', null, null, null, 4, 0,
            0, 4, null, '{}')"""


class Prometheus:
    """Its HTTP API."""

    def __init__(self, url: str) -> None:
        self._url = url

    def get(self, path: str, **values: str) -> Any:
        answer = httpx.get(f"{self._url}/api/v1/{path}", params=values, timeout=10).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def value(self, query: str) -> list[float]:
        """What each series of a query is now."""
        return [float(found["value"][1]) for found in self.get("query", query=query)["result"]]

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self._url}/-/ready", timeout=5).is_success
        except httpx.TransportError:
            return False


@contextmanager
def prometheus(folder: Path, targets: list[str]) -> Iterator[Prometheus]:
    """A Prometheus that reads these once a second; skips the test where there is none."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("there is no Prometheus here: on Debian, apt-get install prometheus")
    scrape = {"job_name": "likeness", "static_configs": [{"targets": targets}]}
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
        "rule_files": [str(OPS / "alerts.yml")],
        "scrape_configs": [scrape],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
    address = f"127.0.0.1:{free_port()}"
    command = [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--log.level=error",
    ]
    with running(command):
        known = Prometheus(f"http://{address}")
        eventually_sync(known.answers, timeout=30)
        yield known


def test_prometheus_reads_the_product_once_however_many_containers_say_it(
    start: Start, data_dir: Path, tmp_path: Path
) -> None:
    with start() as program:
        program.wait_for("is ready")
        port = program.url.rpartition(":")[2]
        with psycopg.connect(EmbeddedPostgres(data_dir / "postgres").url()) as connection:
            connection.execute(MEASURES)
        two = [f"127.0.0.1:{port}", f"localhost:{port}"]  # one product by two names
        with prometheus(tmp_path, two) as found:
            eventually_sync(lambda: found.value("sum(up)") == [2], timeout=60)
            ended = "sum(max without (instance) (likeness_work_ended_total))"
            eventually_sync(lambda: found.value(ended) == [2], timeout=60)
            assert sorted(found.value("likeness_images_made_total")) == [3, 3]  # one each
            median = "histogram_quantile(0.5, max without (instance) (%s))"
            [likeness] = found.value(median % "likeness_image_likeness_bucket")
            assert 75 < likeness <= 80  # 80 lies in the bucket up to 80
            _every_query_is_understood(found)
            _every_rule_is_healthy(found)
        assert program.end() == 0


def _every_query_is_understood(found: Prometheus) -> None:
    for query in expressions():
        filled = query.replace("$job", "likeness").replace("$__rate_interval", "1m")
        found.get("query", query=filled)


def _every_rule_is_healthy(found: Prometheus) -> None:
    """Each was evaluated against the real series, without an error."""
    [group] = found.get("rules")["groups"]
    assert len(group["rules"]) == 14
    assert {rule["lastError"] for rule in group["rules"] if "lastError" in rule} <= {""}
