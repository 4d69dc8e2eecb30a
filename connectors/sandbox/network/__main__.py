"""`python -m connectors.sandbox.network [--host 127.0.0.1] [--port 0]`: prints {"url": …} when it is ready."""

import argparse
import json
import sys
from contextlib import suppress

from connectors.sandbox.network.server import serve


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m connectors.sandbox.network", description="The sandbox network.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    options = parser.parse_args()
    with suppress(KeyboardInterrupt):
        serve(options.host, options.port, _say)


def _say(url: str) -> None:
    sys.stdout.write(json.dumps({"url": url}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
