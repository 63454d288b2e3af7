"""What the columns of a source mean, read from a TOML file; and how cells and text become dates.

A mapping is data: the built-in ones lie beside the package in mappings/, a site's own is a file beside its
configuration. Nothing of a site (project names, id patterns, column numbers) stands in code.
"""

from syncsvc.mapping.dates import Cell, parse_date
from syncsvc.mapping.loading import MAPPINGS, builtin_mappings, load_mapping, parse_mapping
from syncsvc.mapping.mapping import Mapping, Named
from syncsvc.mapping.shape import BaselineColumns, Columns, DateColumn, Dates, Relations, ReleasePlan

__all__ = [
    "MAPPINGS",
    "BaselineColumns",
    "Cell",
    "Columns",
    "DateColumn",
    "Dates",
    "Mapping",
    "Named",
    "Relations",
    "ReleasePlan",
    "builtin_mappings",
    "load_mapping",
    "parse_date",
    "parse_mapping",
]
