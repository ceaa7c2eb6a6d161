"""What is around Elsipo: its own version, the keyring, network sockets, and the demo's provider."""

from __future__ import annotations

import asyncio
import platform
import socket
import subprocess
from typing import Final

from elsipo.demo.provider import find_kamailio
from elsipo.demo.provider_files import module_directory
from elsipo.doctor.report import Finding
from elsipo.host.plugins import try_all
from elsipo.resources import provider_kit
from elsipo.version import ELSIPO_VERSION

_TIMEOUT_S: Final = 10
_KAMAILIO: Final = "sudo apt-get install kamailio"


def elsipo() -> Finding:
    """Which Elsipo this is, and on what."""
    text = f"Elsipo {ELSIPO_VERSION}, Python {platform.python_version()}, {platform.platform(terse=True)}."
    return Finding("elsipo", "ok", text)


def keyring() -> Finding:
    """Which keyring passwords would go to. Nothing is read from it, for that could ask the person to unlock it."""
    from keyring import get_keyring
    from keyring.backends import chainer, fail, null

    found = get_keyring()
    backends = list(found.backends) if isinstance(found, chainer.ChainerBackend) else [found]
    usable = [backend for backend in backends if not isinstance(backend, fail.Keyring | null.Keyring)]
    if usable:
        return Finding("keyring", "ok", ", ".join(backend.name for backend in usable) + ".")
    text = "No keyring runs here. Passwords can be kept in a file that only you can read (--allow-file)."
    return Finding("keyring", "warning", text, "sudo apt-get install gnome-keyring")


def plugins() -> Finding:
    """Which plugins are installed, and whether each starts."""
    tried = asyncio.run(try_all())
    text = "; ".join(f"{found.installed.name}: {found.summary}" for found in tried) or "None are installed."
    if all(found.description is not None for found in tried):
        return Finding("plugins", "ok", text)
    return Finding("plugins", "warning", text, "elsipo --log-level info plugin list")


def ports() -> Finding:
    """Can loopback be listened on and reached, and a UDP port be had for SIP?"""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            with socket.create_connection(("127.0.0.1", port), timeout=2):
                pass
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sip:
            sip.bind(("", 0))
    except OSError as error:
        text = f"A port cannot be had: {error.strerror or error}."
        return Finding("ports", "missing", text, "sudo ip link set lo up")
    return Finding("ports", "ok", "Loopback can be listened on and reached; a UDP port can be had.")


def kamailio() -> Finding:
    """Kamailio and its modules, which the demo's provider is."""
    try:
        program = find_kamailio()
        module_directory(program)
        provider_kit()
    except FileNotFoundError as error:
        return Finding("kamailio", "missing", f"{error} Only the demo needs it.", _KAMAILIO)
    try:
        said = subprocess.run(
            [str(program), "-v"], capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("kamailio", "missing", f"{program} does not run: {error}", _KAMAILIO)
    words = said.split()
    version = words[words.index("kamailio") + 1] if "kamailio" in words[:-1] else "of unknown version"
    return Finding("kamailio", "ok", f"Kamailio {version}, for the demo.")
