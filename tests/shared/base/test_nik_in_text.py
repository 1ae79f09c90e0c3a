"""A NIK in a text is found however it is set apart; other numbers are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.base.nik_in_text import contains_nik
from tests import factories

SEPARATORS = ("", " ", ".", "-", ". ", " - "[:2], "\u00a0", "\u2009")


class TestContainsNik:
    @pytest.mark.parametrize(
        "text",
        [
            "6103004104900001",
            "a.n. 6103004104900001, meninggal",
            "6103 0041 0490 0001",
            "61.03.00.410490.0001",
            "610300-410490-0001",
            "NIK:6103004104900001",
            "telepon 081234 6103004104900001",
            "1234 5678 9012 6103 0041 0490 0001",
            "\uff16\uff11\uff10\uff13\uff10\uff10\uff14\uff11\uff10\uff14\uff19\uff10\uff10\uff10\uff10\uff11",
        ],
    )
    def test_finds(self, text: str) -> None:
        assert contains_nik(text)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "470/1234/DKCS/2018",
            "6103",
            "61030041049000012",  # one digit more
            "610300410490000",  # one less
            "6103004104900000",  # no such serial
            "9903004104900001",  # no such province
            "6103003213900001",  # no such month
            "6103009904900001",  # no such day
            "1,037,093 of 1,037,093",
        ],
    )
    def test_leaves_alone(self, text: str) -> None:
        assert not contains_nik(text)

    @given(st.data())
    def test_finds_each_number_wherever_it_stands(self, data: st.DataObject) -> None:
        digits = factories.nik()
        parts = [digit + data.draw(st.sampled_from(SEPARATORS)) for digit in digits[:-1]]
        words = st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=20)
        before, after = data.draw(words), data.draw(words)
        assert contains_nik(f"{before} {''.join(parts)}{digits[-1]} {after}")
