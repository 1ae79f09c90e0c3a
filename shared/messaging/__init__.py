"""From an outbox row to an applied event: sequencing, publisher, transports, consumer, inbox."""
