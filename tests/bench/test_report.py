"""The table, the targets and the plots."""

import xml.etree.ElementTree

import pytest
from measuring import micro, plots, report, targets
from results import cell, result, scenario


def _bulk():
    return scenario("bulk-terminate-down", nginx=2.0, nginx_tuned=1.6, starlock=0.9, hitch={"missing": "it <can't> do it"})


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (123.4, "123"), (12.34, "12.3"), (1.234, "1.23"), (0.1234, "0.123")]
)
def test_numbers_have_three_figures(value, text):
    assert report.number(value) == text


def test_a_table_says_why_a_cell_is_empty_and_how_starlock_stands():
    lines = "\n".join(report.table(_bulk()))
    assert "it <can't> do it" in lines
    assert "starlock is 0.45 × nginx, 0.56 × nginx-tuned" in lines


def test_a_table_of_latency_has_percentiles():
    lines = report.table(scenario("latency-100", "latency", starlock=cell(100.0, p99=900.0, p999=1000.0, lag_p99=3.0)))
    assert "p99.9" in lines[2]
    assert "900" in lines[3]


def test_the_whole_report_names_what_ran():
    made = result(_bulk())
    made["targets"] = targets.evaluate(made)
    text = report.text(made)
    for wanted in ("a cpu", "6.1", "0.1.0 (tree abc)", "1.22.1", "reno", "Targets"):
        assert wanted in text


def test_targets_against_both_forms_of_the_best_peer():
    rows = targets.evaluate(result(_bulk()))
    assert [(row["against"], row["target"], row["met"]) for row in rows[:2]] == [
        ("nginx", 0.5, True),
        ("nginx-tuned", 0.65, True),
    ]
    assert rows[0]["ratio"] == pytest.approx(0.45)


def test_the_limit_is_the_plain_relay_and_the_cipher():
    plain = scenario("bulk-plain-down", relay_64k=0.6)
    rows = targets.evaluate(result(_bulk(), plain, micro={"seconds_per_gib": 0.2}))
    [row] = [each for each in rows if each["what"].endswith("download: the limit") or "terminate-down: the limit" in each["what"]]
    assert row["than"] == pytest.approx(0.8)
    assert row["met"] == (0.9 / 0.8 <= 1.2)


def test_small_records_are_held_against_the_best_of_all():
    [row] = targets.evaluate(result(scenario("bulk-both-up-1400", starlock=1.0, nginx=3.0, nginx_tuned=2.0)))
    assert (row["against"], row["target"], row["met"]) == ("nginx-tuned", 0.4, False)


def test_two_legs_are_held_against_one():
    both, one = scenario("bulk-both-down", starlock=1.0, nginx=3.0), scenario("bulk-terminate-down", starlock=0.8, nginx=2.0)
    [row] = [each for each in targets.evaluate(result(both, one)) if each["what"].endswith("one leg")]
    assert (row["target"], row["met"]) == (1.3, True)
    assert row["ratio"] == pytest.approx(1.25)
    [row] = [each for each in targets.evaluate(result(both)) if each["what"].endswith("one leg")]
    assert "missing" in row


def test_without_the_plain_relay_there_is_no_limit():
    [row] = [each for each in targets.evaluate(result(_bulk())) if "the limit" in each["what"]]
    assert "missing" in row


def test_latency_is_held_against_the_best_of_its_kind():
    made = scenario(
        "latency-100", "latency", direct=cell(50.0, p99=100.0), starlock=cell(70.0, p99=180.0),
        nginx=cell(90.0, p99=150.0), haproxy=cell(95.0, p99=300.0),
    )  # fmt: skip
    p50, p99 = targets.evaluate(result(made))
    assert (p50["value"], p50["than"], p50["against"], p50["met"]) == (70.0, 90.0, "nginx", True)
    assert (p99["value"], p99["than"], p99["against"], p99["met"]) == (180.0, 150.0, "nginx", False)


def test_growth_is_the_last_against_the_first():
    made = [scenario(f"growth-bulk-{count}", starlock=cost) for count, cost in ((1, 1.0), (1000, 1.05), (10000, 1.2))]
    rows = targets.evaluate(result(*made))
    assert [row["met"] for row in rows] == [True, False]


def test_growth_names_that_of_a_plain_relay_where_it_was_measured():
    made = [
        scenario("growth-bulk-1", starlock=1.0),
        scenario("growth-bulk-1000", starlock=2.5),
        scenario("growth-plain-1", starlock=0.4, relay_64k=0.5),
        scenario("growth-plain-1000", starlock=0.6, relay_64k=1.0),
    ]
    bulk, plain = targets.evaluate(result(*made))
    assert (bulk["ratio"], bulk["met"]) == (2.5, False)
    assert bulk["what"].endswith("(a plain relay's: 2.00)")
    assert plain["ratio"] == 0.6 / 0.4


def test_a_verdict_on_noise_says_so():
    made = result(scenario("bulk-x-down", nginx=2.0, starlock=cell(0.5, others_share=0.5)))
    made["targets"] = targets.evaluate(made)
    assert "met (noise)" in report.text(made)


def test_memory_has_a_target_a_leg():
    rows = targets.evaluate(result(scenario("idle-terminate-2000", "idle", starlock=6.5), scenario("idle-both-2000", "idle", starlock=9.0)))
    assert [(row["target"], row["met"]) for row in rows] == [(6, False), (10, True)]


def test_plots_are_well_formed_and_show_what_was_measured_beside_the_limit():
    made = result(_bulk(), scenario("bulk-plain-down", relay_64k=0.6), micro={"seconds_per_gib": 0.2})
    text = plots.group("a <title>", made["scenarios"], made)
    root = xml.etree.ElementTree.fromstring(text)
    assert root.tag.endswith("svg")
    for wanted in ("nginx-tuned", "prefers-color-scheme:dark", "relay and cipher 0.800"):
        assert wanted in text
    assert "hitch" not in text


def test_a_bar_that_is_far_off_is_cut():
    made = result(scenario("session-x", "sessions", nginx=100.0, starlock=1.0))
    text = plots.group("t", made["scenarios"], made)
    assert "100 →" in text
    assert f'width="{plots.WIDTH - plots.LEFT - plots.RIGHT}.0"' in text


def test_nothing_measured_makes_no_plot(tmp_path):
    assert plots.write(result(scenario("bulk-x", nginx={"missing": "no"})), tmp_path) == []


def test_micro_benchmarks_in_ns_and_the_ciphers_share():
    found = micro.summary({
        "benchmarks": [
            {"name": micro.AEAD[0], "cpu_time": 2.0, "time_unit": "us", "bytes_per_second": (1 << 30) * 5},
            {"name": micro.AEAD[1], "cpu_time": 2.0, "time_unit": "us", "bytes_per_second": (1 << 30) * 5},
            {"name": "broken", "cpu_time": 0, "time_unit": "ns", "error_occurred": True, "error_message": "why"},
        ]
    })  # fmt: skip
    assert found["seconds_per_gib"] == pytest.approx(0.2)
    assert found["benchmarks"][micro.AEAD[0]]["ns"] == 2000
    assert found["benchmarks"]["broken"] == {"missing": "why"}
    assert "why" in "\n".join(report.micro(found["benchmarks"]))
