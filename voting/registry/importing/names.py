"""Names of people: characters that only look right, characters that were lost, and two spellings
of one name."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import opencc

# Radicals are signs for dictionaries, but text that was copied from a PDF has them for characters.
# NFKC makes those of Kangxi plain (2F00-2FD5) and two of the supplement; these are the others that
# stand for a character of their own (EquivalentUnifiedIdeograph.txt of Unicode).
_SUPPLEMENT = str.maketrans(
    "⺁⺒⺓⺘⺝⺠⺫⺬⺮⺶⺼⺽⻁⻃⻄⻅⻆⻈⻉⻋⻑⻒⻓⻔⻘⻙⻚⻛⻜⻝⻟⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲",
    "厂巳幺扌月民罒示竹羊肉臼虎覀西见角讠贝车長镸长门青韦页风飞食飠马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龟亀",
)
# blocks whose signs are other forms of a letter or character; full-width ones have a step before
_OTHER_FORMS = re.compile(
    "[\u2e80-\u2fdf\uf900-\ufaff\U0002f800-\U0002fa1f\ufb00-\ufb06\uff66-\uff9f\U0001d400-\U0001d7ff]+"
)
_IDEOGRAPH = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
# what programs write for a character that they lack: placeholders, private use, rests of escapes
_LOST = re.compile(
    "[?？\x1a\x80-\x84\x86-\x9f\ufffc\ufffd\u25a1\u25af\u25a2\u3013\ue000-\uf8ff\U000f0000-\U0010fffd]"
    "|锟斤拷|烫烫|[ÃÂ][\u0080-\u00bf]|ï¿½"
)
# besides letters and their marks, what stands between them and around a note: 张伟（小）
_OF_A_PERSON = frozenset(" '’‘`´ʼ.．·•・･‧∙⋅-‐‑–,，、()（）〇")
_INSTEAD = {"n/a", "nan", "null", "none", "nil", "unknown", "undefined"}
_INSTEAD |= {
    "无",
    "无名",
    "空",
    "未知",
    "不详",
    "不明",
    "待定",
    "暂缺",
    "佚名",
    "匿名",
    "某",
    "某某",
}
_SPELT_OUT = re.compile(
    r"[(（](?:[A-Za-zÀ-ɏḀ-ỿ\s]+|左.+右.*|右.+左.*|上.+下.*|下.+上.*|内.+外.*|外.+内.*|.*(?:字旁|字头|字底|偏旁|音).*)[)）]"
)
_CUT_OFF = re.compile(rf"[{_IDEOGRAPH}](?:[.．·•・･‧∙⋅\-‐‑–,，、'’]+$|[Xx]+|某|\s*[(（]\s*[)）])")
# a capital beside a character tells two people apart: 张伟A
_GLUED = re.compile(rf"[{_IDEOGRAPH}][a-zà-ɏ]|[a-zà-ɏ][{_IDEOGRAPH}]")
_MARKED = re.compile(rf"[{_IDEOGRAPH}][\u0300-\u036f\u3099\u309a]")
_ANY_IDEOGRAPH = re.compile(f"[{_IDEOGRAPH}]")
_BETWEEN = re.compile(r"[\s.．。·•・･‧∙⋅'’`´\-‐‑–—]+")
# forms of one character that are not of two scripts; the library below has those that are
_VARIANTS = str.maketrans(
    "髙﨑嵜𠮷峯淸靑戶黃呂吳溫錄強晧敎鎭說稅閱", "高崎崎吉峰清青户黄吕吴温录强皓教镇说税阅"
)


def plain_forms(text: str) -> str:
    """Radicals and compatibility forms as the characters that they stand for."""
    if not _OTHER_FORMS.search(text):
        return text
    made = _OTHER_FORMS.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    return made.translate(_SUPPLEMENT)


def has_lost_characters(name: str) -> bool:
    """Does it look as if a program had no sign for a character, or read it in another encoding?"""
    return bool(_LOST.search(name)) or (not name.isascii() and _misread(name))


def _misread(name: str) -> bool:
    """Do the same bytes, read as they were written, make characters? UTF-8 read as GBK or as a
    page of western Europe, and GBK read as that. Names as they are make no such bytes."""
    for read_as in ("gb18030", "cp1252", "latin-1"):
        try:
            meant = name.encode(read_as).decode("utf-8")
        except UnicodeError:
            continue
        if _ANY_IDEOGRAPH.search(meant):
            return True
    letters = "".join(letter for letter in name if letter.isalpha() and letter.isascii())
    if letters:
        return False
    try:
        return bool(_ANY_IDEOGRAPH.search(name.encode("cp1252").decode("gb2312")))
    except UnicodeError:
        return False


def is_no_name(name: str) -> bool:
    """Is something in it that a person's name never has, or no letter at all, as where a character
    was lost? The name of a unit can have it: 3#楼."""
    if name.isalpha() and name.isascii():
        return name.casefold() in _INSTEAD
    if name.casefold() in _INSTEAD or not any(map(str.isalpha, name)):
        return True
    if not all(map(_of_a_person, name)):
        return True
    if not _ANY_IDEOGRAPH.search(name):
        return False
    pieces = _SPELT_OUT, _GLUED, _CUT_OFF, _MARKED
    return any(piece.search(name) for piece in pieces)


def _of_a_person(character: str) -> bool:
    """A letter, an accent, a digit (张伟2) or what stands between; no sign, no enclosing mark, and
    nothing that has no meaning yet."""
    if character.isalpha() or character in _OF_A_PERSON:
        return True
    return unicodedata.category(character) in ("Mn", "Mc", "Nd")


def spelling_key(name: str) -> str:
    """The same for the spellings of one name: with or without dots and accents, capital or small
    letters, traditional or simplified characters, given name or family name first."""
    if name.isascii():
        words = _BETWEEN.sub(" ", name.casefold()).split()
        return "".join(sorted(words))
    made = name.translate(_VARIANTS)
    if _ANY_IDEOGRAPH.search(made):
        return _BETWEEN.sub("", _simplified().convert(made)).casefold()
    letters = unicodedata.normalize("NFKD", made.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return "".join(sorted(_BETWEEN.sub(" ", bare).split()))


@cache
def _simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
