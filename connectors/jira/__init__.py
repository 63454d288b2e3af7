"""Jira Cloud and Data Center.

    settings    what the configuration says
    wire        one request, one answer: the `jira` client's session under a deadline and a size cap
    answers     what an answer says, and the two ways of having none
    transport   the one retry policy
    issues      an issue in JSON -> a milestone
    reading     which requests find issues by key
    candidates  issues that milestones without a link may belong to
    history     who set a date last
    fields      the field for completions, permissions, `check`
    writing     compare, write, read back
    wording     comments, and what refusals mean
    connector   all of it as a syncsvc.connector.Connector

Only `wire` imports the `jira` client, and only when the first request is made.
"""

from connectors.jira.connector import JiraConnector
from connectors.jira.settings import JiraSettings

__all__ = ["JiraConnector", "JiraSettings"]
