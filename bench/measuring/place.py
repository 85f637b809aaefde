"""Where it is measured: a network of our own, who runs on which core, and what the machine is."""

import ctypes
import fcntl
import os
import pathlib
import platform
import socket
import struct
import time

PROXY_CORE, LOAD_CORE = 0, 1
CONGESTION = "reno"
_CLONE_NEWNET, _SIOCSIFFLAGS, _IFF_UP, _PR_SET_PDEATHSIG, _SIGKILL = 0x40000000, 0x8914, 1, 1, 9
_libc = ctypes.CDLL(None, use_errno=True)


def private_network():
    """Moves us, and what we start from now on, into a network namespace with nothing but loopback in it.

    All sockets there use the same congestion control, and no port is taken. Needs root.
    """
    if _libc.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "no network namespace (are you root?)")
    with socket.socket() as some:
        fcntl.ioctl(some, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _IFF_UP))
    pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").write_text(CONGESTION)


def on_core(core):
    """What a child does before it becomes its program: pinned, and gone when we are."""

    def prepare():
        _libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL)
        os.sched_setaffinity(0, {core})

    return prepare


def cpu_seconds(pid):
    """What the process has used, user and system, all its threads (those that ended too), to the nanosecond."""
    return time.clock_gettime((~pid << 3) | 2)  # clock_getcpuclockid(3), which Python does not have


def descendants(pid):
    """The process and all that it started."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found = [pid]
    for each in found:
        found += parents.get(each, [])
    return found


def busy_seconds(core):
    """What the core has done for anyone since it started, to the hundredth."""
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name == f"cpu{core}":
            user, nice, system, _idle, _wait, irq, softirq = map(int, fields[:7])
            return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
    raise RuntimeError(f"there is no core {core}")


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
