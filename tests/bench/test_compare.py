"""The regression check."""

import pytest
from measuring import compare
from results import cell, result, scenario


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (cell(1.0, 1.0, 1.0), cell(1.3, 1.3, 1.3), "worse"),
        (cell(1.0, 1.0, 1.0), cell(0.7, 0.7, 0.7), "better"),
        (cell(1.0, 1.0, 1.0), cell(1.05, 1.05, 1.05), "same"),
        (cell(0.9, 1.0, 1.4), cell(1.2, 1.3, 1.5), "same"),  # the spreads overlap
        (cell(1.0), cell(1.3), "worse? fewer than 2 runs"),
        (cell(1.0, 1.0), cell(0.5, 0.5, others_share=0.2), "better? other processes were busy on the proxy's core"),
        ({"missing": "no"}, cell(1.0), "new"),
        ({"missing": "no"}, {"missing": "no"}, "same"),
    ],
)
def test_verdict(old, new, verdict):
    assert compare.verdict(old, new) == verdict


def test_a_cell_that_is_gone_is_a_regression():
    lines, worse = compare.compare(
        result(scenario("bulk-x", starlock=1.0)), result(scenario("bulk-x", starlock={"missing": "failed: it fell"}))
    )
    assert worse
    assert "gone: failed: it fell" in lines[-1]


def _peers(factor):
    return {f"{name}_tuned": 2.0 * factor for name in ("a", "b", "c", "d", "e")}


def test_a_slower_machine_is_no_regression():
    old = result(scenario("bulk-x", starlock=1.0, **_peers(1)))
    new = result(scenario("bulk-x", starlock=1.5, **_peers(1.5)))
    lines, worse = compare.compare(old, new)
    assert not worse
    assert "1.50 × as slow" in "\n".join(lines)


def test_a_slower_starlock_is_one_on_a_faster_machine_too():
    old = result(scenario("bulk-x", starlock=1.0, **_peers(1)))
    new = result(scenario("bulk-x", starlock=1.0, **_peers(0.7)))
    assert compare.compare(old, new)[1]


def test_memory_is_not_scaled_by_the_machines_speed():
    old = result(scenario("bulk-x", starlock=1.0, **_peers(1)), scenario("idle-x", "idle", starlock=6.0))
    new = result(scenario("bulk-x", starlock=2.0, **_peers(2)), scenario("idle-x", "idle", starlock=8.0))
    lines, worse = compare.compare(old, new)
    assert worse
    assert lines[-1].endswith("worse")


def test_another_machine_is_said():
    old, new = result(scenario("bulk-x", starlock=1.0)), result(scenario("bulk-x", starlock=1.0), kernel="6.2")
    assert "the machines differ" in "\n".join(compare.compare(old, new)[0])


def test_scenarios_of_one_file_only_are_left_out():
    lines, worse = compare.compare(result(scenario("bulk-x", starlock=1.0)), result(scenario("bulk-y", starlock=9.0)))
    assert not worse
    assert not any("bulk-" in line for line in lines)
