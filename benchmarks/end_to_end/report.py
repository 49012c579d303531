"""The table and the picture of a run."""

# What is measured, against what, and the ratio (or bound) that the project wants.
RATIOS = [
    ("full backup, uncompressed", "backup", [("pg_dump plain", 0.5), ("sqlite dump", 0.24),
                                             ("DuckDB JSON lines", 0.4), ("limit scan", 1.7)]),
    ("full backup, zstd level 1", "backup, zstd", [("zstd -1 -T2", 1.5)]),
    ("verify, level records", "verify", [("limit json", 1.6)]),
    ("restore, proved", "restore", [("pg_restore -j2", 0.27), ("sqlite restore", 0.18),
                                    ("DuckDB import", 0.75), ("limit tables", 1.7)]),
    ("import of neo4j-csv", "import, neo4j-csv", [("restore", 1.5)]),
    ("incremental after 1 % of the people", "incremental after 1 %", [("backup", 0.1)]),
    ("incremental after 0.1 % of the people", "incremental after 0.1 %", [("backup", 0.04)]),
    ("restore of a full and 30 × 1 % of the people", "restore of a chain", [("restore of the chain's end", 1.5)]),
]
NAMES = {"limit scan": "the engine's scan, 1 core", "limit json": "simdjson DOM, 1 core",
         "limit tables": "sorted tables written, 1 core", "backup": "full backup", "restore": "restore, proved",
         "sqlite dump": "SQLite .dump", "sqlite restore": "SQLite restore"}


def seconds(value):
    return f"{value:.3f} s" if value < 10 else f"{value:.1f} s"


def ratio_rows(figures):
    for title, name, others in RATIOS:
        ours = figures.get(name)
        for other, bound in others:
            theirs = figures.get(other)
            if ours is None or theirs is None:
                continue
            ratio = ours / theirs
            yield (title, seconds(ours), f"{NAMES.get(other, other)}: {seconds(theirs)}",
                   f"{ratio:.2f}", f"≤ {bound}", ratio <= bound)


def rate_rows(figures, records):
    def row(title, value, text, bound, good):
        return (title, value, text, "", bound, good)

    for name, bound in (("apply, one transaction", 250_000), ("apply, batches of 1000", 200_000)):
        if figures.get(name):
            rate = records / figures.get(name)
            yield row(name, seconds(figures.get(name)), f"{rate:,.0f} records/s",
                      f"≥ {bound:,}", rate >= bound)
    one, many = (figures.get(f"commits, threads {n}", "per_second") for n in (1, 16))
    latency = figures.get("limit fdatasync")
    if one and latency:
        yield ("durable commits, 1 thread", f"{one:,.0f}/s", f"fdatasync: {latency * 1e6:.0f} µs",
               f"{one * latency:.2f}", "≥ 0.8 / latency", one * latency >= 0.8)
    if one and many:
        yield ("durable commits, 16 threads", f"{many:,.0f}/s", "1 thread", f"{many / one:.1f}",
               "≥ 5", many / one >= 5)
    api, engine = (figures.get("neighbours", k) for k in ("per_second", "engine_per_second"))
    if api and engine:
        yield ("neighbours, both directions, warm", f"{api:,.0f}/s",
               f"the engine's seeks: {engine:,.0f}/s", f"{api / engine:.2f}", "≥ 0.8",
               api / engine >= 0.8)
    path = figures.get("shortest path", "median_ms")
    if path is not None:
        yield row("shortest path, median", f"{path:.1f} ms",
                  f"longest {figures.get('shortest path', 'max_ms'):.0f} ms; "
                  f"{figures.get('shortest path', 'found'):.0f} pairs", "≤ 50 ms", path <= 50)
    ours, theirs = figures.get("size", "table_bytes"), figures.get("limit tables", "bytes")
    if ours and theirs:
        yield ("size of the tables after restore", f"{ours / 1e6:,.0f} MB",
               f"key/value form: {theirs / 1e6:,.0f} MB", f"{ours / theirs:.2f}", "≤ 1.2",
               ours / theirs <= 1.2)
    peaks = [figures.get(name, "peak_mib") for name in ("backup", "verify", "restore")]
    if all(peaks):
        yield row("peak memory of backup, verify, restore", f"{max(peaks):.0f} MiB", "",
                  "≤ 384 MiB", max(peaks) <= 384)
    peak = figures.get("import, neo4j-csv", "peak_mib")
    if peak:
        yield row("peak memory of the import", f"{peak:.0f} MiB", "", "≤ 512 MiB", peak <= 512)


def growth_rows(figures):
    sizes = {"1 M": 1e6, "4 M": 4e6, "16 M": 16e6, "40 M": 40e6}
    for job in ("apply", "image", "backup", "verify", "restore"):
        base = figures.get(f"4 M: {job}")
        for name, records in sizes.items():
            took = figures.get(f"{name}: {job}")
            if took is None or base is None:
                continue
            growth = (took / records) / (base / 4e6)
            peak = figures.get(f"{name}: {job}", "peak_mib")
            yield (f"{job}, {name} records", seconds(took), f"peak {peak:.0f} MiB",
                   f"{growth:.2f}", "≤ 1.3 a record of 4 M; ≤ 384 MiB",
                   (growth <= 1.3 or records < 4e6) and (peak <= 384 or job == "apply"))


def write_table(path, size, where, rows, left_out):
    lines = [f"`benchmarks/end_to_end/run.py {size}`: {where}. Medians.", "",
             "| operation | here | against | ratio | wanted | |", "|---|---|---|---|---|---|"]
    for title, ours, other, ratio, wanted, good in rows:
        lines.append(f"| {title} | {ours} | {other} | {ratio} | {wanted} | "
                     f"{'reached' if good else 'missed'} |")
    for reason in left_out:
        lines += ["", f"Not measured: {reason}."]
    with open(path, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
    print("\n".join(lines))


def write_picture(path, size, figures):
    """Horizontal bars: the same work, ours and the others', seconds."""
    groups = [("back up to text", [("ManifoldDB", "backup"), ("ManifoldDB, zstd", "backup, zstd"),
                                   ("pg_dump", "pg_dump plain"), ("SQLite .dump", "sqlite dump"),
                                   ("DuckDB JSON lines", "DuckDB JSON lines"),
                                   ("Kuzu export", "Kuzu export"), ("restic full", "restic full")]),
              ("restore", [("ManifoldDB, proved", "restore"), ("pg_restore -j2", "pg_restore -j2"),
                           ("SQLite", "sqlite restore"), ("DuckDB import", "DuckDB import"),
                           ("Kuzu import", "Kuzu import")]),
              ("after 1 % changed", [("ManifoldDB incremental", "incremental after 1 %"),
                                     ("restic", "restic after 1 %")])]
    shown = [(title, [(label, figures.get(name)) for label, name in bars if figures.get(name)])
             for title, bars in groups]
    longest = max((value for _, bars in shown for _, value in bars), default=1)
    parts, y = [], 24
    for title, bars in shown:
        if not bars:
            continue
        parts.append(f'<text x="8" y="{y}" font-weight="bold">{title}, seconds</text>')
        y += 12
        for label, value in bars:
            width = max(1.0, value / longest * 420)
            colour = "#2a6f97" if label.startswith("ManifoldDB") else "#b8b8b8"
            parts.append(f'<text x="170" y="{y + 12}" text-anchor="end">{label}</text>'
                         f'<rect x="178" y="{y}" width="{width:.1f}" height="15" fill="{colour}"/>'
                         f'<text x="{184 + width:.1f}" y="{y + 12}">{value:.2f}</text>')
            y += 20
        y += 22
    with open(path, "w", encoding="utf-8") as out:
        out.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="680" height="{y}" '
                  'font-family="sans-serif" font-size="12">'
                  f'<title>End-to-end times, {size} graph</title>'
                  f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n')


def write_report(results, size, where, figures, left_out):
    if size == "growth":
        write_table(f"{results}.md", size, where, list(growth_rows(figures)), left_out)
        return
    people = {"small": 100_000, "medium": 1_000_000}.get(size) or int(size)
    rows = [*ratio_rows(figures), *rate_rows(figures, people * 4)]
    write_table(f"{results}.md", size, where, rows, left_out)
    write_picture(f"{results}.svg", size, figures)
    missed = sum(not row[-1] for row in rows)
    print(f"bench: {len(rows) - missed} of {len(rows)} targets reached; {results}.md, .svg, .jsonl")
