"""The dependencies against a database of known vulnerabilities, where one can be reached.

Neither uv nor pip-audit ships such a database: both ask a server. Standard library only.
"""

import os
import subprocess
import sys
from pathlib import Path

SECONDS = 60  # for the whole audit: a server that does not answer holds nothing up
VULNERABLE = 1  # uv's exit code; 2 stands for every other failure
MIRROR = "LIKENESS_OSV_URL"  # a mirror of https://api.osv.dev


def audit(environment: dict[str, str]) -> bool | None:
    """False if a dependency has a known vulnerability; None if that could not be found out."""
    uv = environment.get("UV") or str(Path(sys.executable).with_name("uv"))
    command = [uv, "audit", "--preview-features", "audit-command"]
    if mirror := environment.get(MIRROR):
        command += ["--service-url", mirror]
    patience = {"UV_HTTP_TIMEOUT": "10", "UV_HTTP_RETRIES": "1"}
    try:
        code = subprocess.run(command, env=environment | patience, timeout=SECONDS).returncode
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if code not in {0, VULNERABLE} else code == 0


if __name__ == "__main__":
    sys.exit({True: 0, False: 1, None: 2}[audit(dict(os.environ))])
