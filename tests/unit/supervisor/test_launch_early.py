"""A child that was started before its supervisor was there."""

from __future__ import annotations

import sys

from elsipo.supervisor.child import Patience
from elsipo.supervisor.launcher import end_early, launch, launch_early

ARGV = [sys.executable, "-c", "import sys; print('ready', flush=True); sys.stdin.read()"]


async def test_the_next_launch_of_the_same_command_gets_it_once() -> None:
    await launch_early("early", ARGV)
    first, second = await launch("child", ARGV), await launch("child", ARGV)
    assert await first.stream.read() == "ready"
    assert first.pid != second.pid
    await end_early()  # nobody is left there
    assert await first.end(Patience()) == 0
    assert await second.end(Patience()) == 0


async def test_another_command_or_environment_does_not_get_it_and_it_is_ended() -> None:
    await launch_early("early", ARGV)
    other = await launch("other", [*ARGV, "argument"])
    bare = await launch("bare", ARGV, env={})
    await end_early()
    unwanted = await launch("late", ARGV)
    for child in (other, bare, unwanted):
        assert await child.stream.read() == "ready"
        assert await child.end(Patience()) == 0
