"""Runs the micro benchmarks (bench/micro) on the proxy's core."""

import json
import subprocess

from measuring import place

GIB = 1 << 30
AEAD = ("BM_Aead/aes128_seal/16384", "BM_Aead/aes128_open/16384")


def run(program, seconds):
    """Returns {"benchmarks": …, "seconds_per_gib": AES-128-GCM with records of 16 KiB}, or {} if the program was not built.

    `seconds`: the minimum time of each benchmark.
    """
    if not program.is_file():
        return {}
    done = subprocess.run(
        [str(program), f"--benchmark_min_time={seconds}", "--benchmark_format=json"], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=True, preexec_fn=place.on_cores(place.proxy_cores(1)),
    )  # fmt: skip
    return summary(json.loads(done.stdout))


def summary(found):
    """CPU time in ns, and bytes per second. Wall time would include other processes."""
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
