"""Where it is measured: a network of our own, who runs on which core, and what the machine is."""

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
    """The proxy's: core 0, or as many as it has workers."""
    return set(range(min(workers, os.cpu_count())))


def load_cores(workers=1):
    """The load's (clients, backends): one core each where there are as many, else what there is."""
    count = os.cpu_count()
    left = sorted(set(range(count)) - proxy_cores(workers)) or [count - 1]
    return left[0], left[1] if len(left) > 1 else left[0]


def _write(path, text):
    pathlib.Path(path).write_text(text)


def private_network():
    """Moves us, and what we start from now on, into a network namespace with nothing but loopback in it.

    All sockets there use the same congestion control, and no port is taken. Needs root.
    """
    if _libc.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "no network namespace (are you root?)")
    with socket.socket() as some:
        fcntl.ioctl(some, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _IFF_UP))
    net = "/proc/sys/net"
    _write(f"{net}/ipv4/tcp_congestion_control", CONGESTION)
    _write(f"{net}/core/somaxconn", "16384")
    _write(f"{net}/ipv4/tcp_max_syn_backlog", "16384")
    # Sessions by the ten thousand: what listens is below, and a port that has said goodbye may be used at once.
    _write(f"{net}/ipv4/ip_local_port_range", "32768 65535")
    _write(f"{net}/ipv4/tcp_tw_reuse", "1")


def most_descriptors():
    """What a process here may open, once `descriptors` has been called."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return hard if hard < DESCRIPTORS and not _may_raise() else DESCRIPTORS


def _may_raise():
    """Whether we have CAP_SYS_RESOURCE, which root need not have in a container."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) & 1 << 24)
    return False


def descriptors():
    """Raises what we and our children may open; how much that is."""
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
    """What a child does before it becomes its program: pinned, as nice as that, and gone when we are. `nice` below 0:
    before all others on these cores, where that is allowed."""

    def prepare():
        _libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL)
        os.sched_setaffinity(0, cores)
        try:
            if nice < 0:
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
            else:
                os.nice(nice)
        except PermissionError:  # its lateness will tell
            pass

    return prepare


def cpu_seconds(pid):
    """What the process has used, user and system, all its threads (those that ended too), to the nanosecond."""
    return time.clock_gettime((~pid << 3) | 2)  # clock_getcpuclockid(3), which Python does not have


def tree(pid):
    """The process and all that it started, each with what its own ended children have used (seconds, to the tick), and
    whether it is running or wants to."""
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
    """What a process and all it started have used, those that have ended too (socat makes one a connection); and whether
    any of them wants to use more."""
    total, busy = 0.0, False
    for each, (ended, running) in tree(pid).items():
        busy = busy or running
        try:
            total += cpu_seconds(each) + ended
        except OSError:  # it has ended meanwhile: its parent has it from now on
            pass
    return total, busy


def tree_memory(pid):
    """Bytes of memory of a process and all it started; what several share is counted once."""
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
    """What the cores have done for anyone since they started, to the hundredth; a virtual machine's host is somebody too."""
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
