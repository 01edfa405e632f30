"""What the shape of a name gives away: a placeholder, a group of users, a body that many countries have, a person.

Pure functions over the word lists below, for names that no lookup lists. Conservative: what is taken for no
organisation here is reported, so that a person can look and add it to ``organisations.csv``.
"""

from __future__ import annotations

import re
from typing import Final

from harmgraph.names import clean, key, word_set

_NOBODY: Final = (
    r"(?i:(?:un|not )(?:clear|known|named|specified|disclosed|identified)"
    r"|multiple|various|several|numerous|anonymous|pseudonymous)"
)
# "unknown scammers", but not "Unknown Worlds Entertainment": no capital after the first words.
_PLACEHOLDER: Final = re.compile(
    rf"[\W_]*|(?i:n/?a|none|nil|tb[acd]|others?)|{_NOBODY}(?:/{_NOBODY})*(?:[\W_][^A-Z]*)?"
)
_GROUP_WORDS: Final = word_set(
    "actor actors citizen citizens creator creators criminal criminals customer customers cybercriminals driver"
    " drivers employee employees fan fans fraudsters gamers hacker hackers individual individuals influencers"
    " landlord landlords motorists owner owners parents passengers patient patients payer payers pupil pupils"
    " residents scammer scammers spammers student students supporter supporters taxpayer taxpayers teenagers tenant"
    " tenants trolls user users voters worker workers"
)
_BODY_WORDS: Final = word_set(
    "academy agency ai airlines airport alliance app apps army association authority bank bar board books bros bureau"
    " business camp capital care center centre church city clinic club co college commission committee communications"
    " community companies company constabulary consulting corp corporation council county court data defence defense"
    " department design digital district entertainment enterprises federation festival films foods force foundation"
    " fund games global government group guild health healthcare holdings hospital hotel inc industries institute"
    " insurance international lab labs law league legal limited llc llp logistics ltd magazine management market media"
    " medical medicine military ministry motors municipality museum music national navy network networks news office"
    " online organisation organization parliament partners party pharma pictures police post press productions"
    " properties project publishing radio railway records research restaurant robotics school schools science"
    " sciences security service services shop society software solutions state station store stores studio studios"
    " system systems team tech technologies technology telecom television times tower transport trust tv union"
    " university ventures video"
)
_TITLES: Final = word_set("dr mr mrs ms miss prof professor sir dame lord lady rev pastor")
_PARTICLES: Final = word_set("al bin da de del della den der di dos el ibn la le ten ter van von y")
_PERSON_WORD: Final = re.compile(r"[^\W\d_][\w.'-]*|[\"“'‘][^\W\d_]\w+[\"”'’]")
_GENERIC_BODY: Final = re.compile(
    r"(?:ministry|department|ministries|departments|secretariat) (?:of|for) .+"
    r"|(?:supreme|high|district|federal) court|(?:state|city|local|federal|national) (?:police|government|council)"
    r"|government|police|army|navy|parliament|congress|senate|mod|moj|dod|\w+ ministry"
)


def is_placeholder(name: str) -> bool:
    """Whether the name says only that there is no name: "Unclear/unknown", "Multiple", "-".

    >>> [is_placeholder(name) for name in ("Anonymous/pseudonymous", "unknown-scammers", "*", "Unknown Worlds Inc")]
    [True, True, True, False]
    """
    return _PLACEHOLDER.fullmatch(clean(name)) is not None


def is_user_group(name: str) -> bool:
    """Whether the name is of people who have nothing but a product or a place in common: "X users", "Scammers".

    >>> is_user_group("Radnor High School student"), is_user_group("American Federation of Teachers")
    (True, False)
    """
    words = key(name).split() or [""]
    if len(words) == 1:
        return words[0] in _GROUP_WORDS and (words[0].endswith("s") or words[0] == "individual")
    return words[-1] in _GROUP_WORDS and not {"union", "association", "federation"} & {*words}


def is_generic_body(name: str) -> bool:
    """Whether the name fits a body of many countries: "Ministry of Defence", "Supreme Court".

    >>> is_generic_body("Ministry of Defense"), is_generic_body("MoD"), is_generic_body("Metropolitan Police")
    (True, True, False)
    """
    return _GENERIC_BODY.fullmatch(key(name)) is not None


def has_body_word(name: str) -> bool:
    """Whether a word of the name says that it is an organisation's: "Bank", "University", "Ltd"."""
    return not _BODY_WORDS.isdisjoint(key(name).split())


def is_person_shaped(name: str) -> bool:
    """Whether the name is two to five capitalised words, initials or particles, and none that organisations use.

    So are many names of companies ("Goldman Sachs"): it takes a given name, a title, or company to tell.
    """
    words = clean(name).split()
    return (
        2 <= len(words) <= 5
        and all(_PERSON_WORD.fullmatch(word) is not None for word in words)
        and all(word[0].isupper() or word in _PARTICLES or not word[0].isalpha() for word in words)
        and words[-1][0].isupper()
        and not has_body_word(name)
    )


def is_person_like(name: str, given_names: frozenset[str]) -> bool:
    """Whether a name is to be taken for a person's: person-shaped, and its first word a given name or title.

    Conservative in the sense that matters: such a name is not minted but reported, so that a person can look.

    >>> [is_person_like(name, frozenset({"jane"})) for name in ("Jane Q. Example", "Jane Street Capital")]
    [True, False]
    """
    words = key(name).split()
    return is_person_shaped(name) and (words[0] in given_names or words[0] in _TITLES)
