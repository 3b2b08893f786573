from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

import crawler.settings
from crawler.settings import own_version, user_agent
from tests.crawler.peers.sources import Answer, page, read, registry
from tests.ecosystem import running


def test_we_say_who_we_are_and_send_nothing_else(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # a proxy of the environment is not used
    seen: list[str] = []

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                seen.append(connection.recv(65536).decode())
                connection.sendall(b'HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 14\r\n\r\n{"servers":[]}')

        thread = threading.Thread(target=serve)
        thread.start()
        discovery, _ = read("official", f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()
    assert discovery.error is None
    head = seen[0].lower()
    assert head.startswith("get /v0.1/servers?version=latest&limit=100 http/1.1")
    assert "user-agent: mcp-risk-catalogue/" in head
    assert "cookie" not in head
    assert "authorization" not in head


@pytest.mark.parametrize(
    ("contact", "says"),
    [("", ""), ("https://crawl.example/me", " (+https://crawl.example/me)"), ("a\r\nX: y\u202eé", " (+aX: y)")],
)
def test_requests_say_whom_to_ask(monkeypatch, contact, says):
    monkeypatch.setenv("CATALOGUE_CONTACT", contact)
    assert user_agent() == f"mcp-risk-catalogue/{own_version()}{says}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_registry_that_nobody_runs():
    discovery, _ = read("official", f"http://127.0.0.1:{free_port()}")
    assert "connection refused" in str(discovery.error)


def test_a_registry_that_hangs_and_one_that_drips(monkeypatch):
    monkeypatch.setitem(crawler.settings._LIMITS, "DOWNLOAD_TIMEOUT", 0.5)
    monkeypatch.setitem(crawler.settings._MANNERS, "RETRY_TIMES", 0)
    with running(servers=2, mix={"hang": 50, "drip": 50}) as world:
        for server in (0, 1):
            discovery, _ = read("official", f"{world.address}/s/{server}/mcp/servers")
            assert "no answer in time" in str(discovery.error)


def test_a_peer_that_speaks_no_http():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(3):
                connection, _address = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"SSH-2.0-x\r\n\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        discovery, _ = read("official", f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()
    assert "could not be read" in str(discovery.error)


@pytest.fixture
def own_certificate(tmp_path) -> ssl.SSLContext:
    """What a server needs to call itself `localhost` without anybody vouching for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "both.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    return context


def test_a_certificate_that_nobody_vouches_for_is_refused(own_certificate):
    asked: list[str] = []
    with registry(lambda path: asked.append(path) or page("a"), own_certificate) as address:
        discovery, _ = read("official", address.replace("http://127.0.0.1", "https://localhost"))
    assert "not to be trusted" in str(discovery.error)
    assert asked == []


# Addresses


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "169.254.169.254",
        "10.0.0.1",
    ],
)
def test_no_private_address_is_asked_in_any_spelling(host):
    asked: list[str] = []

    def answer(path: str) -> Answer:
        asked.append(path)
        return page("a")

    with registry(answer) as address:
        port = address.rpartition(":")[2]
        discovery, _ = read("official", f"http://{host}:{port}", allow_private=False)
    assert discovery.error
    assert asked == []


def test_the_same_address_is_asked_when_that_is_allowed():
    with registry(lambda _: page("a")) as address:
        assert read("official", address.replace("127.0.0.1", "localhost"))[0].error is None


@pytest.mark.parametrize(
    "address", ["ftp://registry.example", "registry.example", "http://me:pw@registry.example", "///"]
)
def test_an_address_that_is_no_web_address_is_refused_by_name(address):
    discovery, _ = read("official", address)
    assert address in str(discovery.error)
