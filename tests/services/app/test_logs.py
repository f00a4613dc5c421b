"""Logs: one JSON object a line, with the request's id, and never one of the secrets."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest

from services.app import logs

Lines = Callable[[], list[dict[str, str]]]
SECRET = "sk-a-key-of-the-operator"


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What was logged, as parsed objects."""
    stream = io.StringIO()
    handler = logs.handler(stream, logs.Json(), [SECRET, "abc"])
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel("INFO")
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


def test_a_line_is_an_object_with_the_request_it_belongs_to(lines: Lines) -> None:
    token = logs.REQUEST_ID.set("r-17")
    logging.getLogger("services.x").info("Made %d images", 3, extra={"job": "j"})
    logs.REQUEST_ID.reset(token)
    (line,) = lines()
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO", "logger": "services.x", "message": "Made 3 images",
        "request_id": "r-17", "job": "j",
    }  # fmt: skip


def test_secrets_are_blotted_out_wherever_they_are(lines: Lines) -> None:
    try:
        raise ValueError(f"401 for {SECRET}")
    except ValueError:
        logging.getLogger("x").exception("key %s", SECRET, extra={"url": f"https://h/?k={SECRET}"})
    (line,) = lines()
    assert SECRET not in json.dumps(line)
    assert line["message"] == "key [secret]"


def test_short_values_hide_no_ordinary_words(lines: Lines) -> None:
    logging.getLogger("x").info("abcdef")
    assert lines()[0]["message"] == "abcdef"
