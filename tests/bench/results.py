"""Small results in the format of a real run."""

from measuring import figures


def cell(*costs, **more):
    shares = {"proxy_share": 0.95, "load_share": 0.5, "others_share": 0.0, "rate": 100.0}
    return figures.summary([{"cost": cost, **shares, **more} for cost in costs])


def scenario(name, verb="bulk", **peers):
    unit = {"bulk": "CPU-s/GiB", "sessions": "CPU-ms", "latency": "µs", "idle": "KiB"}[verb]
    named = {peer.replace("_", "-"): each if isinstance(each, dict) else cell(each, each, each) for peer, each in peers.items()}
    return {"name": name, "title": f"title of {name}", "group": name.partition("-")[0], "verb": verb, "unit": unit,
            "peers": named}  # fmt: skip


def result(*scenarios, micro=None, kernel="6.1"):
    return {
        "machine": {"cpu": "a cpu", "cores": 2, "kernel": kernel, "congestion": "reno", "load": 0.1, "date": "a day"},
        "versions": {"starlock": "0.1.0 (tree abc)", "nginx": "1.22.1 (Debian)"},
        "settings": {"mode": "quick", "rounds": 3, "scale": 1, "seconds": 10},
        "scenarios": list(scenarios),
        **({"micro": micro} if micro else {}),
    }
