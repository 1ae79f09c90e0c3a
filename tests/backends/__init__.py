"""Real back ends for tests: PostgreSQL and Apache Kafka, fetched by Python packages, one of each per run."""
