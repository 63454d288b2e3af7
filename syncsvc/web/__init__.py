"""The review pages: read, decide, approve; served by `syncsvc serve` beside the nights.

A request passes guard (hosts, sizes, headers), then access (who asks), then one page of `pages`, which reads through
the desk and decides through the service, and is rendered by view. No page knows HTTP, and none knows the database.
"""

from syncsvc.web.app import make_app
from syncsvc.web.desk import Desk

__all__ = ["Desk", "make_app"]
