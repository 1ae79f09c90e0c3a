"""A plan is the same requests whenever and wherever it is sent; offices keep the field's rules while they live it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import msgspec
import pytest

from simulator.fact_log import FactLog
from simulator.office_simulation import OfficeSimulation, simulated_offices
from simulator.plan import Plan, proportional_parts, usual_volume
from simulator.requests import Request
from simulator.run import simulate

BEGIN = date(2025, 1, 6)
DISTRICT = Plan("61.03", BEGIN, days=30, recordings=900)
PROVINCE = Plan("75", BEGIN, days=14, recordings=500)


def lived(plan: Plan) -> Iterator[tuple[date, OfficeSimulation, Request]]:
    facts = FactLog(plan.begin)
    offices = simulated_offices(plan, facts)
    for day in plan.calendar:
        facts.today = day
        for office in offices:
            for request in office.simulate_day(day):
                yield day, office, request


class TestPlan:
    def test_shares_out_every_recording_by_population(self) -> None:
        shares = Plan("00", BEGIN, days=10, recordings=2_000_000).recordings_by_district()

        assert len(shares) == 514
        assert sum(shares.values()) == 2_000_000
        assert shares["32.01"] > 8 * shares["61.01"]  # Bogor, Sambas

    def test_leaves_out_districts_that_were_not_there_yet(self) -> None:
        assert "93.01" not in Plan("00", date(2018, 1, 1), days=1, recordings=1).districts()

    def test_counters_close_at_the_weekend(self) -> None:
        volumes = DISTRICT.recordings_by_day(900)

        assert sum(volumes.values()) == 900
        assert volumes[date(2025, 1, 6)] > 5 * volumes[date(2025, 1, 12)]

    def test_makes_as_many_as_offices_do(self) -> None:
        assert 50 < usual_volume("61.03", 7) / 5 < 200  # Sanggau, a working day

    def test_portions_add_up(self) -> None:
        assert proportional_parts(10, [1, 1, 1]) == [3, 4, 3]
        assert sum(proportional_parts(12_345, [0.1, 7, 3.3])) == 12_345


class TestSeed:
    @pytest.mark.parametrize("plan", [DISTRICT, PROVINCE], ids=["district", "province"])
    def test_the_same_gives_the_same_requests(self, plan: Plan) -> None:
        assert [request for *_, request in lived(plan)] == [request for *_, request in lived(plan)]

    def test_another_gives_other_people_and_ids(self) -> None:
        one = [request.body for *_, request in lived(DISTRICT)]
        other = [request.body for *_, request in lived(replace(DISTRICT, seed=2))]

        assert not set(niks(one)) & set(niks(other))
        assert not set(ids(one)) & set(ids(other))

    async def test_the_account_is_the_same_with_nobody_to_send_to(self) -> None:
        assert (await simulate(DISTRICT, None)).moves == (await simulate(DISTRICT, None)).moves


def niks(bodies: list[bytes]) -> list[str]:
    return [line["nik"] for body in bodies for line in objects(body) if "captured_at" in line]


def ids(bodies: list[bytes]) -> list[str]:
    return [line["id"] for body in bodies for line in objects(body) if "id" in line]


def objects(body: bytes) -> list[dict[str, str]]:
    return [msgspec.json.decode(line) for line in body.splitlines()]


class TestTroubles:
    """What docs/domain.md tells of, and a plan without it would prove nothing of."""

    def test_all_of_them_happen_in_some_office(self) -> None:
        paths, states, codes = set[str](), set[str](), set[str]()
        for seed in range(6):
            for *_, request in lived(Plan("61.03", BEGIN, days=40, recordings=1_500, seed=seed)):
                paths.add(request.path.rpartition("/")[2])
                for line in objects(request.body):
                    states.add(line.get("state", ""))
                    codes.add(line.get("official_code", ""))
        assert paths >= {
            "recording-uploads", "recordings", "reversal", "states", "residences", "centre-answers", "print-runs",
            "requisitions", "grant", "rejection", "shipments", "closing", "postings", "incidents", "updates", "repairs",
            "steps", "connections", "deliveries", "slips", "receipt", "targets", "statements",
            "required-population-movements",
        }  # fmt: skip
        assert states >= {"queued", "held", "resent", "deletion_requested", "deleted", "waiting_parts", "offline"}
        assert codes >= {"PROCESSING", "SFE", "PRR", "EFAC", "DUP", "ADJUDICATE_RECORD"}

    def test_some_uploads_come_late_and_some_hold_days_of_work(self) -> None:
        late = [
            (day, {line["captured_at"][:10] for line in objects(request.body)})
            for day, _, request in lived(DISTRICT)
            if request.path == "/v1/recording-uploads"
        ]

        assert any(min(days) < day.isoformat() for day, days in late)
        assert max(len(days) for _, days in late) >= 9  # after ten days without a line

    def test_some_lines_are_sent_twice_and_some_must_be_refused(self) -> None:
        requests = [request for plan in (DISTRICT, PROVINCE) for *_, request in lived(plan)]
        uploads = [request for request in requests if request.path == "/v1/recording-uploads"]

        assert len(set(ids([request.body for request in uploads]))) < sum(request.lines for request in uploads)
        assert any(request.refused for request in uploads)
        assert all(request.recordings <= request.lines - request.refused for request in uploads)


class TestStore:
    @pytest.mark.parametrize("seed", range(8))
    def test_never_holds_less_than_nothing(self, seed: int) -> None:
        plan = Plan("61.03", BEGIN, days=60, recordings=3_000, seed=seed)

        assert min(office.store.stock for _, office, _ in lived(plan)) >= 0

    def test_runs_out_in_some_office(self) -> None:
        plans = [Plan("61.03", BEGIN, days=60, recordings=3_000, seed=seed) for seed in range(8)]

        assert any(office.store.stock == 0 for plan in plans for _, office, _ in lived(plan))
