"""The probe: whether the service in this container is ready, as its health check asks. `python -m deploy.probe`."""

import os
import sys
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

SECONDS = 3


def main() -> int:
    direct = build_opener(ProxyHandler({}))
    try:
        with direct.open(f"http://127.0.0.1:{os.environ['REKAP_PORT']}/readyz", timeout=SECONDS):
            return 0
    except (URLError, OSError) as problem:
        print(f"not ready: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
