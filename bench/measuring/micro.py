"""The micro benchmarks (bench/micro): run on the proxy's core, as a part of the result."""

import json
import subprocess

from measuring import place

GIB = 1 << 30
AEAD = ("BM_Aead/aes128_seal/16384", "BM_Aead/aes128_open/16384")


def run(program, seconds):
    """{"benchmarks": …, "seconds_per_gib": AES-128-GCM on records of 16 KiB}, or nothing where it was not built.

    `seconds`: of each benchmark, at least.
    """
    if not program.is_file():
        return {}
    done = subprocess.run(
        [str(program), f"--benchmark_min_time={seconds}", "--benchmark_format=json"], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=True, preexec_fn=place.on_cores(place.proxy_cores(1)),
    )  # fmt: skip
    return summary(json.loads(done.stdout))


def summary(found):
    """CPU time, in ns, and bytes a second: wall time is others' too."""
    benchmarks = {}
    for each in found["benchmarks"]:
        if each.get("error_occurred"):
            benchmarks[each["name"]] = {"missing": each["error_message"]}
            continue
        ns = each["cpu_time"] * {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}[each["time_unit"]]
        benchmarks[each["name"]] = {"ns": ns, "bytes_per_second": each.get("bytes_per_second")}
    speeds = [benchmarks.get(name, {}).get("bytes_per_second") for name in AEAD]
    known = [GIB / speed for speed in speeds if speed]
    return {"benchmarks": benchmarks, "seconds_per_gib": sum(known) / len(known) if known else None}
