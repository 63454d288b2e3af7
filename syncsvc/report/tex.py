"""Text that TeX prints and never obeys, and documents that pdfLaTeX and LuaLaTeX both build.

What a font may lack is printed by its number, [U+4E2D]: a name must not fail a build, nor vanish from it in silence.
"""

import re
import unicodedata
from typing import Final

from syncsvc.report.layout import clean

_GREEK: Final = (
    "α:alpha β:beta γ:gamma δ:delta ε:varepsilon ζ:zeta η:eta θ:theta ι:iota κ:kappa λ:lambda μ:mu ν:nu ξ:xi π:pi "  # noqa: RUF001
    "ρ:rho ς:varsigma σ:sigma τ:tau υ:upsilon φ:varphi χ:chi ψ:psi ω:omega "  # noqa: RUF001
    "Γ:Gamma Δ:Delta Θ:Theta Λ:Lambda Ξ:Xi Π:Pi Σ:Sigma Υ:Upsilon Φ:Phi Ψ:Psi Ω:Omega"  # noqa: RUF001
)
_SIGNS: Final = "≤:le ≥:ge ≈:approx ≠:ne ∞:infty ∼:sim"  # noqa: RUF001
_PRINTED_AS: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    **{pair[0]: rf"\ensuremath{{\{pair[2:]}}}" for pair in f"{_GREEK} {_SIGNS}".split()},
}
#: Outside ASCII, what Latin Modern has for both engines: Latin-1, most of Latin Extended-A, a few signs.
_IN_THE_FONTS: Final = re.compile("[¡-ĥĨ-ķĹ-ľŁ-ňŊ-ťŨ-ž–—‘’‚“”„†‡•…€™←↑→↓]")  # noqa: RUF001
_LIGATURE: Final = re.compile(
    "(?<=-)-|(?<=')'|(?<=,),|(?<=<)<|(?<=>)>|(?<=[?!`])`"
)  # between the two, TeX would make one sign of them
_LONGEST_WORD: Final = 40
_NOT_IN_LABEL: Final = re.compile(r"[^A-Za-z0-9.:-]")

_DOCUMENT: Final = r"""\documentclass[11pt]{article}
\ifdefined\directlua\else\usepackage[T1]{fontenc}\fi
\usepackage{lmodern}
\usepackage[PAPER]{geometry}
PACKAGES\setlength{\parindent}{0pt}
\setlength{\parskip}{0.5\baselineskip}

\begin{document}
\raggedright
\hyphenpenalty=10000 % codes and dates stay whole
\exhyphenpenalty=10000
BODY\end{document}
"""


def escape(text: str) -> str:
    r"""One line of text for TeX: specials escaped, no sign made of two, `^^M` and `\input` printed and not obeyed.

    It may stand in headings, too. pdfLaTeX needs the font encoding T1 for it.
    """
    words = unicodedata.normalize("NFC", clean(text)).split()
    return " ".join(_breakable(word) for word in words)


def label(code: str) -> str:
    """What `\\label` and `\\ref` call a milestone: its code, a hyphen for every other sign."""
    return _NOT_IN_LABEL.sub("-", code)


def document(body: str, *packages: str, wide: bool = False) -> str:
    """A complete article around a body that is TeX already; pdfLaTeX and LuaLaTeX build it. `wide`: A4 across."""
    used = "".join(f"\\usepackage{{{package}}}\n" for package in packages)
    paper = "a4paper,landscape,margin=20mm" if wide else "a4paper,margin=25mm"
    return _DOCUMENT.replace("PAPER", paper).replace("PACKAGES", used).replace("BODY", body)


def _breakable(word: str) -> str:
    """A word that no line could hold may be broken."""
    parts = [word[at : at + _LONGEST_WORD] for at in range(0, len(word), _LONGEST_WORD)]
    return r"\allowbreak{}".join(_printed(part) for part in parts)


def _printed(text: str) -> str:
    apart = _LIGATURE.sub(lambda found: f"\0{found[0]}", text)
    return "".join(r"\kern0pt{}" if character == "\0" else _character(character) for character in apart)


def _character(character: str) -> str:
    if (printed := _PRINTED_AS.get(character)) is not None:
        return printed
    if character.isascii() or _IN_THE_FONTS.fullmatch(character):
        return character
    return rf"\texttt{{[U+{ord(character):04X}]}}\allowbreak{{}}"
