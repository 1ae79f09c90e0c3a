"""The national identity number: its rules, what follows from it, and that it is nowhere but where it belongs."""

import os
import secrets
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from pydantic_core import PydanticCustomError

from services.recording.identity.encryption import (
    KEY_FILE_NAME,
    NikKey,
    NikKeys,
    create_key_file,
    load_nik_keys,
    read_key_file,
)
from services.recording.identity.nik import Nik, read_nik
from services.recording.identity.receipt_numbers import new_receipt_numbers, read_receipt_number
from shared.settings import settings_of
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


class TestKeyFile:
    def test_a_kill_while_it_is_made_leaves_none(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """As far as writing goes, whole or not at all: a half one would halt every later start."""
        file = folder / KEY_FILE_NAME
        for step in ("write", "fsync", "link"):
            with monkeypatch.context() as patch:
                patch.setattr(*killed_at(step))
                with pytest.raises(Killed):
                    create_key_file(file)
            assert list(folder.iterdir()) == [], step
        create_key_file(file)
        assert read_key_file(file).current == "1"

    def test_is_on_disk_before_it_has_its_name(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        steps: list[str] = []
        fsync, link = os.fsync, os.link

        def synced(descriptor: int) -> None:
            steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
            fsync(descriptor)

        def linked(*names: Path) -> None:
            steps.append("name")
            link(*names)

        monkeypatch.setattr(os, "fsync", synced)
        monkeypatch.setattr(os, "link", linked)
        create_key_file(folder / KEY_FILE_NAME)

        assert steps == ["file", "name", "folder"]
        assert stat.S_IMODE((folder / KEY_FILE_NAME).stat().st_mode) == 0o600

    def test_made_by_many_at_once_it_is_one(self, folder: Path) -> None:
        settings = settings_of("recording", data_folder=folder)
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(lambda _: load_nik_keys(settings), range(8)))
        assert len({keys.keys["1"].index for keys in found}) == 1
        assert [file.name for file in folder.iterdir()] == [KEY_FILE_NAME]


class Killed(BaseException):
    """The process ended here."""


def killed_at(step: str) -> tuple[Any, str, Any]:
    """Where a step is done, as `setattr` takes it."""

    def end(*_: object) -> None:
        raise Killed

    if step != "write":
        return os, step, end
    return secrets, "token_hex", end


class TestReceiptNumbers:
    def test_are_read_however_they_were_typed(self) -> None:
        [number] = new_receipt_numbers(1)
        assert read_receipt_number(number.lower().replace("-", " ")) == number

    def test_a_slip_of_the_pen_is_found(self) -> None:
        [number] = new_receipt_numbers(1)
        wrong = ("A" if number[0] != "A" else "B") + number[1:]
        assert read_receipt_number(wrong) is None
