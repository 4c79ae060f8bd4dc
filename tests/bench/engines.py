"""All engines by name, in the order of the tables."""

import engines_fsm
import engines_plain
import engines_sql

__all__ = ["CORE_COUNTING", "ENGINES", "FSM_LEVELS", "REFERENCE", "TABLED"]

REFERENCE = "polars group_by"
FSM_LEVELS = ("fsm counts", "fsm series", "fsm status")

TABLED = (*engines_fsm.LEVELS, *engines_plain.BOUNDS, *engines_plain.LOOPS, *engines_sql.FOLDS)
CORE_COUNTING = engines_fsm.WORKERS
ENGINES = {engine.name: engine for engine in (*TABLED, *CORE_COUNTING)}
