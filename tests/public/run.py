"""A server on the open internet: started with its defaults, attacked from three addresses at all doors,
while innocents talk from a fourth and newcomers come in from a fifth.

It runs in a network of its own (scripts/public.sh), because a server trusts addresses of its own
machine. It prints figures each minute, and fails if an innocent loses a line or a connection, a
newcomer stays out, the server needs too much memory, complains of itself or does not end when told."""

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

from people import IN_THE_LOBBY, KINDS, Talk, newcomers, talk_on
from wire import HOST, Doors

HERE = os.path.dirname(os.path.abspath(__file__))
SERVER, INNOCENTS, NEWCOMERS = "203.0.113.1", "203.0.113.5", "203.0.113.6"
ATTACKERS = ["203.0.113.2", "203.0.113.3", "203.0.113.4"]
PORTS = {"lines": 55555, "http": 5000, "lines-tls": 6697, "https": 443}
OPERATOR = "http://127.0.0.1:5000"
MEMORY_MAX = 400 << 20
# People talk for this long before the attack, and after it.
BEFORE_S, AFTER_S, GRACE_S = 15, 10, 5
# The user whom the server becomes: nobody.
USER = 65534
TICKS = os.sysconf("SC_CLK_TCK")


def on_core(core, is_first):
    """In the world the server, people and attackers have machines of their own. Here the server and
    the people go first, and attackers get what others leave them."""
    def prepare():
        if os.cpu_count() > 1:
            os.sched_setaffinity(0, {core})
        policy = os.SCHED_RR if is_first else os.SCHED_OTHER
        os.sched_setscheduler(0, policy, os.sched_param(1 if is_first else 0))
        if not is_first:
            os.nice(19)
    return prepare


def network():
    """Gives this network its addresses."""
    run = lambda *words: subprocess.run(words, check=True)
    run("ip", "link", "set", "lo", "up")
    for address in [SERVER, INNOCENTS, NEWCOMERS, *ATTACKERS]:
        run("ip", "address", "add", f"{address}/32", "dev", "lo")


def certificate(folder):
    cert, key = f"{folder}/cert.pem", f"{folder}/key.pem"
    subprocess.run([
        "openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}",
        "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", cert,
    ], check=True, capture_output=True)
    return cert, key


class Server:
    """The server, and its use of memory and time."""

    def __init__(self, program, folder):
        cert, key = certificate(folder)
        self.log = f"{folder}/log"
        flags = [f"--bind={SERVER}:{PORTS['lines']}", f"--http={SERVER}:{PORTS['http']}",
                 f"--http={OPERATOR.removeprefix('http://')}", f"--host={HOST}",
                 f"--bind-tls={SERVER}:{PORTS['lines-tls']}", f"--https={SERVER}:{PORTS['https']}",
                 f"--tls-cert={cert}", f"--tls-key={key}", f"--db={folder}/chat.db",
                 f"--user={USER}:{USER}"]
        for path in [folder, cert, key]:
            os.chown(path, USER, USER)
        self.child = subprocess.Popen([program, *flags], stderr=open(self.log, "w"),
                                      preexec_fn=on_core(0, True))
        self.doors = {"address": SERVER, "ports": PORTS, "certificate": cert}
        end = time.monotonic() + 15
        while not self.answers("/readyz"):
            if time.monotonic() > end or self.child.poll() is not None:
                sys.exit(f"the server does not come up: {open(self.log).read()}")
            time.sleep(0.05)

    def answers(self, path):
        try:
            with urllib.request.urlopen(OPERATOR + path, timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            return None

    def seconds(self):
        """Time of the processor so far."""
        fields = open(f"/proc/{self.child.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def waited(self):
        """Seconds in which it could have run, and the machine ran something else."""
        return int(open(f"/proc/{self.child.pid}/schedstat").read().split()[1]) / 1e9

    def memory(self, name="VmRSS"):
        status = open(f"/proc/{self.child.pid}/status").read()
        return int(re.search(rf"{name}:\s+(\d+)", status)[1]) << 10

    def stop(self):
        started = time.monotonic()
        self.child.send_signal(signal.SIGTERM)
        code = self.child.wait(timeout=30)
        return code, time.monotonic() - started


def percentiles(delays):
    """The middle, the slowest hundredth and the slowest, in milliseconds, and their number."""
    if not delays:
        return "none"
    all = sorted(delay for delay, _, _ in delays)
    at = lambda part: 1000 * all[min(len(all) - 1, int(len(all) * part))]
    return f"p50 {at(0.5):.1f} p99 {at(0.99):.1f} max {1000 * all[-1]:.1f} ms of {len(all)}"


async def watch(server, talks, is_over):
    """Prints the figures of each minute."""
    used, since = server.seconds(), time.monotonic()
    while not is_over():
        await asyncio.sleep(min(60, max(1, is_over.end - time.monotonic())))
        now = time.monotonic()
        cpu = (server.seconds() - used) / (now - since)
        figures = [f"{talk.room}: {percentiles([it for it in talk.delays if it[1] >= since])}"
                   for talk in talks]
        print(f"{now - is_over.begin:5.0f} s  {'; '.join(figures)}; server {100 * cpu:.0f} % of a "
              f"core, {server.memory() >> 20} MiB", flush=True)
        used, since = server.seconds(), now


class Span:
    """Whether a time is over."""

    def __init__(self, seconds):
        self.begin = time.monotonic()
        self.end = self.begin + seconds

    def __call__(self):
        return time.monotonic() >= self.end


def attackers(server, options):
    for number, address in enumerate(ATTACKERS):
        yield subprocess.Popen(
            [sys.executable, f"{HERE}/attacks.py", address, str(options.seed + number),
             str(options.seconds), str(options.slot), json.dumps(server.doors)],
            stdout=subprocess.PIPE, text=True, preexec_fn=on_core(1, False))


def part(delays, begin, end):
    return [it for it in delays if begin <= it[1] < end]


async def siege(server, options):
    """Returns everything that went wrong."""
    doors = Doors(**server.doors)
    garden, lobby = Talk("garden"), Talk("lobby")
    people = [kind(doors, door, INNOCENTS, f"g{at}", garden) for at, (kind, door) in enumerate(KINDS)]
    people += [kind(doors, door, INNOCENTS, f"l{at}", lobby)
               for at, (kind, door) in enumerate(IN_THE_LOBBY)]
    for person in people:
        await person.enter()
    whole = Span(BEFORE_S + options.seconds + AFTER_S)
    talking = [asyncio.create_task(talk_on(person, whole)) for person in people]
    coming = asyncio.create_task(newcomers(doors, NEWCOMERS, whole))
    watching = asyncio.create_task(watch(server, [garden, lobby], whole))
    await asyncio.sleep(BEFORE_S)
    begin = time.monotonic()
    foes = list(attackers(server, options))
    await asyncio.gather(watching, *talking)
    delays, refused = await coming
    await asyncio.sleep(GRACE_S)
    end = whole.end - AFTER_S
    for name, all in [("garden", garden.delays), ("lobby", lobby.delays), ("newcomers", delays)]:
        print(f"{name}: before {percentiles(part(all, 0, begin))}; during "
              f"{percentiles(part(all, begin, end))}; after {percentiles(part(all, end, end + 99))}")
        for delay, when, what in sorted(part(all, begin, end), reverse=True)[:5]:
            print(f"    {1000 * delay:.0f} ms, {when - begin:.0f} s after the beginning: {what}")
    for foe, address in zip(foes, ATTACKERS):
        counts, _ = foe.communicate(timeout=60)
        print(f"{address}: {counts.strip()}")
    faults = [f"lost in #{talk.room}: {len(talk.losses())} of {len(talk.sent)} lines, for example "
              f"{list(talk.losses().items())[:3]}" for talk in (garden, lobby) if talk.losses()]
    faults += [f"{person.name} ({type(person).__name__} at {person.door}) had to leave: "
               f"{person.ends[:3]}" for person in people if person.ends]
    faults += [f"a newcomer stayed out: {it}" for it in refused]
    for person in people:
        person.leave()
    return faults


def judged(server, faults):
    """What the server says of itself, and how it ends."""
    metrics = server.answers("/metrics") or ""
    for line in metrics.splitlines():
        if re.match(r"mio_chat_(refused|disconnects|tls_handshake)[a-z_]*(\{|_total)", line):
            if not line.endswith(" 0"):
                print(f"    {line}")
    peak, seconds, waited = server.memory("VmHWM"), server.seconds(), server.waited()
    code, took = server.stop()
    print(f"server: {peak >> 20} MiB at most, {seconds:.1f} s of a core, {waited:.1f} s of waiting for "
          f"it, the end in {took:.2f} s with code {code}")
    if peak > MEMORY_MAX:
        faults.append(f"{peak} bytes of memory")
    if code != 0:
        faults.append(f"the server ended with {code}")
    for line in open(server.log, errors="replace"):
        if "slow turn" in line:
            # The machine may be slow, so this is no fault by itself.
            print(f"    {line.strip()}")
        if "panicked" in line or " ERROR " in line:
            faults.append(f"the log says: {line.strip()}")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--seconds", type=int, default=60, help="length of the attack")
    parser.add_argument("--slot", type=int, default=10, help="seconds until an address changes its attack")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="a folder in which the history and the log stay")
    options = parser.parse_args()
    network()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or temporary
        os.makedirs(folder, exist_ok=True)
        server = Server(os.path.abspath(options.program), folder)
        on_core(1, True)()
        try:
            faults = judged(server, asyncio.run(siege(server, options)))
        finally:
            server.child.kill()
    for fault in faults:
        print(f"FAULT: {fault}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
