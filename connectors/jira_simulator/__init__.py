"""A small local Jira over real HTTP, for `syncsvc demo` and the tests."""

from connectors.jira_simulator.server import JiraSimulator
from connectors.jira_simulator.wire import Request

__all__ = ["JiraSimulator", "Request"]
