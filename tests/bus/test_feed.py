"""What the feed adapter writes into an address."""

import pytest

from shared.bus.feed import in_address
from shared.feed import number
from shared.http.address import check_address


class TestInAddress:
    @pytest.mark.parametrize("seq", [0, 9, 10, 2**31, 10**15 - 1, 10**15, 2**53, 10**16, 10**17 - 1])
    def test_a_number_of_any_size_passes_for_no_persons_number(self, seq: int) -> None:
        check_address(b"/v1/events", f"after={','.join([in_address(seq)] * 12)}".encode())

        assert number(in_address(seq)) == seq
