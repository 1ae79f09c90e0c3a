"""What the feed adapter writes into an address."""

import pytest

from shared.http.url_checks import check_url
from shared.messaging.feed_routes import parse_seq
from shared.messaging.transports.http_feed import seq_in_url


class TestSeqInUrl:
    @pytest.mark.parametrize("seq", [0, 9, 10, 2**31, 10**15 - 1, 10**15, 2**53, 10**16, 10**17 - 1])
    def test_a_number_of_any_size_passes_for_no_persons_number(self, seq: int) -> None:
        check_url(b"/v1/events", f"after={','.join([seq_in_url(seq)] * 12)}".encode())

        assert parse_seq(seq_in_url(seq)) == seq
