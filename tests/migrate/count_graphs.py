#!/usr/bin/env python3
"""Counts what real_graph_files.tsv says is in the files, with Python's JSON and XML and nothing of ours.

  count_graphs.py DATA < real_graph_files.tsv      prints the table with the numbers that were counted

Columns: file, options, nodes, edges, properties of both, conversions, refusal. A refusal cannot be counted: such a
row is passed on as it is.
"""

import base64
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

TEMPORAL = re.compile(
    r"-?P[0-9TYMWDHS.]+|\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"
    r"|\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?(\[[^]]+\])?)?")


class Counts:
    def __init__(self):
        self.nodes = self.edges = self.properties = self.conversions = 0

    def row(self):
        return [str(n) for n in (self.nodes, self.edges, self.properties, self.conversions)]


def texts(text):
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        value, at = decoder.raw_decode(text, at)
        yield value


def count_apoc(text, counts):
    def record(value):
        if isinstance(value, list):
            for item in value:
                record(item)
        elif isinstance(value, dict) and value.get("type") in ("node", "relationship"):
            if value["type"] == "node":
                counts.nodes += 1
            else:
                counts.edges += 1
            counts.conversions += "id" in value  # ids are not kept
            properties = value.get("properties", {})
            counts.properties += len(properties)
            counts.conversions += sum(
                isinstance(v, str) and TEMPORAL.fullmatch(v) is not None for v in properties.values())
        elif isinstance(value, dict):
            for item in value.values():
                record(item)

    for value in texts(text):
        record(value)


def is_base64(text):
    try:
        base64.b64decode(text, validate=True)
        return True
    except ValueError:
        return False


def count_v1(text, counts):
    def ambiguous(value):
        if value is None:
            return 1
        if isinstance(value, str):
            return is_base64(value)
        if isinstance(value, list):
            return 1 if not value else sum(map(ambiguous, value))
        if isinstance(value, dict):
            return sum(ambiguous(v) for k, v in value.items() if k not in ("_type", "edge_type", "labels"))
        return 0

    for line in texts(text):
        data = line["data"]
        if line["type"] == "metadata":
            counts.conversions += ("description" in data) + ("extra" in data)
        if line["type"] in ("entity", "edge"):
            if line["type"] == "entity":
                counts.nodes += 1
            else:
                counts.edges += 1
            counts.properties += len(data["properties"])
            counts.conversions += sum(map(ambiguous, data["properties"].values()))


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def count_graphml(root, counts):
    known_types = {"boolean", "int", "long", "float", "double", "string"}
    keys = [e for e in root.iter() if local(e) == "key"]
    declared = {(k.get("for"), k.get("id")) for k in keys}
    defaults = [(k.get("for"), k.get("id")) for k in keys if any(local(c) == "default" for c in k)]
    counts.conversions += sum(k.get("attr.type", "string") not in known_types for k in keys)
    has_label_key = ("node", "labelV") in declared
    for graph in (e for e in root.iter() if local(e) == "graph"):
        counts.conversions += sum(local(child) == "data" for child in graph)
        for element in graph:
            kind = local(element)
            if kind not in ("node", "edge"):
                continue
            data = [child.get("key") for child in element if local(child) == "data"]
            is_of_apoc = element.get("labels" if kind == "node" else "label") is not None
            names = {"labelV" if kind == "node" else "labelE"}
            if is_of_apoc:
                names.add("labels" if kind == "node" else "label")
            properties = [key for key in data if key not in names]
            counts.properties += len(properties)
            counts.properties += sum(of == kind and key not in data for of, key in defaults)
            counts.conversions += sum((kind, key) not in declared for key in properties)
            if kind == "node":
                counts.nodes += 1
                counts.conversions += 1  # its id is left out, or kept as a property
                counts.properties += not is_of_apoc and not has_label_key
            else:
                counts.edges += 1
                counts.conversions += element.get("id") is not None
                counts.conversions += graph.get("edgedefault") == "undirected"


def count_gexf(root, counts):
    drawn = {"color", "size", "position", "shape", "thickness"}
    counts.conversions += sum(local(e) in drawn for e in root.iter())
    declared = {}
    for attributes in (e for e in root.iter() if local(e) == "attributes"):
        for attribute in attributes:
            has_default = any(local(child) == "default" for child in attribute)
            declared[attributes.get("class"), attribute.get("id")] = has_default
    for element in root.iter():
        kind = local(element)
        if kind not in ("node", "edge"):
            continue
        values = {e.get("for") for e in element.iter() if local(e) == "attvalue"}
        counts.properties += len(values) + (element.get("label") is not None)
        counts.properties += sum(
            default and of == kind and key not in values for (of, key), default in declared.items())
        if kind == "node":
            counts.nodes += 1
            counts.properties += 1  # its id
            counts.conversions += 1
        else:
            counts.edges += 1
            counts.properties += element.get("weight") is not None
            counts.conversions += element.get("id") is not None
            counts.conversions += element.get("type") == "undirected"


def count_graphson(text, counts):
    for vertex in texts(text):
        counts.nodes += 1
        counts.conversions += 1
        for values in vertex.get("properties", {}).values():
            counts.properties += 1
            counts.conversions += len(values) > 1
            counts.conversions += sum("properties" in value for value in values)
        for edges in vertex.get("outE", {}).values():
            counts.edges += len(edges)
            counts.conversions += len(edges)
            counts.properties += sum(len(edge.get("properties", {})) for edge in edges)


def count(path):
    counts = Counts()
    folder = path.parts[path.parts.index("formats") + 1]
    if folder == "graphml":
        count_graphml(ElementTree.parse(path).getroot(), counts)
    elif folder == "gexf":
        count_gexf(ElementTree.parse(path).getroot(), counts)
    else:
        counters = {"apoc-json": count_apoc, "manifoldb-v1": count_v1, "graphson": count_graphson}
        counters[folder](path.read_text(encoding="utf-8"), counts)
    return counts


for line in sys.stdin.read().splitlines():
    row = line.split("\t")
    if not line.startswith("#") and not row[6]:
        row[2:6] = count(pathlib.Path(sys.argv[1]) / row[0]).row()
    print("\t".join(row))
