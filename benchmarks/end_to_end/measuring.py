"""Times whole processes and keeps what was seen, for run.py."""
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import time


class Failed(Exception):
    """A command that is measured ended with an error; its words are the message."""


def remove(*paths):
    for path in paths:
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.unlink(path)


def bytes_of(path):
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(folder, name))
               for folder, _, names in os.walk(path) for name in names)


def sync_tree(path):
    """What a process left in the page cache is not yet durable; peers that do not sync get it added."""
    targets = [path] if os.path.isfile(path) else [
        os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]
    for target in targets:
        handle = os.open(target, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def run_once(command, environment=None, timeout=3600):
    """Seconds by the clock, seconds of processor, peak MiB and output of one process and its children."""
    argv = command if isinstance(command, list) else ["bash", "-c", "set -e -o pipefail; " + command]
    report = f"/tmp/manifold-bench-time.{os.getpid()}"
    start = time.perf_counter()
    with subprocess.Popen(["/usr/bin/time", "-o", report, "-f", "%M %U %S", *argv],
                          env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          start_new_session=True) as process:
        try:
            text = process.communicate(timeout=timeout)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # nothing of it may spoil what follows
            raise Failed(f"{argv}: not done within {timeout} s") from None
    seconds = time.perf_counter() - start
    if process.returncode != 0:
        raise Failed(f"{argv}: exit code {process.returncode}: {text.strip()[-400:]}")
    with open(report, encoding="ascii") as lines:
        peak, user, system = lines.read().split()[-3:]
    os.unlink(report)
    return {"seconds": seconds, "cpu": float(user) + float(system), "peak_mib": int(peak) / 1024,
            "output": text}


class Figures:
    """Everything that was measured: by name, and as JSON lines in a file."""

    def __init__(self, path, repetitions):
        self.path = path
        self.repetitions = repetitions
        self.seen = {}
        with open(path, "w", encoding="utf-8"):
            pass

    def add(self, name, **values):
        self.seen[name] = values
        with open(self.path, "a", encoding="utf-8") as out:
            out.write(json.dumps({"name": name, **values}) + "\n")
        shown = "  ".join(f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
                          for key, value in values.items() if key != "all")
        print(f"  {name}: {shown}", flush=True)

    def time(self, name, command, before=None, output=None, synced=True, environment=None,
             repetitions=None):
        """Medians of whole processes. `synced`: the command itself makes its output durable; if not,
        the time of the sync is added."""
        times, cpus, peaks = [], [], []
        try:
            while len(times) < (repetitions or self.repetitions):
                if before:
                    before()
                os.sync()
                result = run_once(command, environment)
                if not synced:
                    start = time.perf_counter()
                    sync_tree(output)
                    result["seconds"] += time.perf_counter() - start
                times.append(result["seconds"])
                cpus.append(result["cpu"])
                peaks.append(result["peak_mib"])
        except Failed as error:
            self.add(name, failed=str(error))
            return None
        values = {"seconds": statistics.median(times), "cpu": statistics.median(cpus),
                  "peak_mib": max(peaks), "all": [round(t, 4) for t in times]}
        if output:
            values["bytes"] = bytes_of(output)
        self.add(name, **values)
        return values["seconds"]

    def numbers(self, name, command, labels, repetitions=None):
        """The numbers that a program prints, each the median of several runs."""
        runs = []
        try:
            for _ in range(repetitions or self.repetitions):
                runs.append([float(word) for word in run_once(command)["output"].split()])
        except (Failed, ValueError) as error:
            self.add(name, failed=str(error))
            return
        self.add(name, **{label: statistics.median(values)
                          for label, values in zip(labels, zip(*runs))})

    def get(self, name, label="seconds"):
        return self.seen.get(name, {}).get(label)


def machine():
    """One line: processors, memory, system, load, date."""
    model = platform.processor()
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return (f"{os.cpu_count()} × {model}, {memory:.0f} GiB, {platform.system()} {platform.release()}, "
            f"load {os.getloadavg()[0]:.1f} at the start, {time.strftime('%Y-%m-%d')}")
