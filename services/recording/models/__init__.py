"""Tables of recording with their rules; one file per noun."""

from services.recording.models.audit import LookUp as LookUp
from services.recording.models.base import Table as Table
from services.recording.models.documents import Document as Document
from services.recording.models.documents import Movement as Movement
from services.recording.models.imports import Import as Import
from services.recording.models.imports import ImportFinding as ImportFinding
from services.recording.models.recordings import Recording as Recording
from services.recording.models.recordings import RecordingStep as RecordingStep
from services.recording.models.recordings import Residence as Residence
from services.recording.models.statements import Statement as Statement
from services.recording.models.targets import Target as Target
