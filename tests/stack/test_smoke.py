"""The way of a fact through a whole installation, from outside: token, capture, upload, statement, report, feed."""

import asyncio
import json
import time
from typing import Any

import httpx
import pytest

from tests import factories as make
from tests.stack.installation import Installation

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

UPLOADED = 1_200
WITHIN_SECONDS = 60
HERE = make.LOMBOK_TENGAH  # where no other test records anybody


def bearer(installation: Installation, *scopes: str) -> dict[str, str]:
    token = installation.issuer.issue(scopes=scopes, areas=["*"], audience=[f"rekap-{scopes[0].split(':')[0]}"])
    return {"Authorization": f"Bearer {token}"}


async def figure(installation: Installation, area: str, name: str) -> Any:
    answer = await installation.outside.get(f"/v1/reports/{area}")
    assert answer.status_code == 200, answer.text
    return answer.json()["figures"][name]


async def until_counted(installation: Installation, area: str, at_least: int) -> None:
    end = time.monotonic() + WITHIN_SECONDS
    while (await figure(installation, area, "recorded"))["at_least"] != at_least:
        assert time.monotonic() < end, await figure(installation, area, "recorded")
        await asyncio.sleep(0.1)


class TestThroughTheGateway:
    async def test_a_capture_and_an_upload_reach_the_report(self, installation: Installation) -> None:
        headers = bearer(installation, "recording:write")
        taken = await installation.outside.post("/v1/recordings", json=make.recording(HERE), headers=headers)
        assert taken.status_code == 201, taken.text
        lines = "\n".join(json.dumps(make.recording(HERE)) for _ in range(UPLOADED))
        headers |= {"Content-Type": "application/x-ndjson"}
        answer = await installation.outside.post(
            f"{installation.gateway.uploads_url}/v1/recording-uploads", content=lines, headers=headers
        )
        assert answer.status_code == 200, answer.text
        assert json.loads(answer.text.splitlines()[-1])["summary"]["created"] == UPLOADED
        await until_counted(installation, HERE, UPLOADED + 1)

    async def test_a_statement_stands_beside_the_figure(self, installation: Installation) -> None:
        headers = bearer(installation, "recording:write")
        said = {
            "id": str(make.new_id()), "area": make.SAMBAS, "label": "press", "figure": "recorded", "value": "100200",
            "qualifier": "exact", "as_of": "2017-09-30", "stated_on": "2017-10-02", "speaker": "head of office",
            "publisher": "a newspaper",
        }  # fmt: skip
        answer = await installation.outside.post("/v1/statements", json=said, headers=headers)
        assert answer.status_code == 201, answer.text
        end = time.monotonic() + WITHIN_SECONDS
        while True:
            report = (await installation.outside.get(f"/v1/reports/{make.SAMBAS}")).json()
            if report["statements"]:
                break
            assert time.monotonic() < end
            await asyncio.sleep(0.1)
        assert report["statements"][0]["id"] == said["id"]

    async def test_the_feed_can_be_followed_by_its_links(self, installation: Installation) -> None:
        headers, url, seen = bearer(installation, "recording:read", "events:read"), "/recording/v1/events?limit=2", []
        for _ in range(3):
            answer = await installation.outside.get(url, headers=headers)
            assert answer.status_code == 200, answer.text
            seen += [(event["partitionkey"], event["sequence"]) for event in answer.json()]
            url = str(answer.url.join(answer.links["next"]["url"]))
        assert len(seen) == len(set(seen)) > 1

    async def test_a_long_poll_outlasts_the_time_for_a_body(self, installation: Installation) -> None:
        """The gateway's limits are on what the client sends, not on how long it waits for an answer."""
        headers = bearer(installation, "equipment:read", "events:read")
        heads = (await installation.outside.get("/equipment/v1/events/heads", headers=headers)).json()
        after = ",".join(str(part["seq"]) for part in heads["partitions"])
        began = time.monotonic()
        answer = await installation.outside.get(f"/equipment/v1/events?after={after}&wait=4", headers=headers)
        assert (answer.status_code, answer.json()) == (200, [])
        assert 3.5 < time.monotonic() - began < 10

    async def test_what_is_for_inside_is_not_there(self, installation: Installation) -> None:
        for path in ("/metrics", "/livez", "/readyz", "/v1/events", "/v1/events/heads", "/recording/metrics"):
            assert (await installation.outside.get(path)).status_code == 404, path

    async def test_plain_http_is_sent_on(self, installation: Installation) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            url = f"http://localhost:{installation.gateway.http}/v1/reports/61?as_of=2017-09-30"
            answer = await client.get(url)
        assert answer.status_code == 308
        assert answer.headers["Location"] == "https://localhost/v1/reports/61?as_of=2017-09-30"

    async def test_nothing_says_what_serves(self, installation: Installation) -> None:
        answer = await installation.outside.get(f"/v1/reports/{make.SANGGAU}")
        assert "uvicorn" not in answer.headers.get("server", "").lower()
