"""syncsvc keeps the milestones of a P6 schedule, Jira and a published release plan together."""

from pathlib import Path
from typing import Final

__version__: Final = "0.1.0"

#: The folder that holds syncsvc, connectors, mappings and migrations: a checkout or site-packages alike.
HOME: Final = Path(__file__).resolve().parent.parent
