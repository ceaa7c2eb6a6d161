"""What is said of a child process, and how long it is waited for. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from elsipo.supervisor.child import Patience

ProcessState = Literal["stopped", "starting", "running", "restarting", "failed"]


@dataclass(frozen=True)
class Timing:
    """How patient a supervisor is, in seconds.

    Attributes:
        start_s: From the launch until `hello` has been answered.
        ping_interval_s: From an answered ping to the next.
        ping_s: For the answer; a child that takes longer is taken for dead and killed.
        goodbye_s: For `goodbye`.
        end: For the steps of an end after that.
    """

    start_s: float = 20.0
    ping_interval_s: float = 5.0
    ping_s: float = 5.0
    goodbye_s: float = 4.0
    end: Patience = field(default_factory=Patience)


@dataclass(frozen=True)
class ProcessStatus:
    """How a child is.

    Attributes:
        state: See the diagram of `supervisor`.
        pid: Its process id, while there is a process.
        restarts: How often it was started again since the supervisor began.
        detail: Why it is in this state, in words for a person; may be empty.
        log_lines: The last lines of its log, of the run before where there is no process. For logs, not for pages.
    """

    state: ProcessState
    pid: int | None
    restarts: int
    detail: str
    log_lines: tuple[str, ...]


@dataclass(frozen=True)
class Death:
    """An end that nobody had asked for.

    Attributes:
        reason: How it ended, in words for a person.
        ran_s: Seconds since its launch.
        log_lines: The last lines of its log, its stacks among them where it could still write them.
    """

    reason: str
    ran_s: float
    log_lines: tuple[str, ...]
