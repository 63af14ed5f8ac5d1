"""What can be wrong with a file, in words for a registrar: what it is, and what to do.

Messages are gettext ids; their places are filled from the problem itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from audit.errors import Invalid

Outcome = Literal["error", "warning", "guess", "normalised"]
ERROR: Outcome = "error"  # the row is not imported
WARNING: Outcome = "warning"  # a person should look; the row may be imported
GUESS: Outcome = "guess"  # read as what it most likely means; a person should compare
NORMALISED: Outcome = "normalised"  # put right without doubt, and said so


@dataclass(frozen=True)
class Kind:
    outcome: Outcome
    what: str
    todo: str = ""


_TIDIED = "It was tidied; check it once if you like."

KINDS: dict[str, Kind] = {
    # rows that cannot be imported
    "missing_name": Kind(ERROR, "The name is missing.", "Fill in the name."),
    "missing_member_no": Kind(
        ERROR, "The member number is missing.", "Fill in the number of this member."
    ),
    "duplicate_member_no": Kind(
        ERROR,
        "Row %(also_row)s has the same member number.",
        "Delete one of the two rows, or correct the number.",
    ),
    "lookalike_letter": Kind(
        ERROR,
        "The member number has a letter that looks like another letter or a digit.",
        "Type the number again: digits 0 and 1, plain letters A to Z.",
    ),
    "bad_member_no": Kind(
        ERROR,
        "A member number has letters A to Z first and then digits.",
        "Correct the number of this member.",
    ),
    "double_franchise": Kind(
        ERROR,
        "Row %(also_row)s has the same name, birth date and telephone: one person, two votes.",
        "Keep the row of the unit where the person votes, and enter the other unit there as "
        "second unit. If they are two people, correct the telephone.",
    ),
    "missing_unit": Kind(
        ERROR,
        "The unit is missing.",
        "Fill in the code of the unit where the member votes; the catch-all unit takes in "
        "those who belong nowhere else.",
    ),
    "unknown_unit": Kind(
        ERROR,
        "There is no unit with the code %(value)s.",
        "Use a code from the list of units, not a name.",
    ),
    "unknown_unit_like": Kind(
        ERROR,
        "There is no unit with the code %(value)s.",
        "Use a code from the list of units. Is %(normalised)s meant?",
    ),
    "precision_lost": Kind(
        ERROR,
        "This is a number, of which a spreadsheet keeps only 15 digits: the last ones are lost.",
        "Format the column as text and type or paste the number again.",
    ),
    "birth_implausible": Kind(
        ERROR,
        "The member would be older than 110 years.",
        "Correct the birth date: a year alone, typed into a date cell, looks like this. Leave the "
        "cell empty if the date is not known.",
    ),
    "joined_implausible": Kind(
        ERROR, "The date of joining is more than 110 years ago.", "Correct the date."
    ),
    "birth_in_future": Kind(ERROR, "The birth date is in the future.", "Correct the birth date."),
    "under_age": Kind(
        ERROR, "The member is younger than 18.", "Correct the birth date, or delete the row."
    ),
    "joined_before_birth": Kind(
        ERROR, "The date of joining is before the birth date.", "Correct one of the two dates."
    ),
    "joined_in_future": Kind(
        ERROR,
        "The date of joining is after the date of the roll.",
        "Correct the date, or import this member later.",
    ),
    "impossible_date": Kind(ERROR, "There is no such day.", "Correct the date."),
    "unreadable_date": Kind(
        ERROR,
        "This is not a whole date; a year or a month alone is none.",
        "Write the date as 2026-10-31, or leave the cell empty.",
    ),
    "unknown_status": Kind(
        ERROR,
        "The status must be full, probationary or suspended.",
        "Correct the status; who has left is not in the roll.",
    ),
    "formula": Kind(
        ERROR,
        "The cell holds text that a spreadsheet would run as a formula.",
        "Type the plain value. If you did not write this, ask where the file comes from.",
    ),
    "formula_cell": Kind(
        ERROR,
        "The cell holds a formula.",
        "Replace the formula by its value: copy, then paste as values.",
    ),
    "too_long": Kind(ERROR, "The text is too long.", "Shorten it to %(limit)s characters."),
    "too_many_cells": Kind(
        ERROR,
        "The row has more cells than there are headings.",
        "Look for a comma too many: everything after it has moved one column.",
    ),
    # rows that a person should look at
    "possible_same_person": Kind(
        WARNING,
        "Row %(also_row)s has the same name (perhaps in another spelling) and birth date, and "
        "another telephone.",
        "If this is one person, delete one of the two rows.",
    ),
    "lost_character": Kind(
        WARNING,
        "A character of the name seems to be missing.",
        "Compare it with the original, and type the character or its closest form.",
    ),
    "digits_maybe_lost": Kind(
        WARNING,
        "Everything after the 15th digit is zero, as when a spreadsheet has cut the number.",
        "Compare the number with the original.",
    ),
    "email_not_ascii": Kind(
        WARNING,
        "The address has letters beyond a to z before the @; many mail servers refuse that.",
        "Check that it is no look-alike letter; ask the member for another address.",
    ),
    "hidden_sheet": Kind(
        WARNING,
        "The sheet %(value)s is hidden in the workbook; it was read, for no other has rows.",
        "Look whether it is the right one.",
    ),
    "hidden_rows": Kind(
        WARNING,
        "The sheet has hidden rows, which were read like the others: %(value)s.",
        "Show all rows, and delete those that are not meant.",
    ),
    "hidden_columns": Kind(
        WARNING,
        "The sheet has hidden columns, which were read like the others: %(value)s.",
        "Show all columns, and compare.",
    ),
    "shared_phone": Kind(
        WARNING, "Row %(also_row)s has the same telephone.", "Check whose number it is."
    ),
    "secondary_is_primary": Kind(
        WARNING,
        "The second unit is the unit where the member votes.",
        "Nothing is lost: it is imported once. Leave the second unit empty.",
    ),
    "joined_under_age": Kind(
        WARNING, "The member joined before the age of 18.", "Check the two dates."
    ),
    "missing_date": Kind(WARNING, "The date is missing.", "Fill it in if you can."),
    "unknown_sex": Kind(
        WARNING, "The sex must be M, F or empty.", "It is imported empty; correct it if you can."
    ),
    "unknown_language": Kind(
        WARNING,
        "The language must be zh or en.",
        "It is imported as zh; correct it if that is wrong.",
    ),
    "bad_email": Kind(
        WARNING,
        "This is not an e-mail address.",
        "The member is imported without it; correct it, so that mail arrives.",
    ),
    "bad_phone": Kind(
        WARNING,
        "This is not a telephone number.",
        "The member is imported without it; correct it if you can.",
    ),
    "phone_precision_lost": Kind(
        WARNING,
        "The spreadsheet has cut the telephone number.",
        "The member is imported without it. Format the column as text and type the number again.",
    ),
    "no_contact": Kind(
        WARNING,
        "There is neither an e-mail address nor a telephone number.",
        "Credentials for this member must be printed.",
    ),
    "unknown_column": Kind(
        WARNING, "The column %(value)s is not known.", "It is left out. Check the heading."
    ),
    # what was read as what it most likely means
    "encoding": Kind(
        GUESS,
        "The file is not UTF-8, so it was read as %(value)s.",
        "Compare the names. If they are wrong, save the file as UTF-8.",
    ),
    "excel_serial": Kind(
        GUESS,
        "A number was read as the spreadsheet's number of a day.",
        "Compare the date with the original.",
    ),
    "date_with_time": Kind(
        GUESS,
        "The cell has a time of day too; only the day was taken.",
        "Compare the date with the original: a time can mean that it moved by a day.",
    ),
    "number_as_text": Kind(
        GUESS,
        "A number was taken as text: zeros in front of it, if there were any, are lost.",
        "Compare it with the original.",
    ),
    # what was put right
    "encoding_known": Kind(
        NORMALISED, "The file is in the encoding %(value)s and was read as such."
    ),
    "byte_order_mark": Kind(NORMALISED, "The file begins with a byte order mark; it was skipped."),
    "title_row": Kind(NORMALISED, "A title above the headings was skipped."),
    "blank_line": Kind(NORMALISED, "An empty line was skipped."),
    "surrounding_space": Kind(NORMALISED, "Spaces around the text were removed.", _TIDIED),
    "inner_space": Kind(NORMALISED, "Spaces inside the text were tidied.", _TIDIED),
    "zero_width": Kind(NORMALISED, "An invisible character was removed.", _TIDIED),
    "full_width": Kind(NORMALISED, "Full-width characters were made plain.", _TIDIED),
    "other_form": Kind(
        NORMALISED,
        "Characters that only look like the usual ones were made plain: radicals, compatibility "
        "forms.",
        _TIDIED,
    ),
    "surroundings": Kind(
        NORMALISED, "What stood around it was removed: quotes, brackets, words.", _TIDIED
    ),
    "letter_case": Kind(NORMALISED, "Capital and small letters were made uniform.", _TIDIED),
    "decomposed": Kind(NORMALISED, "An accent was joined with its letter.", _TIDIED),
    "date_style": Kind(NORMALISED, "The date was written in another style.", _TIDIED),
    "date_cell": Kind(NORMALISED, "The spreadsheet's date was taken."),
    "number_cell": Kind(NORMALISED, "The number was taken as text."),
    "phone_prefix": Kind(NORMALISED, "The telephone number was made uniform.", _TIDIED),
    "word": Kind(NORMALISED, "The word was replaced by its code.", _TIDIED),
    # units and constituencies
    "missing_value": Kind(ERROR, "This cell must not be empty.", "Fill it in."),
    "duplicate_code": Kind(ERROR, "Row %(also_row)s has the same code.", "Correct one of the two."),
    "unknown_kind": Kind(
        ERROR,
        "The kind must be district, town, village, community, enterprise or agency.",
        "Correct the kind.",
    ),
    "unknown_parent": Kind(
        ERROR, "There is no unit with the code %(value)s above this one.", "Correct the code."
    ),
    "circle": Kind(ERROR, "The unit is above itself.", "Correct the unit above it."),
    "unit_in_use": Kind(
        ERROR,
        "The unit %(value)s is missing, and members belong to it.",
        "Leave the unit in the file, or move its members by a new roll first.",
    ),
    "unit_in_two": Kind(
        ERROR,
        "The unit %(value)s is also in row %(also_row)s: its members would vote twice.",
        "Leave it in one of the two.",
    ),
    "bad_seats": Kind(
        ERROR, "The number of seats must be a whole number from 1 on.", "Correct the number."
    ),
}


@dataclass(frozen=True)
class Problem:
    """One thing about one place of a file; `row` counts as a spreadsheet does, None is the file.

    `column` is the heading in the file, `field` ours; `value` what the cell holds, `normalised`
    what is imported instead; `also_row` an earlier row that it clashes with.
    """

    kind: str
    row: int | None = None
    column: str | None = None
    field: str | None = None
    value: str = ""
    normalised: str | None = None
    also_row: int | None = None
    limit: int | None = None

    @property
    def outcome(self) -> Outcome:
        return KINDS[self.kind].outcome

    @property
    def is_taken(self) -> bool:
        """Is something else imported than what the cell holds?"""
        return self.outcome in (GUESS, NORMALISED) and self.normalised != self.value

    def what(self, translate: Callable[[str], str] = str) -> str:
        return translate(KINDS[self.kind].what) % vars(self)

    def todo(self, translate: Callable[[str], str] = str) -> str:
        todo = KINDS[self.kind].todo
        return translate(todo) % vars(self) if todo else ""

    def as_dict(self) -> dict[str, object]:
        return {
            "row": self.row,
            "column": self.column,
            "field": self.field,
            "kind": self.kind,
            "outcome": self.outcome,
            "value": self.value,
            "normalised": self.normalised,
            "also_row": self.also_row,
            "what": self.what(),
            "todo": self.todo(),
        }


class UnreadableError(Invalid):
    """The file as a whole cannot be read; nothing was looked at row by row."""
