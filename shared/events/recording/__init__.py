"""What the recording service publishes; one file per subject."""

from shared.events.recording.population import OpeningBalanceSet as OpeningBalanceSet
from shared.events.recording.population import PopulationSet as PopulationSet
from shared.events.recording.population import RequiredPopulationMoved as RequiredPopulationMoved
from shared.events.recording.population import RequiredPopulationSet as RequiredPopulationSet
from shared.events.recording.recordings import CapturedItem as CapturedItem
from shared.events.recording.recordings import NonEmptyItems as NonEmptyItems
from shared.events.recording.recordings import Part as Part
from shared.events.recording.recordings import RecordingAt as RecordingAt
from shared.events.recording.recordings import RecordingMove as RecordingMove
from shared.events.recording.recordings import RecordingsAreaChanged as RecordingsAreaChanged
from shared.events.recording.recordings import RecordingsCameOfAge as RecordingsCameOfAge
from shared.events.recording.recordings import RecordingsCaptured as RecordingsCaptured
from shared.events.recording.recordings import RecordingsDeleted as RecordingsDeleted
from shared.events.recording.recordings import RecordingsReversed as RecordingsReversed
from shared.events.recording.recordings import RecordingsStateChanged as RecordingsStateChanged
from shared.events.recording.statements import StatedNumber as StatedNumber
from shared.events.recording.statements import StatementReceived as StatementReceived
from shared.events.recording.targets import TargetSet as TargetSet
from shared.events.recording.topic import TOPIC as TOPIC
