"""P6 XER files on disk, made from facts about how P6 writes them, so that a test names only the cells it is about."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

Cells = Mapping[str, object]


def _names(text: str) -> list[str]:
    return text.split()


#: The columns P6 writes, by version: of each table those a schedule is read from and some that it is not.
_TASK_5: Final = _names("""
    task_id proj_id wbs_id clndr_id est_wt phys_complete_pct rev_fdbk_flag lock_plan_flag auto_compute_act_flag
    complete_pct_type task_type duration_type review_type status_code task_code task_name rsrc_id total_float_hr_cnt
    free_float_hr_cnt remain_drtn_hr_cnt act_work_qty remain_work_qty target_work_qty target_drtn_hr_cnt
    target_equip_qty act_equip_qty remain_equip_qty cstr_date act_start_date act_end_date late_start_date
    late_end_date expect_end_date early_start_date early_end_date restart_date reend_date target_start_date
    target_end_date review_end_date rem_late_start_date rem_late_end_date cstr_type priority_type guid tmpl_guid
    cstr_date2 cstr_type2
""")
_TASK_8: Final = _TASK_5 + _names("""
    float_path float_path_order suspend_date resume_date act_this_per_work_qty driving_path_flag
""")
_TASK_23: Final = [name for name in _TASK_8 if name != "review_type"] + _names("""
    external_early_start_date external_late_end_date create_date update_date create_user update_user location_id
    crt_path_num
""")
_PROJECT_5: Final = _names("""
    proj_id fy_start_month_num allow_complete_flag name_sep_char proj_short_name acct_id orig_proj_id source_proj_id
    base_type_id clndr_id sum_base_proj_id last_recalc_date plan_start_date plan_end_date scd_end_date add_date guid
""")
_PROJECT_8: Final = [name for name in _PROJECT_5 if name != "acct_id"] + _names("""
    project_flag export_flag critical_path_type last_baseline_update_date
""")
_WBS_5: Final = _names("""
    wbs_id proj_id obs_id seq_num est_wt proj_node_flag sum_data_flag status_code wbs_short_name wbs_name phase_id
    parent_wbs_id
""")
_WBS_23: Final = _WBS_5 + _names("guid tmpl_guid plan_open_state")
_PRED_5: Final = _names("task_pred_id task_id pred_task_id proj_id pred_proj_id pred_type lag_hr_cnt")
_PRED_23: Final = _PRED_5 + _names("comments float_path aref arls")

VERSIONS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "5.0": {"PROJECT": _PROJECT_5, "PROJWBS": _WBS_5, "TASK": _TASK_5, "TASKPRED": _PRED_5},
    "8.1": {"PROJECT": _PROJECT_8, "PROJWBS": _WBS_5, "TASK": _TASK_8, "TASKPRED": _PRED_5},
    "15.2": {"PROJECT": _PROJECT_8, "PROJWBS": _WBS_23, "TASK": _TASK_23, "TASKPRED": _PRED_23},
    "23.12": {"PROJECT": list(reversed(_PROJECT_8)), "PROJWBS": _WBS_23, "TASK": _TASK_23[::-1], "TASKPRED": _PRED_23},
}
_OTHERS: Final = {
    "CURRTYPE": _names("curr_id decimal_digit_cnt curr_symbol decimal_symbol digit_group_symbol curr_short_name"),
    "CALENDAR": _names("clndr_id default_flag clndr_name proj_id base_clndr_id clndr_type day_hr_cnt clndr_data"),
    "ACTVTYPE": _names("actv_code_type_id actv_short_len seq_num actv_code_type proj_id actv_code_type_scope"),
    "ACTVCODE": _names("actv_code_id parent_actv_code_id actv_code_type_id actv_code_name short_name seq_num"),
    "TASKACTV": _names("task_id actv_code_type_id actv_code_id proj_id"),
    "UDFTYPE": _names("udf_type_id table_name udf_type_name udf_type_label logical_data_type super_flag"),
    "UDFVALUE": _names("udf_type_id fk_id proj_id udf_date udf_number udf_text udf_code_id"),
}
#: 8 to 12 and 13 to 17, Monday to Friday, as P6 writes working hours.
_HOURS: Final = "(0||0(s|08:00|f|12:00)())(0||1(s|13:00|f|17:00)())"
_CALENDAR: Final = {
    "clndr_id": 1,
    "default_flag": "Y",
    "clndr_name": "Standard",
    "clndr_type": "CA_Base",
    "day_hr_cnt": 8,
    "clndr_data": "(0||CalendarData()((0||DaysOfWeek()((0||1()())"
    + "".join(f"(0||{day}()({_HOURS}))" for day in range(2, 7))
    + "(0||7()())))(0||VIEW(ShowTotal|N)())(0||Exceptions()())))",
}
_EURO: Final = {
    "curr_id": 1,
    "decimal_digit_cnt": 2,
    "curr_symbol": "€",
    "decimal_symbol": ",",
    "digit_group_symbol": ".",
    "pos_curr_fmt_type": "1.1 #",
    "neg_curr_fmt_type": "-1.1 #",
    "curr_short_name": "EUR",
    "group_digit_cnt": 3,
    "base_exch_rate": 1,
}


def project(proj_id: int = 1, name: str = "LSST ME 19-04", **cells: object) -> dict[str, object]:
    """An exported project with its data date at the end of April 2019."""
    return {
        "proj_id": proj_id,
        "proj_short_name": name,
        "name_sep_char": ".",
        "last_recalc_date": "2019-04-30 17:00",
        "clndr_id": 1,
        "export_flag": "Y",
        "plan_start_date": "2018-01-01 08:00",
        "project_flag": "Y",
        **cells,
    }


def wbs(wbs_id: int, name: str, parent: int | str = "", proj_id: int = 1, **cells: object) -> dict[str, object]:
    """A part of the WBS; without a parent it is the project's own node."""
    return {
        "wbs_id": wbs_id,
        "proj_id": proj_id,
        "parent_wbs_id": parent,
        "wbs_short_name": name,
        "wbs_name": name,
        "proj_node_flag": "N" if parent else "Y",
        "status_code": "WS_Open",
        **cells,
    }


def task(task_id: int, code: str, planned: str = "2019-06-28 17:00", **cells: object) -> dict[str, object]:
    """A finish milestone that is not started; P6 fills both planned and both early dates of it."""
    return {
        "task_id": task_id,
        "proj_id": 1,
        "wbs_id": 11,
        "clndr_id": 1,
        "task_code": code,
        "task_name": f"Milestone {code}",
        "task_type": "TT_FinMile",
        "status_code": "TK_NotStart",
        "duration_type": "DT_FixedDUR2",
        "complete_pct_type": "CP_Drtn",
        "target_drtn_hr_cnt": 0,
        "remain_drtn_hr_cnt": 0,
        **{f"{word}_date": planned for word in ("target_start", "target_end", "early_start", "early_end")},
        **{f"{word}_date": planned for word in ("restart", "reend", "late_start", "late_end")},
        **cells,
    }


def completed(
    task_id: int, code: str, actual: str, planned: str = "2018-06-29 17:00", **cells: object
) -> dict[str, object]:
    """A completed milestone: both actual dates, and no remaining ones."""
    actuals = {"act_start_date": actual, "act_end_date": actual, "restart_date": "", "reend_date": ""}
    return task(task_id, code, planned, **{"status_code": "TK_Complete", **actuals, **cells})


def relation(number: int, predecessor: int, successor: int, **cells: object) -> dict[str, object]:
    """A relation between two activities of project 1."""
    ends = {"task_pred_id": number, "task_id": successor, "pred_task_id": predecessor}
    return {**ends, "proj_id": 1, "pred_proj_id": 1, "pred_type": "PR_FS", "lag_hr_cnt": 0, **cells}


def schedule(*tasks: Cells, relations: Sequence[Cells] = (), **tables: Sequence[Cells]) -> dict[str, Sequence[Cells]]:
    """The tables of one project with these activities, all of them in its WBS 02C.05."""
    return {
        "CURRTYPE": [_EURO],
        "PROJECT": [project()],
        "CALENDAR": [_CALENDAR],
        "PROJWBS": [wbs(1, "LSST ME 19-04"), wbs(10, "02C", 1), wbs(11, "05", 10)],
        "TASK": list(tasks),
        "TASKPRED": relations,
        **tables,
    }


def xer_text(
    tables: Mapping[str, Sequence[Cells]],
    *,
    version: str = "19.12",
    exported: str = "2019-05-02",
    newline: str = "\r\n",
    end: bool = True,
) -> str:
    """The text of a file with these tables. A cell stands as it is, without a look at tabs and line breaks in it."""
    lines = [f"ERMHDR\t{version}\t{exported}\tProject\tadmin\tadmin\tdbxDatabaseNoName\tProject Management\tEUR"]
    for name, rows in tables.items():
        lines += [f"%T\t{name}", "\t".join(["%F", *(columns := _columns_of(name, rows, version))])]
        lines += ["\t".join(["%R", *(str(row.get(column, "")) for column in columns)]) for row in rows]
    return newline.join([*lines, *(["%E"] if end else []), ""])


def write_xer(
    path: Path,
    tables: Mapping[str, Sequence[Cells]],
    *,
    version: str = "19.12",
    encoding: str = "cp1252",
    newline: str = "\r\n",
) -> Path:
    """A file with these tables, as P6 of this version writes it."""
    path.write_bytes(xer_text(tables, version=version, newline=newline).encode(encoding))
    return path


def _columns_of(name: str, rows: Iterable[Cells], version: str) -> list[str]:
    """Those of P6's version, and what a row names beside them where the version is not one of ours."""
    if version in VERSIONS and name in VERSIONS[version]:
        return list(VERSIONS[version][name])
    columns = list(_OTHERS.get(name) or VERSIONS["15.2"].get(name, ()))
    return [*columns, *dict.fromkeys(column for row in rows for column in row if column not in columns)]
