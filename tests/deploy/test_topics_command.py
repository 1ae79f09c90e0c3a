"""The topics job: makes what is missing, leaves what is right, refuses what cannot be put right."""

import asyncio

import pytest
from aiokafka.client import AIOKafkaClient
from typer import Typer
from typer.testing import CliRunner

from deploy.topics import TopicsDiffer, main, make_topics
from shared.messaging.outbox import PARTITIONS
from tests.backends import kafka


class TestMakeTopics:
    async def test_makes_twelve_partitions_of_each(self, topics: kafka.Topics) -> None:
        async with topics.admin() as admin:
            found = {one["topic"]: len(one["partitions"]) for one in await admin.describe_topics(topics.names)}

        assert found == dict.fromkeys(topics.names, PARTITIONS)

    async def test_again_makes_only_what_is_missing(self, topics: kafka.Topics) -> None:
        one_more = topics.names[0] + ".more"

        assert await make_topics(topics.settings, [*topics.names, one_more]) == [one_more]

    async def test_refuses_another_number_of_partitions(self, topics: kafka.Topics) -> None:
        with pytest.raises(TopicsDiffer, match="has 12 partitions, not 13"):
            await make_topics(topics.settings, topics.names, partitions=PARTITIONS + 1)

    async def test_waits_for_a_broker_that_does_not_name_itself_yet(
        self, topics: kafka.Topics, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bootstrap, began = AIOKafkaClient.bootstrap, []

        async def too_early(client: AIOKafkaClient) -> None:
            await bootstrap(client)
            began.append(client)
            if len(began) == 1:
                client.cluster._brokers, client.cluster.controller = {}, None

        monkeypatch.setattr(AIOKafkaClient, "bootstrap", too_early)
        assert await make_topics(topics.settings, topics.names) == []
        assert len(began) > 2, "the first, another, and the one that looks whether all answer"


class TestCommand:
    def test_tells_what_it_made(self, kafka_servers: str) -> None:
        topics = kafka.Topics(kafka_servers)
        app = Typer()
        app.command()(main)
        environment = {"REKAP_KAFKA": kafka_servers, "REKAP_TOPIC_PREFIX": topics.prefix}

        first = CliRunner().invoke(app, env=environment)
        again = CliRunner().invoke(app, env=environment)

        assert first.output.split("\n")[:3] == [f"{name}: made" for name in topics.names]
        assert again.output.split("\n")[:3] == [f"{name}: was there" for name in topics.names]
        asyncio.run(topics.delete())
