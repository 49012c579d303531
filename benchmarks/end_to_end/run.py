#!/usr/bin/env python3
"""The whole job, end to end, beside the machine's own limits and what a user would use instead.

    benchmarks/end_to_end/run.py SIZE [RESULTS]      SIZE: small, medium, growth or a number of people

Every figure is a median of this run, of whole processes or of what a program measures in itself; the
ratios are what counts. small:
100,000 people and 300,000 relations, medium: ten times that. growth: an image (what
`stats` reads), backup, verify and restore of 1, 4, 16 and 40 million records, once each (the image five times). Writes RESULTS.jsonl (every figure), RESULTS.md (the
table) and RESULTS.svg (its picture); RESULTS is build/bench/end_to_end-SIZE. Needs what
`make bench` builds. REPETITIONS in the environment: of each figure, 5 unless the size is small (3);
what takes long is repeated three times at most.
"""
import os
import shutil
import sys

import peers
from measuring import Figures, bytes_of, machine, remove, run_once
from report import write_report

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.join(ROOT, "build", "bench")
PEOPLE = {"small": 100_000, "medium": 1_000_000}
GROWTH = {"1 M": 250_000, "4 M": 1_000_000, "16 M": 4_000_000, "40 M": 10_000_000}
LINKS = 30


class Job:
    """One size: its folders and commands."""

    def __init__(self, figures, people, work):
        self.figures, self.people, self.work = figures, people, work
        self.data, self.database = f"{work}/data", f"{work}/graph.manifold"
        self.manifold = f"{BUILD}/manifold"
        remove(work)
        os.makedirs(work)
        print(f"== the graph: {people} people, {people * 3} relations", flush=True)
        run_once([f"{BUILD}/make_graph", str(people), self.data])

    def limits(self):
        print("== what the machine can do", flush=True)
        numbers, program = self.figures.numbers, f"{BUILD}/machine_limits"
        store = f"{self.work}/limits"
        numbers("limit tables", f"{program} tables {self.people} {store}", ["seconds", "bytes"])
        numbers("limit scan", f"{program} scan {store}", ["seconds"])
        numbers("limit json", f"{program} json {self.data}/records.jsonl", ["seconds"])
        numbers("limit fdatasync", f"{program} fdatasync {self.work}/sync", ["seconds"])
        remove(store)

    def writing(self):
        print("== writing", flush=True)
        records, database = f"{self.data}/records.jsonl", self.database
        again = min(3, self.figures.repetitions)
        self.figures.time("apply, batches of 1000",
                          [self.manifold, "apply", database, records, "--batch", "1000"],
                          lambda: remove(database), repetitions=again)
        self.figures.time("apply, one transaction", [self.manifold, "apply", database, records],
                          lambda: remove(database), repetitions=again)
        fresh = f"{self.work}/commits"
        for threads in (1, 16):
            remove(fresh)
            self.figures.numbers(f"commits, threads {threads}",
                                 f"{BUILD}/graph_access commits {fresh} {threads} 3", ["per_second"],
                                 repetitions=again)
        remove(fresh)

    def backups(self):
        print("== backup, verify, restore", flush=True)
        time, manifold, work, database = self.figures.time, self.manifold, self.work, self.database
        full, packed, copy = f"{work}/full.jsonl", f"{work}/full.jsonl.zst", f"{work}/copy"
        backup = [manifold, "backup", database, "--full", "-o"]
        time("backup", [*backup, full], lambda: remove(full), output=full)
        time("backup, zstd", [*backup, packed, "--compress", "zstd:1"], lambda: remove(packed),
             output=packed)
        if shutil.which("zstd"):
            squeezed = f"{work}/squeezed.zst"
            time("zstd -1 -T2", f"zstd -q -1 -T2 -f {full} -o {squeezed}", output=squeezed,
                 synced=False)
            remove(squeezed)
        remove(packed)
        time("verify", [manifold, "verify", full, "--level", "records"])
        time("restore", [manifold, "restore", full, copy], lambda: remove(copy))
        tables = run_once(f"{manifold} stats {copy} --json")["output"]
        self.figures.add("size", table_bytes=table_bytes(tables), bytes=bytes_of(copy))
        return full, copy

    def reading(self, copy):
        print("== reading", flush=True)
        self.figures.numbers("neighbours", f"{BUILD}/graph_access neighbours {copy} 3",
                             ["per_second", "engine_per_second"])
        self.figures.numbers("shortest path", f"{BUILD}/graph_access paths {copy} 50",
                             ["median_ms", "max_ms", "found"])

    def importing(self, copy):
        print("== import", flush=True)
        forms = (("nodes", "id:ID,:LABEL,name,email,age:long,score:double,joined:datetime,bio,"
                           "active:boolean"),
                 ("edges", ":IGNORE,:START_ID,:END_ID,:TYPE,since:long,weight:double"))
        files = []
        for name, header in forms:
            files.append(f"{self.work}/{name}.csv")
            run_once(f"{{ echo '{header}'; tail -n +2 {self.data}/{name}.csv; }} > {files[-1]}")
        self.figures.time("import, neo4j-csv", [self.manifold, "import", copy, *files],
                          lambda: remove(copy))
        remove(copy, *files)

    def incrementals(self, full):
        print("== incrementals and a chain", flush=True)
        time, manifold, work = self.figures.time, self.manifold, self.work
        link = f"{work}/link.jsonl"
        for name in ("changes_01", "changes_1"):
            changed = f"{work}/{name}.manifold"
            shutil.copytree(self.database, changed)
            run_once([manifold, "apply", changed, f"{self.data}/{name}.jsonl"])
            percent = "0.1" if name == "changes_01" else "1"
            time(f"incremental after {percent} %",
                 [manifold, "backup", changed, "--incremental", "--since", full, "-o", link],
                 lambda: remove(link), output=link)
            remove(changed, link)
        chain = [full]
        for number in range(1, LINKS + 1):
            chain.append(f"{work}/chain_{number:02}.jsonl")
            run_once([manifold, "apply", self.database, f"{self.data}/chain_{number:02}.jsonl"])
            run_once([manifold, "backup", self.database, "--incremental", "--since", chain[-2], "-o",
                      chain[-1]])
        copy, final = f"{work}/copy", f"{work}/final.jsonl"
        time("restore of a chain", [manifold, "restore", *chain, copy], lambda: remove(copy))
        run_once([manifold, "backup", self.database, "--full", "-o", final])
        time("restore of the chain's end", [manifold, "restore", final, copy], lambda: remove(copy))
        remove(copy, final, *chain[1:])


def table_bytes(statistics):
    import json
    for line in statistics.splitlines():
        found = json.loads(line)
        for place in (found, found.get("statistics", {})):
            if "table_bytes" in place:
                return place["table_bytes"]
    raise SystemExit("error: manifold stats says no table_bytes")


def measure_growth(figures, work):
    for name, people in GROWTH.items():
        job = Job(figures, people, work)
        full, copy = f"{work}/full.jsonl", f"{work}/copy"
        manifold, database = job.manifold, job.database
        figures.time(f"{name}: apply", [manifold, "apply", database, f"{job.data}/records.jsonl"])
        remove(job.data)
        figures.time(f"{name}: image", [manifold, "stats", database], repetitions=5)
        figures.time(f"{name}: backup", [manifold, "backup", database, "--full", "-o", full])
        figures.time(f"{name}: verify", [manifold, "verify", full, "--level", "records"])
        remove(database)
        figures.time(f"{name}: restore", [manifold, "restore", full, copy])
    remove(work)


def main():
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    size = sys.argv[1]
    results = os.path.abspath(sys.argv[2] if len(sys.argv) == 3 else f"{BUILD}/end_to_end-{size}")
    work = f"{BUILD}/end_to_end.work"
    where = machine()
    print(f"bench: {where}", flush=True)
    if size == "growth":
        figures = Figures(f"{results}.jsonl", 1)
        measure_growth(figures, work)
        write_report(results, size, where, figures, [])
        return
    people = PEOPLE.get(size) or int(size)
    repetitions = int(os.environ.get("REPETITIONS", "3" if size == "small" else "5"))
    figures = Figures(f"{results}.jsonl", repetitions)
    job = Job(figures, people, work)
    job.limits()
    job.writing()
    full, copy = job.backups()
    job.reading(copy)
    remove(copy)
    job.importing(copy)
    job.incrementals(full)
    remove(full, job.database)
    left_out = peers.measure_all(figures, job.data, work)
    remove(work)
    write_report(results, size, where, figures, left_out)


if __name__ == "__main__":
    main()
