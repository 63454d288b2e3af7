"""The drift report as one HTML file: nothing is fetched, nothing is run but the script it carries by hash.

Same report, same bytes. Without the script everything is readable; the script only filters, sorts and looks up.
"""

from syncsvc.month_report import MonthReport, name_period
from syncsvc.report.html import front, provenance, sections, table
from syncsvc.report.html.burn_chart import burn_down_words, draw_burn_down
from syncsvc.report.html.charts import SlipChart
from syncsvc.report.html.decisions import decisions
from syncsvc.report.html.terms import FIELDS, moved
from syncsvc.report.html.trend_view import trend
from syncsvc.report.narrative_sections import narrative_rule
from syncsvc.report.pages import DARK, LIGHT, TEMPLATES, base_style, content_policy, environment
from syncsvc.report.timeline import timeline_style, timeline_svg
from syncsvc.report.words import LIGHTS, counted, day

#: Colours this page has besides those of every page: marks of other sides (contrast 4.5 and more), bars behind marks.
_MORE_COLOURS = {
    "light": {"jira": "#6b3fa0", "published": "#8a3c00", "mild-late": "#e6a8a3", "mild-early": "#9cceb4"},
    "dark": {"jira": "#c9a7f5", "published": "#f0a772", "mild-late": "#8a4540", "mild-early": "#3f7d5c"},
}


def drift_html(report: MonthReport) -> str:
    """The page of a drift report."""
    style = report_style()
    script = (TEMPLATES / "drift.js").read_text(encoding="utf-8")
    early_script = 'document.documentElement.classList.add("js")'
    full = table.make_full_table(report)
    listed, tops_left_out = sections.release_list(report)
    moves = sections.move_lists(report)
    return (
        environment()
        .get_template("drift.html.jinja")
        .render(
            report=report,
            style=style,
            script=script,
            early_script=early_script,
            policy=content_policy([style], [early_script, script]),
            period=name_period(report.drift.after),
            prepared=report.prepared_at.strftime("%Y-%m-%d %H:%M UTC"),
            front=front,
            sections=sections,
            provenance=provenance,
            decisions=decisions(report),
            moves=moves,
            slip_chart=SlipChart((*moves.first, *moves.further), report.drift.after.data_date),
            small_chart=SlipChart(moves.small, report.drift.after.data_date),
            causes=sections.causes(report),
            sides=sections.sides(report),
            changes=sections.changes(report),
            trend=trend(report),
            timeline=timeline_svg(listed, embedded=True) if listed.milestones else "",
            tops_left_out=tops_left_out,
            burn_down=draw_burn_down(report.trend),
            burn_down_words=burn_down_words(report.trend),
            table=full,
            rows_at_once=table.ROWS_AT_ONCE,
            most_rows=table.MOST_ROWS,
            addresses=provenance.addresses(report),
            moved=moved,
            day=day,
            counted=counted,
            lights=LIGHTS,
            fields=FIELDS,
            narrative_rule=narrative_rule,
        )
    )


def report_style() -> str:
    """The whole style of the page; the review pages begin with it, too.

    A theme that the reader chose stands over the one of the screen.
    """
    light, dark = {**LIGHT, **_MORE_COLOURS["light"]}, {**DARK, **_MORE_COLOURS["dark"]}
    more = "".join(
        (
            _variables(":root", _MORE_COLOURS["light"]),
            "@media screen and (prefers-color-scheme:dark){",
            _variables(":root", _MORE_COLOURS["dark"]),
            "}\n@media screen{",
            _variables(":root[data-theme=light]", light, "color-scheme:light;"),
            _variables(":root[data-theme=dark]", dark, "color-scheme:dark;"),
            "}\n",
        )
    )
    own = (TEMPLATES / "drift.css").read_text(encoding="utf-8")
    return base_style() + more + timeline_style() + own


def _variables(selector: str, colours: dict[str, str], lead: str = "") -> str:
    return f"{selector}{{{lead}{''.join(f'--{name}:{value};' for name, value in colours.items())}}}"
