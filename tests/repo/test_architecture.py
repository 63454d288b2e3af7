"""Who may import whom. The table is whole: a module or a package that it does not know fails, too."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("syncsvc", "connectors", "migrations")

_PURE = "model errors decisions narratives workdays reconcile compare plan safety proposals names"
_VALUES = "model compare causes checks trend sides workdays names"
_EDGE = (
    "wiring reporting telling story files service compare causes checks trend sides month_report report release_list "
    "notify errors log config settings links mapping model names shapes decisions narratives safety workdays slots "
    "demo schedule web link_list suggestions links_import review_sheet review_answers announcing notice health units "
    "persons"
)

#: A module (or package, with all below it) of syncsvc -> the others it may import; itself always, `syncsvc` (HOME) too.
MAY_IMPORT = {
    "model": "",
    "errors": "",
    "workdays": "",
    "slots": "",
    "persons": "",
    **dict.fromkeys(("reconcile", "compare", "plan", "safety", "proposals", "names", "decisions", "narratives"), _PURE),
    "hand_over": "model",
    "mapping_check": "model mapping",
    "change_requests": "model names",
    "review_sheet": "model decisions",
    "review_answers": "model errors mapping decisions review_sheet",
    "shapes": "model errors",
    "connector": "model errors",
    "toml_table": "errors",
    "secret": "errors",
    "address": "toml_table",
    "settings": "model secret address notify_settings",
    "config": "model errors toml_table secret address settings notify_settings",
    "mapping": "model errors",
    "links": "model errors toml_table",
    "links_import": "model errors",
    "link_list": "model",
    "suggestions": "model names",
    "store": "model errors slots notice health persons",
    **dict.fromkeys(("causes", "checks", "trend", "sides"), "model compare causes checks names workdays"),
    "release_list": "model compare workdays names",
    "month_report": f"{_VALUES} narratives release_list",
    "report": f"{_VALUES} decisions release_list month_report story errors shapes link_list suggestions review_sheet "
    "review_answers slots notice health hand_over change_requests mapping_check",
    "notify": "model errors notice notify_settings secret",
    "log": "model errors",
    "notice": "",
    "notify_settings": "secret",
    "announcing": "model errors notice notify report settings service slots store log",
    "health": "model errors slots",
    "units": "",
    "run_mark": "",
    "service": f"{_PURE} connector store shapes link_list suggestions slots notice log change_requests run_mark",
    "wiring": f"{_PURE} config settings mapping links store service connector shapes log connectors reporting "
    "notify secret health run_mark",
    "story": "model workdays",
    "telling": f"{_PURE} settings links store story",
    "reporting": f"{_VALUES} narratives release_list month_report report errors settings links store hand_over "
    "change_requests review_sheet",
    "files": f"{_PURE} telling config settings mapping mapping_check links store service connector release_list "
    "connectors review_sheet review_answers",
    "demo": "wiring service report model errors connectors.jira_simulator",
    "schedule": _EDGE,
    "web": _EDGE,
    "web.desk": f"{_EDGE} store web",  # holds one open
    "web.sights": f"{_EDGE} store web",  # the type of a move
    "web.pages.plan": f"{_EDGE} store web",  # the type of a stored plan
    "web.pages.runs": f"{_EDGE} store web",  # the type of a run
    "web.pages.sources": f"{_EDGE} store web",  # the type of a reading
    "cli": _EDGE,
    "cli.db": f"{_EDGE} store cli",
    "cli.log": f"{_EDGE} store cli",  # the type of an event
    "cli.nights": f"{_EDGE} store cli",  # the type of the store
    "cli.snapshot_argument": f"{_EDGE} store cli",  # the type of a run
    "connectors": "model errors connector mapping mapping_check hand_over",
    "connectors.jira_simulator": "",
    "migrations": "",
}

#: A package from elsewhere -> the only modules that may import it.
FENCES = {
    "jira": "connectors.jira",
    "requests": "connectors.jira",
    "urllib3": "connectors.jira",
    "sqlalchemy": "syncsvc.store migrations",
    "alembic": "syncsvc.store migrations",
    "openpyxl": "connectors.p6_workbook syncsvc.report",
    "python_calamine": "connectors",
    "click": "syncsvc.cli",
    "jinja2": "syncsvc.report syncsvc.web.view",
    "apscheduler": "syncsvc.schedule",
    "starlette": "syncsvc.web",
    "uvicorn": "syncsvc.web.serving",
    "msgspec": "syncsvc.toml_table syncsvc.settings syncsvc.notify_settings syncsvc.config syncsvc.links "
    "syncsvc.mapping syncsvc.store.codec connectors.worker connectors.worker_process",
    "httpx": "connectors.download syncsvc.notify",
    "lxml": "connectors.release_plan connectors.p6_pmxml_elements connectors.p6_pmxml_look",
    "yaml": "syncsvc.links_import",
}
BROUGHT_BY_JIRA = {"requests", "urllib3"}
DECLARED_AS = {"yaml": "pyyaml"}


def _module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_module_of(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}


def _imported_by(source: str) -> Iterator[str]:
    """Every module that the source imports, wherever the import stands: `from a import b` is a.b if that is one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in line {node.lineno}"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else str(node.module)


def _short(module: str) -> str:
    return module.removeprefix("syncsvc.")


def _is_in(module: str, places: str) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places.split())


def _rule_for(module: str) -> str | None:
    """The nearest row of the table: the module's own, else that of a package above it."""
    name = _short(module)
    while name and name not in MAY_IMPORT:
        name = name.rpartition(".")[0]
    return name or None


def find_offences(module: str, source: str) -> list[str]:
    """What a module imports and may not."""
    rule = _rule_for(module)
    if rule is None and module != "syncsvc":
        return [f"{module} has no row in the table"]
    offences = []
    for target in _imported_by(source):
        top = target.partition(".")[0]
        if top in sys.stdlib_module_names or target == "syncsvc":
            continue
        if top in PACKAGES or top == "mappings":
            allowed = rule is not None and _is_in(_short(target), f"{rule} {MAY_IMPORT[rule]}")
        else:
            allowed = _is_in(module, FENCES.get(top, ""))
        if not allowed:
            offences.append(f"{module} imports {target}")
    return offences


@pytest.mark.parametrize("module", MODULES)
def test_imports_follow_the_table(module: str) -> None:
    assert find_offences(module, MODULES[module].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("syncsvc.model", "from syncsvc.errors import Problem"),
        ("syncsvc.reconcile", "import syncsvc.store"),
        ("syncsvc.reconcile", "def f():\n    from syncsvc.store import Store"),
        ("syncsvc.plan", "import sqlalchemy.orm"),
        ("syncsvc.config", "from syncsvc import mapping"),
        ("syncsvc.service.sync", "from connectors.jira import JiraConnector"),
        ("syncsvc.service.sync", "import syncsvc.config"),
        ("syncsvc.service.sync", "from syncsvc.cli import main"),
        ("syncsvc.store.tables", "from syncsvc.service import Service"),
        ("syncsvc.cli.sync", "from syncsvc.store import Store"),
        ("syncsvc.cli.sync", "from syncsvc.store.migrate import upgrade"),
        ("syncsvc.demo.story", "from connectors.memory import Memory"),
        ("connectors.jira.reading", "from syncsvc.store import Store"),
        ("connectors.table", "from syncsvc.config import load_config"),
        ("connectors.table", "import jira"),
        ("connectors.jira_simulator.site", "from connectors.jira import JiraConnector"),
        ("syncsvc.web", "import requests"),
        ("syncsvc.cli.document", "import jinja2"),
        ("syncsvc.cli.links", "import yaml"),
        ("syncsvc.suggestions", "from syncsvc.store import Store"),
        ("syncsvc.web", "import flask"),
        ("syncsvc.wiring", "import migrations.env"),
        ("syncsvc.wiring", "import mappings"),
        ("syncsvc.colours", ""),
        ("connectors_of_mine", ""),
    ],
)
def test_a_wrong_import_is_found(module: str, source: str) -> None:
    assert len(find_offences(module, source)) == 1


def test_every_fenced_package_is_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[^A-Za-z0-9-]", requirement)[0].replace("-", "_").casefold() for requirement in declared}
    assert {DECLARED_AS.get(package, package) for package in set(FENCES) - BROUGHT_BY_JIRA} <= names


def test_folders_of_files_cannot_be_taken_for_packages() -> None:
    """Imported by name, a folder of the same name where the program is started would take their place."""
    for folder in ("mappings", "migrations"):
        assert not (ROOT / folder / "__init__.py").exists()
    assert not (ROOT / "syncsvc" / "__main__.py").exists()
