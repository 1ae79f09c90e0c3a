"""Invented persons keep the rules of the identity number, as recording reads them."""

from datetime import date, timedelta

import pytest

from services.recording.identity.nik import read_nik
from services.recording.recordings.eligibility import check_age
from simulator.people import People

DAY = date(2025, 1, 6)


class TestAdult:
    @pytest.mark.parametrize("begin", [date(2011, 10, 1), date(2018, 2, 28), DAY])
    def test_is_one_by_the_number(self, begin: date) -> None:
        people = People("61.03", begin.year, 17)

        for _ in range(2_000):
            born = read_nik(people.next_adult_nik()).born_by(begin)
            assert check_age(born, begin, early=False, ever_married=False) is None

    def test_is_another_one_each_time_however_many(self) -> None:
        people = People("61.03", 2025, 9_899)

        found = [people.next_adult_nik() for _ in range(100_000)]

        assert len(set(found)) == len(found)
        assert all(read_nik(nik) for nik in found[::997])

    def test_has_a_number_that_nobody_can_hold(self) -> None:
        assert People("61.03", 2025, 0).next_adult_nik().startswith("610300")


class TestTurning17:
    def test_is_16_until_the_day(self) -> None:
        people = People("61.03", DAY.year, 3)

        for days in (1, 30, 200, 364):
            birthday = DAY + timedelta(days=days)
            born = read_nik(people.next_nik_turning_17(birthday)).born_by(DAY)
            assert check_age(born, DAY, early=True, ever_married=False) == birthday

    def test_is_nobody_recorded_as_an_adult(self) -> None:
        people = People("61.03", DAY.year, 9_899)

        adults = {people.next_adult_nik() for _ in range(50_000)}

        assert not {people.next_nik_turning_17(DAY + timedelta(days=days)) for days in range(1, 90)} & adults
