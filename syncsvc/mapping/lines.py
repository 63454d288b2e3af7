"""Where in a mapping file a key names a column, for messages."""

import re
from functools import lru_cache
from typing import Final

_TABLE_LINE: Final = re.compile(r"\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY_LINE: Final = re.compile(r"""(?:"([^"]+)"|'([^']+)'|([\w-]+))\s*=""")
_QUOTED: Final = re.compile(r"""\"([^"]*)\"|'([^']*)'""")


@lru_cache(maxsize=32)
def index_lines(text: str) -> dict[tuple[str, str], int]:
    """Key and quoted text -> the first line of a TOML file that has both; ("", text) the first with the text at all.

    (key, "") is where a table or a key begins.
    """
    lines: dict[tuple[str, str], int] = {}
    table, key, depth = "", "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("#"):
            continue
        if depth == 0 and (match := _TABLE_LINE.match(stripped)):
            table = key = match[1].replace('"', "")
            lines.setdefault((key, ""), number)
            continue
        if depth == 0 and (match := _KEY_LINE.match(stripped)):
            name = match[1] or match[2] or match[3]
            key = f"{table}.{name}" if table else name
            lines.setdefault((key, ""), number)
        for found in _QUOTED.finditer(stripped):
            word = found[1] if found[1] is not None else found[2]
            lines.setdefault((key, word), number)
            lines.setdefault(("", word), number)
        bare = _QUOTED.sub("", stripped).partition("#")[0]
        depth = max(depth + bare.count("[") - bare.count("]"), 0)
    return lines
