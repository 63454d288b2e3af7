"""What TeX is given to print; tests/integration/test_latex.py lets LaTeX read it."""

import pytest

from syncsvc.report.tex import document, escape, label


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ISR, basic (2 x 100)", "ISR, basic (2 x 100)"),
        ("50 % of A & B", r"50 \% of A \& B"),
        ("$x_1$ #2", r"\$x\_1\$ \#2"),
        (r"\input{/etc/passwd}", r"\textbackslash{}input\{/etc/passwd\}"),
        ("^^M", r"\textasciicircum{}\textasciicircum{}M"),
        ("<~|>", r"\textless{}\textasciitilde{}\textbar{}\textgreater{}"),
        ('"q" `q`', r"\textquotedbl{}q\textquotedbl{} \textasciigrave{}q\textasciigrave{}"),
        ("a--b ---", r"a-\kern0pt{}-b -\kern0pt{}-\kern0pt{}-"),
        ("'' ,,", r"'\kern0pt{}' ,\kern0pt{},"),
        ("?`", r"?\kern0pt{}\textasciigrave{}"),
        (">>", r"\textgreater{}\kern0pt{}\textgreater{}"),
        ("two\r\nlines\tand\x00more", "two lines and more"),
        ("  ", ""),
        ("é e\u0301 ł – ™", "é é ł – ™"),  # noqa: RUF001
        ("λ ≤ Δ", r"\ensuremath{\lambda} \ensuremath{\le} \ensuremath{\Delta}"),
        ("中", r"\texttt{[U+4E2D]}\allowbreak{}"),
        ("🚀", r"\texttt{[U+1F680]}\allowbreak{}"),
        ("x\u202ey\u200d", "xy"),
    ],
)
def test_text_is_printed_and_never_obeyed(text: str, expected: str) -> None:
    assert escape(text) == expected


def test_a_word_that_no_line_holds_may_be_broken() -> None:
    assert escape("x" * 90) == r"\allowbreak{}".join(["x" * 40, "x" * 40, "x" * 10])
    assert escape("x" * 40) == "x" * 40


def test_a_label_is_the_code_without_what_tex_would_obey() -> None:
    assert label("LDM-503-10a") == "LDM-503-10a"
    assert label("A_1 %\\x{}#") == "A-1---x---"


def test_a_document_takes_its_body_as_it_is_and_names_its_packages() -> None:
    text = document("PACKAGES and BODY\n", "longtable", "array")
    assert text.count("PACKAGES and BODY\n") == 1
    assert "\\usepackage{longtable}\n\\usepackage{array}\n" in text
    assert text.endswith("PACKAGES and BODY\n\\end{document}\n")
