"""Children that were begun before there was a loop: spawned for whoever launches them, or forked off this process."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

import pytest
from elsipo.supervisor.begun import spawn
from elsipo.supervisor.child import Patience
from elsipo.supervisor.launcher import end_kept, keep, launch
from peers.processes import living
from peers.waiting import eventually
from unit.supervisor.conftest import FIXTURES, WITHIN_S

ARGV = [sys.executable, "-c", "import sys; print('ready', flush=True); sys.exit(len(sys.stdin.read()))"]

# A program that has its fork server forked off itself, with something open that is no child's affair.
FORKING = """
import asyncio, json, os, sys
from elsipo.supervisor import ForkServer, Patience
import problem_engine

problem_engine.LEFT_BY_THE_PROGRAM = True
reading, writing = os.pipe()
server = ForkServer([sys.executable, "-m", "problem_engine"], "problem_engine")
server.fork()

def pipes(pid):
    return {os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")}

def parent(pid):
    return int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])

async def ask(child, method, **params):
    await child.stream.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
    return json.loads(await child.stream.read() or "{}").get("result")

async def main():
    secret = os.readlink(f"/proc/self/fd/{reading}")
    first, second = [await server.launch(f"child {number}", [*server._argv, "well"]) for number in range(2)]
    told = {
        "answers": [await ask(child, "engine.ping") for child in (first, second)],
        "parents": [parent(child.pid) == server.pid for child in (first, second)],
        "grandparent": parent(server.pid) == os.getpid(),
        "comm": open(f"/proc/{server.pid}/comm").read().strip(),
        "groups": os.getpgid(server.pid) == server.pid,
        "leaked": [secret in pipes(pid) for pid in (server.pid, first.pid, second.pid)],
    }
    await ask(second, "engine.echo", text="exit 5")
    told["code"] = await second.wait()
    pid = server.pid
    os.kill(pid, 9)
    while server.pid is not None:
        await asyncio.sleep(0.01)
    third = await server.launch("child 3", [*server._argv, "well"])
    told["again"] = [await ask(third, "engine.ping"), server.pid not in (None, pid), parent(third.pid) == server.pid]
    for child in (first, second, third):
        await child.end(Patience())
    last = server.pid
    await server.close()
    told["left"] = os.path.exists(f"/proc/{last}")
    print(json.dumps(told))

asyncio.run(main())
"""


async def test_the_next_launch_of_the_same_command_gets_it_once() -> None:
    keep(ARGV, spawn(ARGV))
    first, second = await launch("child", ARGV), await launch("child", ARGV)
    assert await first.stream.read() == "ready"
    assert first.pid != second.pid
    assert os.getsid(first.pid) == first.pid
    await end_kept("early")  # nobody is left there
    await first.stream.write("four")
    assert await first.end(Patience(WITHIN_S, WITHIN_S)) == len("four\n")  # its exit code is known
    assert await second.end(Patience(WITHIN_S, WITHIN_S)) == 0


async def test_another_command_or_environment_does_not_get_it_and_it_is_ended() -> None:
    begun = spawn(ARGV)
    keep(ARGV, begun)
    other = await launch("other", [*ARGV, "argument"])
    bare = await launch("bare", ARGV, env={})
    await end_kept("early")
    with pytest.raises(ProcessLookupError):
        os.kill(begun.pid, 0)
    unwanted = await launch("late", ARGV)
    for child in (other, bare, unwanted):
        assert await child.stream.read() == "ready"
        assert await child.end(Patience(WITHIN_S, WITHIN_S)) == 0


async def test_spawned_child_leaves_with_a_process_that_never_watched_it() -> None:
    script = f"from elsipo.supervisor.begun import spawn; print(spawn({ARGV!r}).pid, flush=True)"
    program = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    told, _ = await program.communicate()
    await eventually(lambda: not living([int(told)]), what="it has left")


@pytest.mark.skipif(sys.platform != "linux", reason="there is no fork server elsewhere")
def test_fork_server_forked_off_its_program_has_nothing_of_it_but_modules() -> None:
    environment = {**os.environ, "PYTHONPATH": str(FIXTURES)}
    done = subprocess.run(
        [sys.executable, "-c", FORKING], env=environment, capture_output=True, check=False, timeout=WITHIN_S
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == {
        "answers": [{}, {}],
        "parents": [True, True],
        "grandparent": True,
        "comm": "fork server",
        "groups": True,
        "leaked": [False, False, False],
        "code": 5,
        "again": [{}, True, True],
        "left": False,
    }
