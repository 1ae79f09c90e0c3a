"""`python -m tests.golden HISTORY`: the digests of the books that a stored history folds to, as JSON."""

import asyncio
import json
import sys
from pathlib import Path

from tests.golden.write_release import checksums_now

print(json.dumps(asyncio.run(checksums_now(Path(sys.argv[1])))))
