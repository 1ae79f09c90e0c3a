"""The topics job, at brokers that are there, are coming, or are too few."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.admin import NewTopic
from aiokafka.errors import InvalidReplicationFactorError

from deploy import topics as module
from deploy.topics import make_topics
from tests.backends import kafka

NOT_COUNTED_YET = InvalidReplicationFactorError.errno


class StartingBroker:
    """Stands for a broker that is counted only at the third time it is asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def create_topics(self, wanted: list[NewTopic]) -> Any:  # Any: aiokafka's response
        self.asked.append([each.name for each in wanted])
        late = 0 if len(self.asked) > 2 else NOT_COUNTED_YET
        codes = {"early": 0, "late": late}
        return SimpleNamespace(topic_errors=[(each.name, codes[each.name], None) for each in wanted])


class TestMakeTopics:
    async def test_again_makes_nothing(self, topics: kafka.Topics) -> None:
        assert await make_topics(topics.settings, topics.names) == []

    async def test_of_another_number_of_partitions_cannot_be(self, topics: kafka.Topics) -> None:
        with pytest.raises(module.TopicsDiffer, match="has 12 partitions, not 6"):
            await make_topics(topics.settings, topics.names, partitions=6)


class TestCreate:
    async def test_waits_for_a_broker_that_is_not_counted_yet(self) -> None:
        admin: Any = StartingBroker()
        made = await module.create_topics(admin, [NewTopic(name, 1, 1) for name in ("early", "late")])
        assert made == ["early", "late"]
        assert admin.asked == [["early", "late"], ["late"], ["late"]]

    async def test_more_copies_than_there_are_brokers_are_refused_in_time(
        self, topics: kafka.Topics, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        admin = await module.connect_admin(topics.settings)
        monkeypatch.setattr(module, "READY_SECONDS", 0.3)
        with pytest.raises(InvalidReplicationFactorError):
            await module.create_topics(admin, [NewTopic(f"{topics.names[0]}.copied", 1, 2)])
        await admin.close()
