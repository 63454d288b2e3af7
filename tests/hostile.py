"""Names that try to steer what shows them, and a release list of them: each format must only print them."""

from dataclasses import replace
from datetime import date

from syncsvc.model import Field, Status
from syncsvc.release_list import Annotations, ReleaseList, make_release_list
from tests.builders import export, milestone

NAMES = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)> onload='x' \" onfocus=\"x",
    "]]> --> <!-- </style></title></svg> &lt;b&gt; &amp;",
    "{{ 7 * 7 }} {% raw %} ${x} #{y}",
    r"\input{/etc/passwd} \write18{id} \end{document}",
    '^^M ^^5cinput 100 % of $x_1$ & {a} ~ #1 | <b>"q"</b>',
    "a -- b --- c ``q'' ?` !` ,, << >>",
    "![i](http://x/y.png) [l](javascript:alert(1)) https://e.org www.e.org a@e.org",
    "*b* _i_ __u__ `c` ~~s~~ | t | # h",
    "1. one",
    "- two",
    "Ελληνικά ε Δ λόγος",
    "测试中文名称",
    "rocket 🚀 family 👩\u200d🚀",
    "עברית \u202eevil\u202c \u2066x",
    "é e\u0301 Straße Ħ ŧ ™ € “q” —",
    "x" * 300,
    "two\r\nlines\x00\x1b[31m \u2028and\u0085more",
    "=1+1",
    " ",
)
DAY = date(2019, 6, 28)
CODE = 'LDM-503-<i>%$#\\x{"&'


def hostile_list() -> ReleaseList:
    """Each name once above and once below, a code and a source as bad, and every state that a row can be in."""
    rows = []
    for number, name in enumerate(NAMES):
        due = date(2019, 1 + number % 12, 3)
        above = milestone(f"LDM-503-{number:02}", due, DAY if number % 3 == 0 else None, name=name)
        rows.append(replace(above, predecessors=(f"DM-{number}", "DM-UNDATED")))
        rows.append(milestone(f"DM-{number}", due, name=name))
    rows.append(milestone("DM-UNDATED"))
    rows.append(replace(milestone(CODE, name="not dated"), predecessors=("DM-1",)))
    rows.append(milestone("LDM-503-98", None, DAY))
    rows.append(milestone("LDM-503-99", DAY, status=Status.COMPLETED))
    snapshot = replace(export(*rows, complete=False), source="/exports/<b>%_x\\^^M.xlsx", edition=2)
    return make_release_list(snapshot, annotations=Annotations(dates={("LDM-503-01", Field.DUE): DAY}))
