"""The environment of a measurement: network namespace, assignment of cores, facts about the machine."""

import ctypes
import fcntl
import os
import pathlib
import platform
import resource
import socket
import struct
import time

CONGESTION = "reno"
DESCRIPTORS = 65536
_CLONE_NEWNET, _SIOCSIFFLAGS, _IFF_UP, _PR_SET_PDEATHSIG, _SIGKILL = 0x40000000, 0x8914, 1, 1, 9
_TICK = os.sysconf("SC_CLK_TCK")
_libc = ctypes.CDLL(None, use_errno=True)


def proxy_cores(workers):
    """The proxy's cores: as many as it has workers, from core 0 on."""
    return set(range(min(workers, os.cpu_count())))


def load_cores(workers=1):
    """The cores of clients and backends: one each, if the machine has enough cores."""
    count = os.cpu_count()
    left = sorted(set(range(count)) - proxy_cores(workers)) or [count - 1]
    return left[0], left[1] if len(left) > 1 else left[0]


def _write(path, text):
    pathlib.Path(path).write_text(text)


def private_network():
    """Moves this process, and all it starts later, into a network namespace that has only loopback.

    All sockets in it use the same congestion control, and all ports are free. Needs root.
    """
    if _libc.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "no network namespace (are you root?)")
    with socket.socket() as some:
        fcntl.ioctl(some, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _IFF_UP))
    net = "/proc/sys/net"
    _write(f"{net}/ipv4/tcp_congestion_control", CONGESTION)
    _write(f"{net}/core/somaxconn", "16384")
    _write(f"{net}/ipv4/tcp_max_syn_backlog", "16384")
    # For ten thousand sessions: long accept queues, and a wide range of client ports that can be reused at once.
    _write(f"{net}/ipv4/ip_local_port_range", "32768 65535")
    _write(f"{net}/ipv4/tcp_tw_reuse", "1")


def most_descriptors():
    """The limit of file descriptors that `descriptors` will set."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return hard if hard < DESCRIPTORS and not _may_raise() else DESCRIPTORS


def _may_raise():
    """Whether this process has CAP_SYS_RESOURCE; in a container, root may lack it."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) & 1 << 24)
    return False


def descriptors():
    """Raises the limit of file descriptors for this process and its children; returns it."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < DESCRIPTORS:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
        except (ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            return hard
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))
    return DESCRIPTORS


def on_cores(cores, nice=0):
    """A function for a child to call before exec: sets affinity, niceness and parent-death signal.

    A negative `nice` means real-time priority, if that is allowed.
    """

    def prepare():
        _libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL)
        os.sched_setaffinity(0, cores)
        try:
            if nice < 0:
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
            else:
                os.nice(nice)
        except PermissionError:  # if this fails, the load's own lateness shows it
            pass

    return prepare


def cpu_seconds(pid):
    """CPU time of the process, user and system, of all threads including those that ended; resolution 1 ns."""
    return time.clock_gettime((~pid << 3) | 2)  # clock_getcpuclockid(3), which Python does not have


def tree(pid):
    """The process and its descendants: pid → (CPU seconds of its ended children, whether it is runnable)."""
    parents, known = {}, {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            fields = stat.rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
            known[int(entry.name)] = (int(fields[13]) + int(fields[14])) / _TICK, fields[0] == "R"
    found = [pid]
    for each in found:
        found += parents.get(each, [])
    return {each: known.get(each, (0.0, False)) for each in found}


def tree_cpu(pid):
    """CPU time of a process and its descendants, including ended ones (socat forks one per connection).

    Returns (seconds, whether any of them is runnable).
    """
    total, busy = 0.0, False
    for each, (ended, running) in tree(pid).items():
        busy = busy or running
        try:
            total += cpu_seconds(each) + ended
        except OSError:  # it has ended; its parent accounts for it from now on
            pass
    return total, busy


def tree_memory(pid):
    """Memory of a process and its descendants in bytes; shared memory is counted once."""
    total = 0
    for each in tree(pid):
        try:
            for line in pathlib.Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        except OSError:
            pass
    return total


def busy_seconds(cores):
    """How long these cores were busy since boot, for anyone including the hypervisor; resolution 10 ms."""
    total = 0
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name in {f"cpu{core}" for core in cores}:
            user, nice, system, _idle, _wait, irq, softirq, stolen = map(int, fields[:8])
            total += user + nice + system + irq + softirq + stolen
    return total / _TICK


def machine():
    model = "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "congestion": CONGESTION,
        "load": round(os.getloadavg()[0], 2),
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    }
