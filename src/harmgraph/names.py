"""Names as sources write them → the forms in which they are compared.

Pure functions, no lookups: cleaning, folding of look-alike letters, keys, acronyms in parentheses and the
splitting of lists. `harmgraph.actors` decides with them what a name means. Nothing here compares by similarity,
and the source's own string is never changed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from harmgraph.errors import Severity

# Letters that are drawn like a Latin one, and only those: lower-case Cyrillic в, м, н and т are not.
_CYRILLIC: Final = ("АВЕКМНОРСТУХІЈЅԌԚԜаеорсухіјѕһԁԛԝ", "ABEKMHOPCTYXIJSGQWaeopcyxijshdqw")
_GREEK: Final = ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧακνορυχι", "ABEZHIKMNOPTYXakvopuxi")
_LOOK_ALIKES: Final = str.maketrans(_CYRILLIC[0] + _GREEK[0], _CYRILLIC[1] + _GREEK[1])
_WORD: Final = re.compile(r"\w+")
_STRAIGHT: Final = str.maketrans("’‘‛ʼ´`“”„", "''''''\"\"\"")


def word_set(text: str) -> frozenset[str]:
    """The words of a text: how the word lists of this layer are written."""
    return frozenset(text.split())


# American → British, and short forms → whole words, for comparison only.
_SPELLINGS: Final = {
    "dept": "department",
    "govt": "government",
    "intl": "international",
    "univ": "university",
    "defense": "defence",
    "organization": "organisation",
    "organizations": "organisations",
    "center": "centre",
    "centers": "centres",
    "labor": "labour",
    "program": "programme",
    "color": "colour",
    "license": "licence",
    "theater": "theatre",
}
_LEGAL_FORMS: Final = word_set(
    "ab ag aps asa bv co com company corp corporation gmbh inc incorporated jsc kgaa kk limited llc llp lp ltd ltda nv"
    " ooo oy oyj ou pbc pjsc plc private pte pty pvt sa sas sarl se spa srl"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something amiss or mended in a name, for the adapter to report with the field and record it knows."""

    kind: str
    value: str
    message: str
    severity: Severity = "warning"


def clean(name: str) -> str:
    """The name without what nobody sees: NFKC, no zero-width characters, plain apostrophes, single spaces.

    >>> clean("King’s\\u200b College\\xa0 ``")
    "King's College"
    """
    visible = name
    if not name.isascii():
        visible = "".join(c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) != "Cf")
        visible = unicodedata.normalize("NFKC", visible)  # what a zero-width character kept apart may compose now
    return " ".join(visible.translate(_STRAIGHT).split()).strip(" ',;`")


def fold_look_alikes(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with Cyrillic and Greek look-alikes in otherwise Latin words made Latin, and the words changed.

    A word of one script stays as it is, and so does one with a letter that looks like no Latin one. Character
    offsets stay the same.

    >>> fold_look_alikes("Ministry of Defenсe, Москва")
    ('Ministry of Defence, Москва', ('Defenсe',))
    """
    if text.isascii():
        return text, ()
    changed: list[str] = []

    def fold(match: re.Match[str]) -> str:
        word = match[0]
        folded = word.translate(_LOOK_ALIKES)
        if folded == word or not any(map(_is_latin, word)) or not all(_is_latin(c) or not c.isalpha() for c in folded):
            return word
        changed.append(word)
        return folded

    return _WORD.sub(fold, text), tuple(changed)


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")


@lru_cache(maxsize=1 << 14)
def key(name: str) -> str:
    """The form in which names are compared: folded, without case, accents, punctuation, or a leading "the".

    >>> key("The Organization of A.B.C.") == key("organisation of ABC")
    True
    >>> key("K&L Gates"), key("Crédit  Agricole"), key("Dallas PD") == key("Dallas Police Dept.")
    ('k and l gates', 'credit agricole', True)
    """
    folded = fold_look_alikes(clean(name))[0]
    bare = "".join(c for c in _without_marks(_without_marks(folded).casefold()) if c not in "'\"")
    spaced = "".join(c if c.isalnum() else " " for c in bare.replace("&", " and ").replace("+", " plus "))
    joined = fold_look_alikes(" ".join(_join_initials(spaced.split())))[0]  # again: accents hid some look-alikes
    words = [_SPELLINGS.get(word, word) for word in joined.split()]
    if len(words) > 1 and words[-1] == "pd":
        words[-1:] = ["police", "department"]
    while len(words) > 1 and words[0] == "the":
        del words[0]
    return " ".join(words)


def _without_marks(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _join_initials(words: Iterable[str]) -> list[str]:
    """Runs of single letters as one word: ``u s navy`` is ``us navy``."""
    joined: list[str] = []
    initials = False
    for word in words:
        single = len(word) == 1 and word.isalpha()
        if single and initials:
            joined[-1] += word
        else:
            joined.append(word)
        initials = single
    return joined


def compact(name: str) -> str:
    """The key without spaces, if it is long enough to say as much so; else nothing: "TikTok" is "Tik Tok".

    >>> compact("Hugging Face") == compact("HuggingFace"), compact("X AI")
    (True, '')
    """
    joined = key(name).replace(" ", "")
    return joined if len(joined) >= 6 else ""


def key_without_legal_form(name: str) -> str:
    """The key without legal forms at its end, as long as something is left of it.

    >>> key_without_legal_form("Staqu Technologies Pvt. Ltd.")
    'staqu technologies'
    """
    words = key(name).split()
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    return " ".join(words)


def without_parenthesis(name: str) -> tuple[str, str]:
    """The name and what stands in parentheses at its end, most often its acronym.

    >>> without_parenthesis("Los Angeles Police Department (LAPD)")
    ('Los Angeles Police Department', 'LAPD')
    """
    match = re.fullmatch(r"(.*\S)\s*\(([^()]+)\)", name)
    return (match[1], match[2].strip()) if match else (name, "")


def is_acronym(name: str) -> bool:
    """Whether a name is one to six capitals, so that other spellings of it are other words: "Mps" is not the MPS."""
    return name.isupper() and name.isalpha() and len(name) <= 6


def split_list(cell: str) -> tuple[str, ...]:
    """The entries of a cell: ``;`` and line ends always separate.

    >>> split_list("OpenAI;  xAI ;")
    ('OpenAI', 'xAI')
    """
    return tuple(part.strip() for part in re.split(r"[;；\n\r]", cell) if part.strip())


def longest_runs(parts: Sequence[str], separator: str, known: Callable[[str], bool]) -> tuple[str, ...]:
    """The parts of a split name, put together again where a run of them is a known name of its own.

    >>> longest_runs(["G", "O Media", "Gizmodo"], "/", lambda name: name == "G/O Media")
    ('G/O Media', 'Gizmodo')
    """
    runs: list[str] = []
    start = 0
    while start < len(parts):
        ends = range(len(parts), start + 1, -1)
        end = next((end for end in ends if known(separator.join(parts[start:end]))), start + 1)
        runs.append(separator.join(parts[start:end]).strip())
        start = end
    return tuple(runs)
