"""Turns: every library does the row once a round, and each round begins with another one."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.rows import Row
from benchmarks.workers import LostError, Worker

#: Threads of a library that has just worked spin for a while; the next one waits until they sleep.
PAUSE = 0.05
#: A row that has had this many seconds and three rounds has had enough.
ENOUGH = 60.0
STEPS_FOR_MEMORY = 3


@dataclass
class Result:
    """A row with, for each library, one figure a round (seconds or bytes), or why it has none."""

    row: Row
    figures: dict[str, list[float]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def leave_out(self, name: str, why: str) -> None:
        """Drop a library from the row."""
        self.figures.pop(name, None)
        self.absent[name] = why

    def as_json(self) -> dict[str, Any]:
        """Return the row as it stands in a file."""
        return {"row": self.row.key, "unit": self.row.unit, "figures": self.figures, "absent": self.absent}


def in_turns(workers: list[Worker], row: Row, rounds: int, turn: float) -> Result:
    """Measure a row: one warm-up each, then rounds, in which libraries take turns.

    A figure is the median run of one turn. A library that dies or hangs is left out of the row, not of the table.
    """
    if row.task in {"import", "memory"}:
        return _in_fresh_processes(workers, row, rounds)
    result = Result(row)
    taking_part = []
    for worker in workers:
        why = _make(worker, row)
        if why:
            result.leave_out(worker.name, why)
        else:
            taking_part.append(worker)
            result.figures[worker.name] = []
    began = time.perf_counter()
    for number in range(rounds):
        if number >= 3 and time.perf_counter() - began > ENOUGH:
            break
        for worker in _order(taking_part, number):
            if worker.threads > 1:
                time.sleep(PAUSE)
            try:
                seconds = worker.ask("time", "times", turn=turn)["seconds"]
            except LostError as error:
                result.leave_out(worker.name, str(error))
                taking_part.remove(worker)
            else:
                result.figures[worker.name].append(statistics.median(seconds) / row.per)
    return result


def _order(workers: list[Worker], number: int) -> list[Worker]:
    first = number % max(len(workers), 1)
    return [*workers[first:], *workers[:first]]


def _make(worker: Worker, row: Row) -> str:
    try:
        answer = worker.ask("make", "made", "absent", row=row.key)
    except LostError as error:
        return str(error)
    return str(answer.get("why", ""))


def _in_fresh_processes(workers: list[Worker], row: Row, rounds: int) -> Result:
    # The most that a process has held, and what an import costs, are seen once in its life.
    result = Result(row)
    for number in range(rounds if row.task == "import" else 1):
        for worker in _order(workers, number):
            if worker.name in result.absent:
                continue
            try:
                figure = _in_a_fresh_process(worker, row)
            except LostError as error:
                result.leave_out(worker.name, str(error))
            else:
                result.figures.setdefault(worker.name, []).append(figure)
    return result


def _in_a_fresh_process(worker: Worker, row: Row) -> float:
    fresh = Worker(worker.name, worker.python, worker.threads, worker.limit)
    try:
        if row.task == "import":
            return float(fresh.hello["imported"])
        why = _make(fresh, row)
        if why:
            raise LostError(why)
        found = fresh.ask("memory", "peak", runs=STEPS_FOR_MEMORY)
        return float(found["after"] - found["before"])
    finally:
        fresh.close()
