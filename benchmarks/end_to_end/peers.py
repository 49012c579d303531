"""What a user would use instead, on the same graph. Each class says what it needs and is left out,
with a word, where that is not installed."""
import os
import re
import shutil
import subprocess
import tempfile

from measuring import Failed, remove, run_once

TABLES = """CREATE TABLE nodes(id bigint, labels text, name text, email text, age int, score float8,
  joined text, bio text, active boolean);
CREATE TABLE edges(id bigint, source bigint, target bigint, type text, since int, weight float8);
"""
INDEXES = """CREATE INDEX n_email ON nodes(email); CREATE INDEX e_source ON edges(source,type);
CREATE INDEX e_target ON edges(target,type);
"""


class Sqlite:
    name = "SQLite"

    @staticmethod
    def missing():
        return None if shutil.which("sqlite3") else "sqlite3 is not installed"

    @staticmethod
    def measure(figures, data, work):
        base, dump, copy = f"{work}/g.db", f"{work}/dump.sql", f"{work}/copy.db"
        script = f"{work}/load.sql"
        with open(script, "w", encoding="utf-8") as out:
            out.write(TABLES.replace("id bigint, labels", "id INTEGER PRIMARY KEY, labels")
                      .replace("id bigint, source", "id INTEGER PRIMARY KEY, source"))
            out.write(f".mode csv\n.import --skip 1 {data}/nodes.csv nodes\n"
                      f".import --skip 1 {data}/edges.csv edges\n{INDEXES}")
        run_once(f"sqlite3 {base} < {script}")
        figures.time("sqlite dump", f"sqlite3 {base} .dump > {dump}", lambda: remove(dump),
                     output=dump, synced=False)
        figures.time("sqlite restore", f"sqlite3 {copy} < {dump}",
                     lambda: remove(copy, copy + "-journal"), output=copy,
                     repetitions=min(3, figures.repetitions))
        remove(dump, copy)
        if shutil.which("restic"):
            Sqlite.measure_restic(figures, data, work, base)
        remove(base)

    @staticmethod
    def measure_restic(figures, data, work, base):
        repository, changed = f"{work}/restic", f"{work}/changed.sql"
        environment = {"RESTIC_PASSWORD": "x", "RESTIC_REPOSITORY": repository,
                       "RESTIC_CACHE_DIR": f"{work}/restic-cache"}

        def fresh():
            remove(repository, f"{work}/restic-cache")
            run_once("restic init -q", environment)

        backup = f"restic backup -q {base}"
        figures.time("restic full", backup, fresh, output=repository, environment=environment)
        with open(changed, "w", encoding="utf-8") as out:
            out.write("CREATE TEMP TABLE c(id INTEGER PRIMARY KEY, age INT, score REAL, bio TEXT);\n"
                      f".mode csv\n.import --skip 1 --schema temp {data}/changes_1.csv c\n"
                      "UPDATE nodes SET age=c.age,score=c.score,bio=c.bio FROM c WHERE c.id=nodes.id;\n")
        run_once(f"sqlite3 {base} < {changed}")
        figures.time("restic after 1 %", backup, environment=environment, repetitions=1)
        remove(repository, f"{work}/restic-cache")


class Postgres:
    name = "PostgreSQL"
    ROOT = "/usr/lib/postgresql"

    @classmethod
    def binaries(cls):
        versions = sorted(os.listdir(cls.ROOT), key=float) if os.path.isdir(cls.ROOT) else []
        return f"{cls.ROOT}/{versions[-1]}/bin" if versions else None

    @classmethod
    def missing(cls):
        found = cls.binaries()
        return None if found and os.path.exists(f"{found}/initdb") else "postgresql is not installed"

    @classmethod
    def measure(cls, figures, data, work):
        bin_, cluster = cls.binaries(), f"{work}/pg"
        # The server refuses to run as root.
        user = "setpriv --reuid=postgres --regid=postgres --init-groups " if os.getuid() == 0 else ""
        socket = tempfile.mkdtemp(prefix="manifold-pg.")
        if user:
            run_once(f"chown postgres {work} {socket}; chmod 755 {work} {socket}")
        os.environ.update(PGHOST=socket, PGDATABASE="g")
        if user:
            os.environ["PGUSER"] = "postgres"
        run_once(f"{user}{bin_}/initdb -D {cluster} -E UTF8 --locale=C.UTF-8 -A trust")
        with open(f"{cluster}/postgresql.conf", "a", encoding="utf-8") as out:
            out.write(f"listen_addresses=''\nunix_socket_directories='{socket}'\n"
                      "shared_buffers=1GB\nmaintenance_work_mem=512MB\nmax_wal_size=8GB\n"
                      "checkpoint_timeout=30min\nautovacuum=off\n")
        run_once(f"{user}{bin_}/pg_ctl -D {cluster} -l {work}/server.log -w start > /dev/null")
        try:
            cls.measure_server(figures, data, work, user + bin_ + "/")
        finally:
            run_once(f"{user}{bin_}/pg_ctl -D {cluster} -m fast -w stop > /dev/null")
            remove(cluster, socket)

    @staticmethod
    def measure_server(figures, data, work, bin_):
        load = f"{work}/load-pg.sql"
        with open(load, "w", encoding="utf-8") as out:
            out.write(TABLES + f"\\copy nodes from '{data}/nodes.csv' with (format csv, header)\n"
                      f"\\copy edges from '{data}/edges.csv' with (format csv, header)\n"
                      "ALTER TABLE nodes ADD PRIMARY KEY(id); ALTER TABLE edges ADD PRIMARY KEY(id);\n"
                      + INDEXES + "VACUUM (ANALYZE); CHECKPOINT;\n")
        psql = f"{bin_}psql -X -q -v ON_ERROR_STOP=1 "
        run_once(f"chmod 644 {load}; chmod a+rx {data}; {bin_}createdb g; {psql} -f {load}")
        dump, folder = f"{work}/pg.sql", f"{work}/pg.dump"
        figures.time("pg_dump plain", f"{bin_}pg_dump -Fp -f {dump} g", lambda: remove(dump),
                     output=dump, synced=False)
        remove(dump)
        run_once(f"{bin_}pg_dump -Fd -j2 -Z0 -f {folder} g")

        def fresh():
            run_once(f"{bin_}dropdb --if-exists -f r; {psql} -d postgres -c checkpoint; "
                     f"{bin_}createdb r")

        figures.time("pg_restore -j2", f"{bin_}pg_restore -j2 -d r {folder}", fresh,
                     repetitions=min(3, figures.repetitions))
        remove(folder)


class NodePackage:
    """A database that comes as a package of npm."""

    @classmethod
    def missing(cls):
        if not shutil.which("node"):
            return "node is not installed"
        path = os.path.join(cls.folder(), "node_modules", cls.package)
        return None if os.path.isdir(path) else (
            f"the npm package {cls.package} is not in {cls.folder()} (NODE_PEERS names the folder)")

    @staticmethod
    def folder():
        return os.environ.get("NODE_PEERS", os.path.join(os.getcwd(), "build", "peers"))

    @classmethod
    def run(cls, code):
        program = os.path.join(cls.folder(), f"{cls.package.replace('/', '_')}.js")
        with open(program, "w", encoding="utf-8") as out:
            out.write(cls.prelude + code)
        return program


class DuckDb(NodePackage):
    name = "DuckDB"
    package = "@duckdb/node-api"
    prelude = """const { DuckDBInstance } = require('@duckdb/node-api');
const [,, path, ...statements] = process.argv;
(async () => {
  const instance = await DuckDBInstance.create(path, { threads: '2' });
  const connection = await instance.connect();
  for (const statement of statements) await connection.run(statement);
  connection.closeSync(); instance.closeSync(); process.exit(0);
})().catch(e => { console.error(String(e)); process.exit(1); });
"""

    @classmethod
    def measure(cls, figures, data, work):
        node = ["node", cls.run("")]
        base, copy, lines, folder = (f"{work}/g.duckdb", f"{work}/copy.duckdb", f"{work}/duck.jsonl",
                                     f"{work}/duck")
        columns = ("id bigint, labels varchar, name varchar, email varchar, age int, score double, "
                   "joined varchar, bio varchar, active boolean")
        run_once([*node, base, f"CREATE TABLE nodes({columns})",
                  "CREATE TABLE edges(id bigint, source bigint, target bigint, type varchar, "
                  "since int, weight double)",
                  f"COPY nodes FROM '{data}/nodes.csv' (HEADER true)",
                  f"COPY edges FROM '{data}/edges.csv' (HEADER true)", "CHECKPOINT"])

        def fresh_lines():
            remove(lines)
            os.makedirs(lines)

        figures.time("DuckDB JSON lines", [*node, base,
                     f"COPY nodes TO '{lines}/nodes.jsonl' (FORMAT json)",
                     f"COPY edges TO '{lines}/edges.jsonl' (FORMAT json)"], fresh_lines,
                     output=lines, synced=False)
        run_once([*node, base, f"EXPORT DATABASE '{folder}' (FORMAT csv)"])
        figures.time("DuckDB import", [*node, copy, f"IMPORT DATABASE '{folder}'", "CHECKPOINT"],
                     lambda: remove(copy, copy + ".wal"), output=copy)
        remove(base, copy, lines, folder)


class Kuzu(NodePackage):
    name = "Kuzu"
    package = "kuzu"
    prelude = """const kuzu = require('kuzu');
const [,, path, ...statements] = process.argv;
(async () => {
  const connection = new kuzu.Connection(new kuzu.Database(path), 2);
  for (const statement of statements) await connection.query(statement);
  process.exit(0);
})().catch(e => { console.error(String(e)); process.exit(1); });
"""

    @classmethod
    def measure(cls, figures, data, work):
        node = ["node", cls.run("")]
        base, copy, folder = f"{work}/g.kuzu", f"{work}/copy.kuzu", f"{work}/kuzu"
        with open(f"{data}/edges.csv", encoding="utf-8") as rows, \
                open(f"{work}/links.csv", "w", encoding="utf-8") as links:
            next(rows)
            for row in rows:  # the ends first, which is what it asks for
                number, source, target, kind, since, weight = row.rstrip("\n").split(",")
                links.write(f"{source},{target},{number},{kind},{since},{weight}\n")
        run_once([*node, base, "CREATE NODE TABLE Person(id INT64, labels STRING, name STRING, "
                  "email STRING, age INT32, score DOUBLE, joined STRING, bio STRING, active BOOL, "
                  "PRIMARY KEY(id))",
                  "CREATE REL TABLE Link(FROM Person TO Person, id INT64, type STRING, since INT32, "
                  "weight DOUBLE)",
                  f"COPY Person FROM '{data}/nodes.csv' (HEADER=true)",
                  f"COPY Link FROM '{work}/links.csv'", "CHECKPOINT"])
        figures.time("Kuzu export", [*node, base, f"EXPORT DATABASE '{folder}' (format='csv')"],
                     lambda: remove(folder), output=folder, synced=False)
        figures.time("Kuzu import", [*node, copy, f"IMPORT DATABASE '{folder}'", "CHECKPOINT"],
                     lambda: remove(copy, copy + ".wal"), output=copy)
        remove(base, copy, folder, f"{work}/links.csv")


def measure_all(figures, data, work):
    """Names of what could not be measured, with the reason."""
    left_out = []
    for peer in (Sqlite, Postgres, DuckDb, Kuzu):
        reason = peer.missing()
        if reason is None:
            print(f"== {peer.name}", flush=True)
            try:
                peer.measure(figures, data, work)
                continue
            except (Failed, subprocess.SubprocessError, OSError) as error:
                reason = "its set-up failed: " + re.sub(r"\s+", " ", str(error))[:200]
        print(f"== {peer.name} is left out: {reason}", flush=True)
        left_out.append(f"{peer.name}: {reason}")
    if not shutil.which("restic"):
        left_out.append("restic: it is not installed")
    return left_out
