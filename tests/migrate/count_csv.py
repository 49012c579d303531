#!/usr/bin/env python3
"""Counts what real_csv_files.tsv says is in the files, with Python's csv module and nothing of ours.

  count_csv.py DATA < real_csv_files.tsv      prints the table with the numbers that were counted

Columns: name, inputs ([NAME=][@HEADER,]FILE ..., ; for , in HEADER), options, nodes, edges, created nodes,
conversions, refusal. A refusal cannot be counted: the column is passed on, and nothing is counted there.
"""

import csv
import gzip
import io
import sys

csv.field_size_limit(1 << 30)


def text_of(path):
    data = open(path, "rb").read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return data.decode("utf-8-sig")


def rows_of(text, delimiter):
    # Python's csv takes lone carriage returns for line ends only when it splits the lines itself.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [row for row in reader if row]


def delimiter_of(line):
    return max(",;|\t", key=line.count)


class Counts:
    def __init__(self):
        self.nodes = self.edges = self.created = self.conversions = 0
        self.ids = set()
        self.named = []  # ids that edges name


def space(column):
    return column[column.index("(") + 1:column.index(")")] if "(" in column else ""


def count_group(header, rows, options, counts):
    index = {name.lower(): i for i, name in reversed(list(enumerate(header)))}
    kinds = [c.rsplit(":", 1)[-1].split("(")[0].lower() if ":" in c else "" for c in header]

    def column(option, *usual):
        chosen = options.get(option)
        if chosen is not None:
            return index[chosen] if chosen in index else int(chosen) - 1
        return next((index[name] for name in usual if name in index), None)

    is_apoc = "_id" in index
    if is_apoc:
        identity, source, target = index["_id"], index["_start"], index["_end"]
    elif "~id" in index:
        identity, source, target = index["~id"], index.get("~from"), index.get("~to")
    elif "id" in kinds or "start_id" in kinds:
        find = lambda kind: kinds.index(kind) if kind in kinds else None
        identity, source, target = find("id"), find("start_id"), find("end_id")
    else:
        source, target = column("source", "source", "from"), column("target", "target", "to")
        identity = column("id", "id")
    spaces = [space(name) if kinds[i] in ("id", "start_id", "end_id") else ""
              for i, name in enumerate(header)]
    for row in rows:
        if len(row) < len(header):
            counts.conversions += 1
            row = row + [""] * (len(header) - len(row))
        is_edge = source is not None and (not is_apoc or row[source] != "")
        if is_edge:
            counts.edges += 1
            counts.named += [(spaces[source], row[source]), (spaces[target], row[target])]
        else:
            counts.nodes += 1
            if identity is not None and row[identity] != "":
                key = (spaces[identity], row[identity])
                assert key not in counts.ids, f"{key} is there twice"
                counts.ids.add(key)
        if identity is not None and row[identity] != "":
            nameless = header[identity].split(":")[0] in ("", "~id", "_id")
            counts.conversions += 1 if nameless else 0


def count(data, inputs, options):
    counts = Counts()
    for item in inputs.split(" "):
        files = item.split("=", 1)[-1].split(",")
        header = None
        for file in files:
            if file.startswith("@"):
                header = file[1:].replace(";", ",")
                continue
            text = text_of(f"{data}/{file}")
            first = header if header is not None else text.lstrip("\r\n").splitlines()[0]
            delimiter = delimiter_of(first)
            rows = rows_of(text, delimiter)
            names = header.split(",") if header is not None else rows.pop(0)
            count_group(names, rows, options, counts)
    dangling = set(counts.named) - counts.ids
    if options.get("dangling") == "create":
        counts.created = len(dangling)
    else:
        assert not dangling, f"dangling: {sorted(dangling)[:3]}"
    return counts


def main():
    for line in sys.stdin:
        fields = line.rstrip("\n").split("\t")
        if line.startswith("#"):
            print(line, end="")
            continue
        name, inputs, options = fields[:3]
        refusal = fields[7] if len(fields) > 7 else ""
        if refusal:
            print("\t".join([name, inputs, options, "", "", "", "", refusal]))
            continue
        counts = count(sys.argv[1], inputs, dict(o.split("=") for o in options.split()))
        print("\t".join(map(str, [name, inputs, options, counts.nodes, counts.edges, counts.created,
                                  counts.conversions, ""])))


main()
