"""Runs a program on a pseudo-terminal."""

import os
import subprocess

from pysupport.timing import STEP


def on_a_terminal(command, **environment):
    """Returns the exit status and the output. `environment` is added to ours, without variables that control colours."""
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
        except OSError:  # EIO: the program has exited
            pass
        os.close(ours)
        return process.wait(STEP), written
