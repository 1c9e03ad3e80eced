"""The checked address is connected to, but the certificate must still be that of the name."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from monitoring.platforms import guarded
from monitoring.platforms.base import RetryAfter
from tests.monitoring.platforms.local import Answer, LocalServer, serving


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """A server with a certificate for krant.example, trusted here; every name leads to it."""
    certificate = _certify("krant.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    guarded._tls.cache_clear()
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **named: real("127.0.0.1", *rest, **named)
    )
    with serving(lambda request: Answer(200, b"news")) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.encrypt(context)
        yield server
    guarded._tls.cache_clear()


def _certify(name: str, folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def read(server: LocalServer, name: str) -> Any:
    return guarded.fetch(f"https://{name}:{server.port}/", allow=["127.0.0.0/8"])


def test_a_server_with_the_certificate_of_its_name_is_read(server: LocalServer) -> None:
    assert read(server, "krant.example").body == b"news"
    assert server.received[0].headers["Host"] == f"krant.example:{server.port}"


def test_a_server_with_the_certificate_of_another_name_hears_nothing(server: LocalServer) -> None:
    with pytest.raises(RetryAfter, match="cannot be reached"):
        read(server, "elders.example")
    assert server.received == []
