"""pjsip itself: library, SIP transports, trust in TLS peers.

Must not know accounts, calls or messages.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pjsua2 as pj

from elsipo.engine.doorkeeper import Doorkeeper
from elsipo.version import ELSIPO_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

    from elsipo.rpc._generated.models import AccountSettings

_log = logging.getLogger(__name__)

_LOOPBACK: Final = "127.0.0.1"
_IPV6: Final = 128  # pjsip's flag on a transport type
_TYPES: Final = {
    "udp": pj.PJSIP_TRANSPORT_UDP,
    "tcp": pj.PJSIP_TRANSPORT_TCP,
    "tls": pj.PJSIP_TRANSPORT_TLS,
}
# Wide band first, then what every peer has; pjsip's own order puts speex before all.
_CODECS: Final = ("G722/16000", "PCMA/8000", "PCMU/8000")
_HIGHEST_PRIORITY: Final = 254
USER_AGENT: Final = f"Elsipo/{ELSIPO_VERSION}"


class _Library(pj.Endpoint):
    """pjsip's endpoint; tells when a connection is gone."""

    def __init__(self) -> None:
        super().__init__()
        self.on_connection_lost: Callable[[], None] = lambda: None
        self.on_connection_gone: Callable[[int], None] = lambda _: None

    def onTransportState(self, prm: Any) -> None:
        """A connection came up or went; pjsip tells of either in the same words."""
        if prm.state == pj.PJSIP_TP_STATE_DISCONNECTED:
            self.on_connection_lost()
        elif prm.state == pj.PJSIP_TP_STATE_DESTROY:
            self.on_connection_gone(int(prm.hnd))


class _LogWriter(pj.LogWriter):
    """What pjsip says, a line each time: after a complaint about a packet comes the packet, which is for no log."""

    def write(self, entry: Any) -> None:
        """Write the first line."""
        _log.warning("pjsip: %s", str(entry.msg).strip().partition("\n")[0].rstrip())


class Endpoint:
    """The started library."""

    def __init__(self) -> None:
        self._log_writer = _LogWriter()  # pjsip holds a bare pointer to it
        library = _Library()
        library.libCreate()
        config = pj.EpConfig()
        # One thread owns pjsip (see reactor); media has its own clock.
        config.uaConfig.threadCnt = 0
        config.uaConfig.mainThreadOnly = True
        config.uaConfig.userAgent = USER_AGENT
        # Messages hold credentials and bodies: pjsip logs errors alone, and never packets.
        config.logConfig.level = 1
        config.logConfig.consoleLevel = 1
        config.logConfig.msgLogging = 0
        config.logConfig.writer = self._log_writer
        # Voice activity detection would cut quiet music and the probe's tone short.
        config.medConfig.noVad = True
        # Silence of a second costs nothing to wait for; opening a sound device on every tone does.
        config.medConfig.sndAutoCloseTime = 1
        library.libInit(config)
        self.doorkeeper = Doorkeeper()
        self.doorkeeper.install()
        library.on_connection_gone = self.doorkeeper.framing.forget
        self.sent_by = ""
        for index, codec in enumerate(_CODECS):
            library.codecSetPriority(codec, _HIGHEST_PRIORITY - index)
        self.library: Any = library

    @property
    def codecs(self) -> list[str]:
        """Names of the codecs, best first, as `PCMU/8000/1`."""
        return [codec.codecId for codec in self.library.codecEnum2()]

    @property
    def version(self) -> str:
        """The version of pjproject."""
        return str(self.library.libVersion().full)

    def open(self, settings: AccountSettings) -> tuple[str, int]:
        """Open the account's transport, and start.

        Args:
            settings: The account; `transport`, `bound_address` and `tls_ca_file` count here.

        Returns:
            IP and port of a UDP socket of ours that this machine can reach: the doorbell.

        Raises:
            pj.Error: no socket could be opened.
        """
        bound = settings.bound_address or ""
        config = pj.TransportConfig()
        config.boundAddress = bound
        if settings.transport == "tls":
            _trust(config.tlsConfig, settings.tls_ca_file)
        kind = _TYPES[settings.transport] + (_IPV6 if ":" in bound else 0)
        if settings.transport == "udp" and settings.local_port:
            config.port = settings.local_port
        try:
            identity = self.library.transportCreate(kind, config)
        except pj.Error:
            if not config.port:
                raise
            config.port = 0  # somebody else has it
            identity = self.library.transportCreate(kind, config)
        self.sent_by = str(self.library.transportGetInfo(identity).localName)
        if settings.transport == "udp":
            host = bound if bound not in {"", "0.0.0.0", "::"} else _LOOPBACK  # noqa: S104 - a comparison
        else:
            # Connections cannot be rung; a datagram socket that nothing outside this machine reaches can.
            bell = pj.TransportConfig()
            bell.boundAddress = host = _LOOPBACK
            identity = self.library.transportCreate(pj.PJSIP_TRANSPORT_UDP, bell)
        port = int(self.library.transportGetInfo(identity).localName.rpartition(":")[2])
        self.library.libStart()
        return host, port

    def address_changed(self) -> None:
        """Leave behind what was tied to an address of ours that is gone: connections, contacts, media of calls."""
        parameters = pj.IpChangeParam()
        parameters.restartListener = False  # our sockets are bound to all addresses; the doorbell rings one of them
        try:
            self.library.handleIpChange(parameters)
        except pj.Error as error:
            _log.info("after a change of address: %s", error.reason)


def _trust(tls: Any, ca_file: str | None) -> None:
    """Verify TLS peers (off by default in pjsua2) against the given authorities, else the system's.

    Spec: RFC 3261 §26.3.2.1, RFC 5922.
    """
    tls.verifyServer = True
    tls.proto = pj.PJ_SSL_SOCK_PROTO_TLS1_2
    tls.msecTimeout = 5000
    if ca_file is not None:
        tls.CaListFile = ca_file
        return
    import ssl  # Python's own OpenSSL costs more than a megabyte: not for accounts that do without

    paths = ssl.get_default_verify_paths()
    candidates = [paths.cafile or ""]
    if paths.capath:
        candidates.append(str(Path(paths.capath) / "ca-certificates.crt"))
    if found := next((name for name in candidates if name and Path(name).is_file()), None):
        tls.CaListFile = found
        return
    # Windows and macOS keep no file; what the system's store holds is handed over as text.
    certificates = ssl.create_default_context().get_ca_certs(binary_form=True)
    if not certificates:
        _log.error("no certificate authorities found on this system: no TLS server can be trusted")
    tls.CaBuf = "".join(ssl.DER_cert_to_PEM_cert(certificate) for certificate in certificates)
