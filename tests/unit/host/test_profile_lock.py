import subprocess
import sys
from pathlib import Path

import pytest
from elsipo.host.profile_lock import ProfileInUseError, ProfileLock


def test_a_second_elsipo_on_a_profile_is_told_so(tmp_path: Path) -> None:
    lock = ProfileLock(tmp_path / "lock")
    with pytest.raises(ProfileInUseError, match="running already"):
        ProfileLock(tmp_path / "lock")
    lock.release()
    lock.release()
    ProfileLock(tmp_path / "lock").release()


def test_a_killed_elsipo_leaves_no_stale_lock(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from elsipo.host.profile_lock import ProfileLock; "
        "lock = ProfileLock(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(ProfileInUseError):
            ProfileLock(tmp_path / "lock")
        holder.kill()
        holder.wait()
        ProfileLock(tmp_path / "lock").release()
