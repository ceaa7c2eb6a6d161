"""Private certificate authorities, made by the openssl command line, and trusted by Chromium where certutil says so."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elsipo.demo.provider import TlsFiles

from peers import needs

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Authority:
    """A certificate authority of a test run.

    Attributes:
        folder: Where its files are.
        ca_file: Its own certificate, PEM: who trusts this file trusts all that it signs.
    """

    folder: Path
    ca_file: Path

    @classmethod
    def new(cls, folder: Path, name: str) -> Authority:
        """Make one.

        Args:
            folder: Is made.
            name: Its common name.
        """
        folder.mkdir(parents=True)
        authority = cls(folder, folder / "ca.pem")
        _openssl(
            *("req", "-x509", *_new_key(folder / "ca-key.pem"), "-days", "2", "-subj", f"/CN={name}"),
            *("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
            *("-out", str(authority.ca_file)),
        )
        return authority

    def issue(self, host: str) -> TlsFiles:
        """Sign a server's certificate.

        Args:
            host: The DNS name that it is for; the only one.
        """
        request, certificate = self.folder / f"{host}.csr", self.folder / f"{host}.pem"
        private_key, extensions = self.folder / f"{host}-key.pem", self.folder / f"{host}.ext"
        extensions.write_text(f"subjectAltName=DNS:{host}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n")
        _openssl("req", *_new_key(private_key), "-subj", f"/CN={host}", "-out", str(request))
        _openssl(
            *("x509", "-req", "-in", str(request), "-days", "2", "-extfile", str(extensions)),
            *("-CA", str(self.ca_file), "-CAkey", str(self.folder / "ca-key.pem"), "-CAcreateserial"),
            *("-out", str(certificate)),
        )
        return TlsFiles(certificate, private_key)

    def is_trusted_at(self, home: Path) -> None:
        """Have it trusted by a Chromium that runs with this home, as a person does who adds it to Chromium's own list.

        Args:
            home: Has nothing of the kind yet.
        """
        folder = home / ".pki" / "nssdb"
        folder.mkdir(parents=True)
        _run("certutil", "libnss3-tools", "-N", "-d", f"sql:{folder}", "--empty-password")
        _run(
            "certutil",
            "libnss3-tools",
            "-A",
            "-d",
            f"sql:{folder}",
            *("-n", "ca", "-t", "C,,", "-i", str(self.ca_file)),
        )


def _new_key(path: Path) -> tuple[str, ...]:
    return ("-newkey", "rsa:2048", "-nodes", "-keyout", str(path))


def _openssl(*arguments: str) -> None:
    _run("openssl", "openssl", *arguments)


def _run(name: str, package: str, *arguments: str) -> None:
    program = needs.program(name, package=package)
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
