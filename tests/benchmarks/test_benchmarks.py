"""Parts of the benchmark, with short tasks and without time limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import sdk, starting
from benchmarks.account import Account, account_in_process, finished_tasks
from benchmarks.report import BEGIN, END, Row, Rows, table, write_into
from benchmarks.runs import OBJECTS, RESOURCES, Bench

QUICK = {"create_secret": 0.05, "create_loadbalancer": 0.3, "create_lblistener": 0.1, "create_lbpool": 0.1}


@pytest.mark.engine
def test_the_part_one_measures_a_single_load_balancer(tmp_path: Path) -> None:
    rows, timeline = Bench(tmp_path, QUICK, compare_sdk=False).one()
    measured = {row.measure: row.measured for row in rows}
    assert 1 < measured["requests per object, without polls"] <= 2
    assert all(value > 0 for measure, value in measured.items() if "delay" not in measure)
    for task_type, count in {"create_secret": 5, "create_loadbalancer": 1, "create_lblistener": 1}.items():
        assert timeline.count(f">{task_type}<") == count


@pytest.mark.engine
def test_the_part_many_measures_a_stack_of_load_balancers(tmp_path: Path) -> None:
    rows = Bench(tmp_path, QUICK, compare_sdk=False).many(1, previews=1)
    assert [row.part for row in rows] == ["many"] * len(rows)
    measured = {row.measure: row for row in rows}
    assert measured["requests of check and diff in these previews"].measured == 0
    assert 1 <= measured["its requests for single tasks, per task"].measured <= 3
    threads = measured["threads of that process, relative to the operations at once"]
    assert 0 < threads.measured <= 1
    (memory,) = [row for row in rows if row.unit == "MiB"]
    assert 10 < memory.measured < 1000
    assert f"with {RESOURCES} resources" in memory.measure
    assert RESOURCES == OBJECTS + 1


@pytest.mark.engine
def test_the_part_growth_compares_two_numbers_of_load_balancers(tmp_path: Path) -> None:
    rows = Bench(tmp_path, QUICK, compare_sdk=False).growth(1, 2)
    assert [row.target for row in rows] == 2 * [2, 2, None, None]
    assert len({row.measure for row in rows}) == len(rows)
    assert all(row.measured > 0 for row in rows if row.target)


@pytest.mark.parametrize("work", [sdk.sequentially, sdk.in_threads])
def test_the_sdk_creates_the_same_objects(work: Callable[[Account, int, int], None]) -> None:
    with account_in_process(QUICK) as (account, emulator):
        work(account, 1, 1)
        kinds = Counter(task.task_type for task in finished_tasks(emulator))
    assert kinds == {"create_secret": 5, "create_loadbalancer": 1, "create_lblistener": 1, "create_lbpool": 1}


def test_imports_and_provider_starts_are_measured() -> None:
    rows = [*starting.imports(1), *starting.provider_start(1)]
    assert [row.target for row in rows] == [1.25, 1.3]
    assert all(row.measured > 0 for row in rows)


def test_the_table_is_written_between_the_markers(tmp_path: Path) -> None:
    rows = [
        Row(part="one", measure="good", measured=1.0, target=1.0),
        Row(part="one", measure="bad", measured=151, target=150, unit="MiB"),
        Row(part="one", measure="comparison", measured=0.5),
    ]
    assert Rows.model_validate_json(Rows(rows).model_dump_json()).root == rows
    assert [row.verdict for row in rows] == ["pass", "FAIL", "-"]
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_into(page, table(rows))
    assert page.read_text().startswith(f"before\n{BEGIN}\n| measure |")
    assert page.read_text().endswith(
        f"| bad | 151 MiB | <= 150 MiB | FAIL |\n| comparison | 0.5 |  | - |\n{END}\nafter\n"
    )
    page.write_text("no markers")
    with pytest.raises(ValueError, match="has no lines"):
        write_into(page, "text")
