"""The connections under an introspection: kept where the server keeps them, and never trusted."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crawler.introspector import http11
from crawler.introspector.budget import Budget, Stopped
from crawler.introspector.http11 import GuardedTransport
from crawler.records import Reason

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def converse(answers: list[bytes], asks: int, tls: ssl.SSLContext | None = None) -> tuple[list[bytes], int]:
    """Ask one server that often; it gives `answers` in turn, and hangs up after b"". Return bodies and connections."""
    connected = []
    left = iter(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):  # the client is done
            while await reader.readuntil(b"\r\n\r\n") and (answer := next(left)):
                writer.write(answer)
        writer.close()

    async def run(client: httpx.AsyncClient, base: str) -> list[bytes]:
        bodies = []
        for _ in range(asks):
            async with client.stream("GET", base) as response:
                bodies.append(await anext(response.aiter_raw(), b""))
            await asyncio.sleep(0.01)  # so that a server that hangs up has done so
        return bodies

    return _with_server(serve, run, tls), len(connected)


def _with_server(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]],
    run: Callable[[httpx.AsyncClient, str], Coroutine[Any, Any, list[bytes]]],
    tls: ssl.SSLContext | None,
) -> list[bytes]:
    async def both() -> list[bytes]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        base = f"http{'s' * bool(tls)}://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with (
            server,
            httpx.AsyncClient(transport=GuardedTransport(Budget(), allow_private=True), timeout=None) as client,
        ):
            async with asyncio.timeout(5):
                try:
                    return await run(client, base)
                finally:
                    await client.aclose()
                    await asyncio.sleep(0.01)  # the server takes note

    return asyncio.run(both())


def test_one_connection_serves_many_questions():
    assert converse([PLAIN] * 3, 3) == ([b"ok"] * 3, 1)


def test_an_answer_that_is_left_before_its_end_but_has_arrived_keeps_its_connection():
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n"
    assert converse([chunked] * 2, 2) == ([b"a", b"a"], 1)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",  # the rest is still to come
        PLAIN + PLAIN,  # what came unasked would answer the next question
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ],
)
def test_a_connection_that_is_not_done_is_not_used_again(answer):
    assert converse([answer, PLAIN], 2) == ([b"ok", b"ok"], 2)


def test_a_server_that_hung_up_after_its_answer_is_connected_to_anew():
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(PLAIN)
        writer.close()

    async def run(client: httpx.AsyncClient, base: str) -> list[bytes]:
        bodies = []
        for _ in range(2):
            bodies.append((await client.get(base)).content)
            await asyncio.sleep(0.05)
        return bodies

    assert _with_server(serve, run, None) == [b"ok", b"ok"]


def test_a_server_that_answers_with_hints_only_is_left():
    hint = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    assert converse([hint + PLAIN], 1) == ([b"ok"], 1)
    with pytest.raises(Stopped) as caught:
        converse([hint * 10_000 + PLAIN], 1)
    assert caught.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", httpx.ReadError),
        (b"SSH-2.0-x\r\n\r\n", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 50_000, Stopped),
    ],
)
def test_what_is_no_http_is_told_apart_from_silence_and_from_too_much(answer, expected):
    with pytest.raises(expected):
        converse([answer, b""], 1)


def test_a_body_that_breaks_off_is_no_body():
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")
        writer.close()

    async def run(client: httpx.AsyncClient, base: str) -> list[bytes]:
        return [(await client.get(base)).content]

    with pytest.raises(httpx.ReadError):
        _with_server(serve, run, None)


def test_certificates_are_checked_against_the_host_that_was_asked_for(tmp_path: Path, monkeypatch):
    right, wrong = _certificate(tmp_path / "right.pem", "127.0.0.1"), _certificate(tmp_path / "wrong.pem", "127.0.0.2")
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes((tmp_path / "right.pem").read_bytes() + (tmp_path / "wrong.pem").read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    http11._tls.cache_clear()
    try:
        assert converse([PLAIN] * 2, 2, right) == ([b"ok", b"ok"], 1)
        with pytest.raises(httpx.ConnectError, match="IP address mismatch"):
            converse([PLAIN], 1, wrong)
        monkeypatch.delenv("SSL_CERT_FILE")
        http11._tls.cache_clear()
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            converse([PLAIN], 1, right)
    finally:
        http11._tls.cache_clear()


def _certificate(file: Path, address: str) -> ssl.SSLContext:
    """Write a certificate for one address, signed by itself, with its key; return a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, address)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    unlocked = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unlocked)
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
