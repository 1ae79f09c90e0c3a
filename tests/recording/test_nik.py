"""The national identity number: its rules, what follows from it, and that it is nowhere but where it belongs."""

from datetime import date
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from pydantic_core import PydanticCustomError

from services.recording.identity.encryption import NikKey, NikKeys
from services.recording.identity.nik import Nik, read_nik
from services.recording.identity.receipt_numbers import new_receipt_numbers, read_receipt_number
from tests import factories

GOOD = "6103001705900001"


class TestRules:
    def test_takes_one_that_keeps_them(self) -> None:
        assert read_nik(GOOD).digits == GOOD

    @pytest.mark.parametrize(
        ("number", "value"),
        [
            ("B56", GOOD[:-1]),
            ("B56", GOOD + "1"),
            ("B58", "٦١٠٣٠٠١٧٠٥٩٠٠٠٠١"),
            ("B58", "６１０３００１７０５９００００１"),
            ("B59", "6103 0017 0590 0001"),
            ("B59", "61.03.00.170590.0001"),
            ("B60", GOOD + "\n"),
            ("B61", "61030017059O0001"),
            ("B62", "0" * 16),
            ("B63", "6103000005900001"),
            ("B63", "6103003205900001"),
            ("B63", "6103004005900001"),
            ("B63", "6103007205900001"),
            ("B63", "6103008105900001"),
            ("B64", "6103001700900001"),
            ("B64", "6103001713900001"),
            ("B65", "6103002902010001"),
            ("B66", "6103001705900000"),
            ("B67", "9903001705900001"),
        ],
    )
    def test_refuses(self, number: str, value: str) -> None:
        with pytest.raises(PydanticCustomError) as refusal:
            read_nik(value)
        assert refusal.value.type == "bad_nik", number
        assert value not in str(refusal.value)

    def test_a_number_is_no_text(self) -> None:
        """B57."""
        with pytest.raises(PydanticCustomError) as refusal:
            read_nik(int(GOOD))
        assert refusal.value.type == "wrong_type"

    def test_a_leap_day_of_either_century(self) -> None:
        assert read_nik("6103002902000001").births == (date(2000, 2, 29),)

    def test_a_womans_day_is_forty_more(self) -> None:
        nik = Nik(factories.nik(born_on=date(1990, 5, 17), female=True))
        assert nik.is_female
        assert date(1990, 5, 17) in nik.births

    def test_printed_it_is_masked(self) -> None:
        assert GOOD not in f"{Nik(GOOD)} {Nik(GOOD)!r}"


class TestSealing:
    keys = NikKeys("2", {"1": NikKey(b"a" * 32, b"b" * 32), "2": NikKey(b"c" * 32, b"d" * 32)})

    def test_opens_for_its_own_row_alone(self) -> None:
        row, other = uuid4(), uuid4()
        [encrypted] = self.keys.encrypt((Nik(GOOD), row))
        assert self.keys.decrypt(encrypted, row) == Nik(GOOD)
        assert GOOD.encode() not in encrypted.text + encrypted.index
        with pytest.raises(InvalidTag):
            self.keys.decrypt(encrypted, other)

    def test_is_found_under_every_key_in_use(self) -> None:
        [old] = NikKeys("1", self.keys.keys).encrypt((Nik(GOOD), uuid4()))
        assert old.index in self.keys.blind_indexes(Nik(GOOD))


class TestReceiptNumbers:
    def test_are_read_however_they_were_typed(self) -> None:
        [number] = new_receipt_numbers(1)
        assert read_receipt_number(number.lower().replace("-", " ")) == number

    def test_a_slip_of_the_pen_is_found(self) -> None:
        [number] = new_receipt_numbers(1)
        wrong = ("A" if number[0] != "A" else "B") + number[1:]
        assert read_receipt_number(wrong) is None
