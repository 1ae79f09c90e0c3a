"""Administrative regions, and what the five source articles state: plain files, described in README.md beside them."""

from pathlib import Path

FOLDER = Path(__file__).parent
