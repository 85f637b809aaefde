"""Deadlines. All waiting is for an event and has a deadline; nothing sleeps."""

import os
import time

# How many times slower a sanitizer's binary is; set by the build.
SLOWDOWN = float(os.environ.get("STARLOCK_TEST_SLOWDOWN", "1"))
# Seconds that any one step may take on a busy machine.
STEP = 15 * SLOWDOWN


class Deadline:
    """A point in time, `seconds` (scaled) from now."""

    def __init__(self, seconds=None):
        self.end = time.monotonic() + (STEP if seconds is None else seconds * SLOWDOWN)

    def left(self, what="it"):
        """Seconds left; raises TimeoutError if there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"waited too long for {what}")
        return left


def milliseconds(value):
    """A duration for a configuration file, scaled."""
    return f"{int(value * SLOWDOWN)}ms"
