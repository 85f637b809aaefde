"""Deadlines. Everything that waits, waits for an event and with one of these; nothing sleeps."""

import os
import time

# A sanitizer's binary is several times slower: the build says by how much.
SLOWDOWN = float(os.environ.get("STARLOCK_TEST_SLOWDOWN", "1"))
# How long any one step may take on a busy machine.
STEP = 15 * SLOWDOWN


class Deadline:
    """A point in time, `seconds` (scaled) from now."""

    def __init__(self, seconds=None):
        self.end = time.monotonic() + (STEP if seconds is None else seconds * SLOWDOWN)

    def left(self, what="it"):
        """Seconds left; raises TimeoutError where there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"waited too long for {what}")
        return left


def milliseconds(value):
    """A duration for a configuration file, scaled."""
    return f"{int(value * SLOWDOWN)}ms"
