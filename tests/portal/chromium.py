"""A real Chromium: Debian's, or the one that `REKAP_CHROMIUM` names."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from tests.backends import run_state

DEFAULT_PATH = "/usr/bin/chromium"
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def start_browser() -> AsyncIterator[Browser]:
    """Raises run.Missing."""
    path = os.environ.get("REKAP_CHROMIUM") or DEFAULT_PATH
    if not Path(path).exists() and shutil.which(path) is None:
        raise run_state.BackEndMissing(f"no file {path}; REKAP_CHROMIUM names another")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        await browser.close()
