"""The connectors: what joins syncsvc to P6, Jira and published lists. Each kind is loaded when it is first needed."""

from typing import Final

#: kind in the configuration -> "module:Class"
KINDS: Final = {
    "p6_spreadsheet": "connectors.p6_spreadsheet:P6Spreadsheet",
}
