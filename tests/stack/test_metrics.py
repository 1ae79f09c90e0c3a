"""What the services really show: well formed, and holding every metric that a rule asks for."""

import re

import pytest

from shared.settings import PORTS
from tests import factories as make
from tests.stack.installation import Installation
from tests.stack.promtool import metrics_asked_for, output_of, promtool

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

DEFINED = re.compile(r"^# TYPE (\S+) (\S+)$", re.MULTILINE)


async def metrics_of(installation: Installation, name: str) -> str:
    answer = await installation.client.get(installation.url(name) + "/metrics")
    assert answer.status_code == 200
    return answer.text


class TestMetrics:
    @pytest.mark.parametrize("name", PORTS)
    async def test_are_well_formed(self, installation: Installation, name: str) -> None:
        checked = promtool("check", "metrics", given=(await metrics_of(installation, name)).encode())
        assert checked.returncode == 0, output_of(checked)

    async def test_hold_all_that_the_rules_ask_for(self, installation: Installation) -> None:
        there = set()
        for name in PORTS:
            for metric, kind in DEFINED.findall(await metrics_of(installation, name)):
                there |= (
                    {f"{metric}{end}" for end in ("_count", "_sum", "_bucket")} if kind == "histogram" else {metric}
                )
        assert metrics_asked_for() <= there
        assert metrics_asked_for()

    async def test_show_the_labels_that_the_rules_choose_by(self, installation: Installation) -> None:
        text = await metrics_of(installation, "reporting")
        for source in ("recording", "blanks", "equipment"):
            assert f'rekap_consumed_events_total{{partition="0",result="stray",source="{source}"}}' in text
            assert f'rekap_parked_events{{source="{source}"}} 0.0' in text

    async def test_stock_is_shown_where_it_is_known_and_nowhere_else(self, installation: Installation) -> None:
        opening = {
            "id": str(make.new_id()), "district": make.KUBU_RAYA, "as_of": "2018-10-31", "source": "count",
            "reason": "begin", "lines": [{"area": make.store(make.KUBU_RAYA), "amount": {"value": 750}}],
        }  # fmt: skip
        await installation.post("blanks", "/v1/stock-openings", opening)
        await installation.settle()
        text = await metrics_of(installation, "reporting")
        assert f'rekap_blank_stock_pieces{{district="{make.KUBU_RAYA}"}} 750.0' in text
        assert f'rekap_blank_stock_pieces{{district="{make.SAMBAS}"}}' not in text
