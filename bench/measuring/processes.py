"""The processes of a measurement: backends, load, and the proxies whose CPU time is measured."""

import contextlib
import json
import pathlib
import selectors
import socket
import subprocess
import time

from measuring import place

BENCH = pathlib.Path(__file__).resolve().parent.parent
PATIENCE = 90  # timeout in seconds for any answer


class Failure(RuntimeError):
    """A load, a proxy or a backend failed."""


def _stop(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _line(process, patience=PATIENCE):
    """The next line that the process prints; empty if it has exited."""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(patience):
            raise Failure(f"no answer within {patience} s")
    return process.stdout.readline()


class Backend:
    """All backend servers in one process; has .pid and .ports."""

    def __init__(self, driver, chain, key, services):
        told = [f"{name}={what}" for name, what in services.items()]
        self._process = subprocess.Popen(
            [str(driver), "serve", f"chain={chain}", f"key={key}", *told], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, bufsize=1, preexec_fn=place.on_cores({place.load_cores()[1]}),
        )  # fmt: skip
        self.pid = self._process.pid
        self.ports = json.loads(_line(self._process))

    def seen(self):
        """What each listener has seen since the last call."""
        self._process.stdin.write("seen\n")
        self._process.stdin.flush()
        return json.loads(_line(self._process))

    def pin(self, core):
        import os

        os.sched_setaffinity(self.pid, {core})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        _stop(self._process)


class Load:
    """Clients that are ready to start: `go` starts them and returns their report.

    `nice`: their priority against others on the same core (below 0: real-time).
    """

    def __init__(self, driver, verb, core, nice=0, **words):
        told = [f"{key}={value}" for key, value in words.items() if value not in (None, False)]
        self._told = " ".join([verb, *told])
        self._process = subprocess.Popen(
            [str(driver), verb, *told], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            bufsize=1, preexec_fn=place.on_cores({core}, nice),
        )  # fmt: skip
        try:
            self._expect("ready\n")
        except BaseException:
            _stop(self._process)
            raise

    def _expect(self, wanted=None):
        line = _line(self._process)
        if not line or (wanted and line != wanted):
            raise Failure(f"the load failed: {self._told}: {self._process.stderr.read().strip()[-300:]}")
        return line

    def begin(self):
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def go(self):
        self.begin()
        return json.loads(self._expect())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        _stop(self._process)


@contextlib.contextmanager
def proxy(commands, ports, log, cores):
    """Starts a proxy's processes and waits until all `ports` accept connections; gives their ids. They log to a file."""
    started = []
    try:
        with open(log, "wb") as output:
            for command in commands:
                started.append(subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, preexec_fn=place.on_cores(cores)
                ))  # fmt: skip
        deadline = time.monotonic() + 15
        for port in ports:
            while not _answers(port):
                if any(each.poll() is not None for each in started) or time.monotonic() > deadline:
                    words = pathlib.Path(log).read_text(errors="replace")[-600:]
                    raise Failure(f"{' '.join(map(str, commands[0][-3:]))} does not listen: {words}")
                time.sleep(0.01)
        yield [each.pid for each in started]
    finally:
        for process in started:
            _stop(process)


def _answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def cpu_of(pids):
    return sum(place.tree_cpu(pid)[0] for pid in pids)


def memory_of(pids):
    return sum(place.tree_memory(pid) for pid in pids)


def require_rest(pids, seconds=0.3, most=0.05):
    """Raises Failure if the processes use more than `most` of a core while idle: that would distort all measurements."""
    settle(pids)
    before = cpu_of(pids)
    begun = time.monotonic()
    time.sleep(seconds)
    share = (cpu_of(pids) - before) / (time.monotonic() - begun)
    if share > most:
        raise Failure(f"the proxy uses {share:.0%} of a core while idle")


def settle(pids):
    """Waits until the processes have finished their remaining work, such as goodbyes after the load's end.

    On a busy machine, a process may have used no CPU time only because it was not scheduled: it then counts as runnable.
    """
    before = None
    for _ in range(100):
        found = [place.tree_cpu(pid) for pid in pids]
        now = sum(cpu for cpu, _ in found)
        if before is not None and now - before < 0.0002 and not any(busy for _, busy in found):
            return
        before = now
        time.sleep(0.02)
