"""From bytes to text. A file says nothing of its encoding, so what is not UTF-8 is read as GB18030,
and that is a guess, which is shown; two encodings in one file are refused, with the line."""

from __future__ import annotations

import re

from voting.registry.importing.problems import Problem, UnreadableError

SAMPLE = 60
# Characters that GB18030 had in private use until Unicode had them; the edition of 2022 moved them.
_MOVED = str.maketrans(
    "\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864\ue816\ue817\ue818\ue831\ue83b\ue855",
    "\u9fb4\u9fb5\u9fb6\u9fb7\u9fb8\u9fb9\u9fba\u9fbb\U00020087\U00020089\U000200cc\U000215d7\U0002298f\U000241fe",
)


def decode(raw: bytes) -> tuple[str, list[Problem]]:
    """The text, with the mark of byte order if there was one. Raises UnreadableError."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode_utf16(raw)
    text = _utf8(raw)
    if text is None:
        return _decode_gb18030(raw)
    _check_is_text(text)
    return text, []


def _decode_utf16(raw: bytes) -> tuple[str, list[Problem]]:
    try:
        text = raw.decode("utf-16")
    except UnicodeDecodeError as error:
        raise UnreadableError("The file is cut off, or it is not text.") from error
    _check_is_text(text)
    return text, [Problem("encoding_known", value="utf-16", normalised="utf-8")]


def _decode_gb18030(raw: bytes) -> tuple[str, list[Problem]]:
    # no byte of a longer character ends a line, in neither encoding
    lines = re.split(rb"\r\n|\r|\n", raw)
    others = [line for line in lines if not line.isascii()]
    utf8 = sum(_is_utf8(line) for line in others)
    if utf8:
        rare = utf8 * 2 <= len(others)  # name the first line of the fewer
        number = next(
            n for n, line in enumerate(lines, 1) if not line.isascii() and _is_utf8(line) == rare
        )
        raise UnreadableError(
            "Line %(line)s is in another encoding than other lines: the file was put together from "
            "two. Save each part as UTF-8 first.",
            line=number,
        )
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError as error:
        raise UnreadableError(
            "Line %(line)s is neither UTF-8 nor GB18030 text. Save the file as UTF-8.",
            line=len(re.split(rb"\r\n|\r|\n", raw[: error.start])),
        ) from error
    _check_is_text(text)
    text = text.translate(_MOVED)
    sample = next((line.strip() for line in text.split("\n") if not line.isascii()), "")
    return text, [Problem("encoding", value="gb18030", normalised=sample[:SAMPLE])]


def _check_is_text(text: str) -> None:
    if "\0" in text:
        raise UnreadableError("The file is not text. Give a CSV file or an .xlsx workbook.")


def _utf8(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _is_utf8(line: bytes) -> bool:
    """Is this line UTF-8 in a file that as a whole is not? Bytes of GB18030 can look like it: then
    they are common characters as GB18030, and rare ones as UTF-8."""
    as_utf8 = _utf8(line)
    if as_utf8 is None:
        return False
    try:
        as_gb = line.decode("gb18030")
    except UnicodeDecodeError:
        return True
    return _share_of_common(as_utf8) > _share_of_common(as_gb)


def _share_of_common(text: str) -> float:
    """How many of the characters beyond ASCII are letters of Europe or of GB 2312, level one."""
    beyond = [character for character in text if character > "\x7f"]
    common = sum(_is_common(character) for character in beyond)
    return common / len(beyond)


def _is_common(character: str) -> bool:
    if "\xc0" <= character <= "\u017f":
        return True
    try:
        raw = character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return raw[0] < 0xD8
