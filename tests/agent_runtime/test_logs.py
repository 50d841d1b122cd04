"""Lines of the log."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from agent_runtime import logs
from agent_runtime.secrets.masking import Masking
from agent_runtime.settings import LogFormat
from xagent_protocol.ids import AgentId


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """A log that is undone afterwards, for it belongs to the whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield io.StringIO()
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_every_line_names_the_agent_and_inside_a_command_its_request(stream: io.StringIO) -> None:
    logs.configure(AgentId("alpha"), LogFormat.JSON, stream)

    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger().info("from us", page="p1")
        logging.getLogger("some.library").warning("from %s", "a library")
    structlog.get_logger().info("later")

    first, second, third = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first["event"] == "from us"
    assert (first["agent_id"], first["request_id"], first["page"]) == ("alpha", "r1", "p1")
    assert second["event"] == "from a library"
    assert (second["agent_id"], second["request_id"]) == ("alpha", "r1")
    assert "request_id" not in third


def test_requests_of_the_http_client_are_not_repeated(stream: io.StringIO) -> None:
    logs.configure(AgentId("alpha"), LogFormat.JSON, stream)

    logging.getLogger("httpx2").info("HTTP Request: POST /api/enrolments")

    assert stream.getvalue() == ""


@pytest.mark.parametrize("log_format", [LogFormat.JSON, LogFormat.CONSOLE])
def test_an_agents_secrets_are_masked_in_every_line(
    stream: io.StringIO, log_format: LogFormat
) -> None:
    logs.configure(AgentId("alpha"), log_format, stream)
    masking = Masking()
    masking.learn("shop", ['hun"ter2'])

    with logs.masked_by(masking):
        structlog.get_logger().warning("from us", reason='no hun"ter2', number=2)
        logging.getLogger("some.library").warning("from %s", 'hun"ter2')
        try:
            raise ValueError('hun"ter2')
        except ValueError:
            logging.getLogger("some.library").exception("it broke")
    structlog.get_logger().info("later")

    assert "ter2" not in stream.getvalue().replace("er2 in", "")
    assert stream.getvalue().count("[secret:shop]") >= 3
    if log_format is LogFormat.JSON:
        assert all(json.loads(line) for line in stream.getvalue().splitlines())


def test_what_is_no_terminal_gets_json_and_people_get_text(stream: io.StringIO) -> None:
    logs.configure(AgentId("alpha"), None, stream)
    structlog.get_logger().info("hello")
    json.loads(stream.getvalue())

    logs.configure(AgentId("alpha"), LogFormat.CONSOLE, stream)
    structlog.get_logger().info("people")
    assert "people" in stream.getvalue().splitlines()[-1]
    assert "\x1b" not in stream.getvalue(), "no colours where no terminal is"
