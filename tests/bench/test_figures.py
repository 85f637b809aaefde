"""Statistics, and which side was at its limit."""

import pytest
from measuring import figures
from results import cell, scenario


def test_median_and_spread_of_few_runs_are_the_extremes():
    found = cell(3.0, 1.0, 2.0)
    assert (found["median"], found["low"], found["high"], found["n"]) == (2.0, 1.0, 3.0, 3)


def test_spread_of_more_runs_is_the_middle_half():
    found = cell(1.0, 2.0, 3.0, 4.0, 100.0)
    assert (found["median"], found["low"], found["high"]) == (3.0, 2.0, 4.0)
    assert (found["least"], found["most"]) == (1.0, 100.0)


def test_what_stands_beside_the_cost_is_a_median_too():
    runs = [{"cost": 1.0, "p99": value} for value in (5.0, 50.0, 7.0)]
    assert figures.summary(runs)["p99"] == 7.0


@pytest.mark.parametrize(
    ("proxy", "load", "others", "verdict"),
    [
        (0.95, 0.5, 0.0, "proxy"),
        (0.95, 0.99, 0.0, "proxy"),
        (0.5, 0.95, 0.0, "LOAD"),
        (0.5, 0.5, 0.0, "waiting"),
        (0.95, 0.95, 0.3, "NOISE"),
    ],
)
def test_who_was_at_the_limit(proxy, load, others, verdict):
    assert figures.limit({"proxy_share": proxy, "load_share": load, "others_share": others}) == verdict


@pytest.mark.parametrize(("late", "verdict"), [(50.0, "waiting"), (299.0, "waiting"), (300.0, "NOISE")])
def test_latency_is_noise_where_who_asks_was_late(late, verdict):
    cell = {"proxy_share": 0.2, "load_share": 0.2, "others_share": 0.0, "lag_p99": late}
    assert figures.limit(cell) == verdict


def test_memory_has_no_limit():
    assert figures.limit({"median": 5.0}) == ""


def test_best_peer_is_the_cheapest_of_its_form_and_never_one_of_ours():
    many = scenario("x", nginx=3.0, haproxy=2.0, nginx_tuned=1.5, starlock=0.5, other=0.4, relay_64k=0.1, direct=0.1)
    assert figures.best(many, "default") == ("haproxy", 2.0)
    assert figures.best(many, "tuned") == ("nginx-tuned", 1.5)
    assert figures.best(many, "any") == ("nginx-tuned", 1.5)


def test_a_peer_that_can_not_is_never_the_best():
    assert figures.best(scenario("x", nginx={"missing": "no"}, starlock=1.0), "any") is None
