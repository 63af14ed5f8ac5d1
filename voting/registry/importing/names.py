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
    "[?？\ufffd\u25a1\u25af\u25a2\u3013\ue000-\uf8ff\U000f0000-\U0010fffd]"
    "|锟斤拷|烫烫|[ÃÂ][\u0080-\u00bf]"
)
_NOT_OF_A_PERSON = re.compile("[\u25a0\u25cb\u25cf\u25ef\u25c6\u25c7*＊×✕#＃&\\\\_=@$%^~|<>]")
_SPELT_OUT = re.compile(r"[(（\[［【][A-Za-zÀ-ɏḀ-ỿ\s]+[)）\]］】]")
# a capital beside a character tells two people apart: 张伟A
_GLUED = re.compile(rf"[{_IDEOGRAPH}][a-zà-ɏ]|[a-zà-ɏ][{_IDEOGRAPH}]")
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
    """Does it look as if a program had no sign for a character?"""
    return bool(_LOST.search(name))


def is_no_name(name: str) -> bool:
    """Is something in it that a person's name never has, as where a character was lost? The name of
    a unit can have it: 3#楼."""
    if _NOT_OF_A_PERSON.search(name):
        return True
    if name.isascii() or not _ANY_IDEOGRAPH.search(name):
        return False
    return bool(_SPELT_OUT.search(name) or _GLUED.search(name))


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
