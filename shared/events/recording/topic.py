"""The topic of the recording service."""

TOPIC = "rekap.recording.v1"
