"""What events mean to figures, one file per subject; nothing else knows. Importing a subject registers its meanings."""

from services.reporting.subjects import cards as cards
from services.reporting.subjects import connectivity as connectivity
from services.reporting.subjects import deliveries as deliveries
from services.reporting.subjects import incidents as incidents
from services.reporting.subjects import openings as openings
from services.reporting.subjects import population as population
from services.reporting.subjects import recordings as recordings
from services.reporting.subjects import repairs as repairs
from services.reporting.subjects import requisitions as requisitions
from services.reporting.subjects import statements as statements
from services.reporting.subjects import stock as stock
from services.reporting.subjects import targets as targets
