"""Import of rolls, units, constituencies: a dry run that lists every problem, then all or nothing.

`examine` reads a roll and plans it; `stage` keeps the bytes that were examined and `confirm`
imports exactly these; `import_now` does both at once.
"""

from voting.registry.importing.rolls import (
    Examination,
    carry_out,
    examine,
    import_now,
    record_of,
)
from voting.registry.importing.staging import (
    confirm,
    get,
    history,
    report_of,
    stage,
    staged,
    withdraw,
)

__all__ = [
    "Examination",
    "carry_out",
    "confirm",
    "examine",
    "get",
    "history",
    "import_now",
    "record_of",
    "report_of",
    "stage",
    "staged",
    "withdraw",
]
