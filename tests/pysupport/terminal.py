"""A program on a terminal of its own."""

import os
import subprocess

from pysupport.timing import STEP


def on_a_terminal(command, **environment):
    """Its exit status, and what it writes; `environment` adds to ours, without what rules colours there."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    ours, theirs = os.openpty()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env={**inherited, **environment}
    ) as process:
        os.close(theirs)
        written = b""
        try:
            while part := os.read(ours, 65536):
                written += part
        except OSError:  # EIO: the program has closed its end
            pass
        os.close(ours)
        return process.wait(STEP), written
