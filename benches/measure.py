"""Measures whole processes: wall time, processor time of user and system, and peak memory.

Standard input is {"runs": N, "peers": [{"name", "argv", "cwd", "env", "stdin", "remove", "change"}]}. All peers run once
in each round, so that a slow moment of the machine meets all of them. Before a peer runs, the files named by "remove"
go, and a line is added to the one named by "change". Standard output gets the medians, by name.

The peak is what the kernel says of the largest process. A child that is not executed yet counts as large as this
process, so that nothing below about 16 MiB can be seen.
"""

import json
import os
import statistics
import sys
import time


def run(peer):
    """One run: seconds, processor seconds, peak in bytes."""
    prepare(peer)
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, peer.get("stdin") or os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, peer.get("stdout") or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666),
    ]
    os.chdir(peer["cwd"])
    begin = time.monotonic()
    process = os.posix_spawnp(peer["argv"][0], peer["argv"], {**os.environ, **peer.get("env", {})}, file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    seconds = time.monotonic() - begin
    if status != 0:
        sys.exit(f"{peer['name']}: {' '.join(peer['argv'])} ended with status {status}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def prepare(peer):
    for path in peer.get("remove", []):
        if os.path.exists(path):
            os.remove(path)
    if peer.get("change"):
        with open(peer["change"], "ab") as file:
            file.write(b"\n# %d" % time.time_ns())


def main():
    work = json.load(sys.stdin)
    runs = {peer["name"]: [] for peer in work["peers"]}
    for _ in range(work["runs"]):
        for peer in work["peers"]:
            runs[peer["name"]].append(run(peer))
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in runs.items()}
    json.dump({name: dict(zip(("seconds", "cpu_seconds", "peak_bytes"), row)) for name, row in medians.items()}, sys.stdout)


main()
