"""What genai-incidents may say in its fields of codes, and the words among its tags that say where a row came from.

Each set holds the values as the corpus writes them, and each scheme in ``ontology/schemes`` holds exactly these
as ``skos:notation`` (a test compares them). A code outside its set is reported, never made a concept of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CODES: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "owasp_llm": ("owasp-llm", frozenset(f"LLM{number:02}" for number in range(1, 11))),
    "owasp_asi": ("owasp-asi", frozenset(f"ASI{number:02}" for number in range(1, 11))),
    "nist_ai_rmf": (
        "nist-ai-rmf",
        frozenset(
            f"{function}-{number}"
            for function, numbers in {
                "GOVERN": "1.1 1.3 1.4 1.5 3.1 3.2 6.1 6.2",
                "MAP": "2.1 2.3 3.5 4.1 4.2 5.1",
                "MEASURE": "2.3 2.4 2.5 2.6 2.7 2.8 2.9 2.10 2.11",
                "MANAGE": "1.3 2.1 2.2 2.3 2.4 3.1 3.2 4.1 4.3",
            }.items()
            for number in numbers.split()
        ),
    ),
    "mitre_atlas": (
        "mitre-atlas",
        frozenset(
            f"AML.T{number}"
            for number in _words(
                "0002 0007 0008 0010 0010.001 0010.002 0010.003 0011 0012 0015 0016 0016.002 0017 0018 0020 0024"
                " 0024.001 0024.002 0025 0029 0031 0034 0040 0041 0042 0043 0043.000 0043.001 0044 0046 0048 0048.001"
                " 0048.003 0049 0050 0051 0051.000 0051.001 0053 0054 0055 0056 0057 0059 0060 0061 0062 0066 0067"
                " 0070 0072 0085 0085.001 0090 0115 0115.000 0115.001"
            )
        ),
    ),
    "severity": ("genai-severity", frozenset({"Critical", "High", "Medium", "Low", "Info"})),
    "attack_vector": (
        "genai-attack-vector",
        _words(
            "adversarial-input agent-hijack algorithmic-bias auth-bypass backdoor command-injection csam-generation"
            " data-exfiltration deepfake deserialization dos evasion hallucination indirect-prompt-injection"
            " info-disclosure insider jailbreak malware membership-inference memory-poisoning misinformation"
            " model-extraction model-inversion model-poisoning model-theft other path-traversal phishing"
            " privacy-violation prompt-injection ransomware rce sandbox-escape sql-injection ssrf supply-chain"
            " tool-abuse unsafe-advice xss"
        ),
    ),
}
"""Field → the scheme of its values, and the values."""

CODED_TAGS: Final[Mapping[str, tuple[str, str]]] = {
    "eu-ai-act-1-unacceptable": ("eu-ai-act-risk", "unacceptable"),
    "eu-ai-act-2-high-risk": ("eu-ai-act-risk", "high-risk"),
    "eu-ai-act-3-limited-risk": ("eu-ai-act-risk", "limited-risk"),
    "eu-ai-act-4-minimal-or-no-risk": ("eu-ai-act-risk", "minimal-or-no-risk"),
    **{
        f"mit-risk-domain:{domain}": ("mit-risk", f"risk-domain-{domain}")
        for domain in (
            "1-discrimination-and-toxicity",
            "2-privacy-security",
            "3-misinformation",
            "4-malicious-actors-misuse",
            "5-human-computer-interaction",
            "6-socioeconomic-environmental-harms",
            "7-ai-system-safety-failures-and-limitations",
        )
    },
}
"""Tag → scheme and concept, for the tags that are codes of another's taxonomy."""
CODED_PREFIXES: Final = ("eu-ai-act-", "mit-risk-domain:")

PROVENANCE_TAGS: Final = _words(
    "aiaaic aiaaic-sheet aiid airi-navigator atlas avid cross-listed cve cve-entry cvelistv5 ghsa huntr nvd oecd"
    " oecd-aim osv"
)
"""Tags that name the catalogue a row was taken from: ``dct:source``, pages and licence say it better than keywords."""

VULNERABILITY_TAGS: Final = frozenset({"cve", "cve-entry", "ghsa", "osv"})
DEMONSTRATION_TAGS: Final = frozenset({"paper", "research", "research-demonstrated", "red-team", "benchmark"})
EVENT_TAGS: Final = frozenset({"aiaaic", "aiid", "oecd-aim", "case-study", "malicious-package"})
