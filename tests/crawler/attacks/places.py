"""Attacks on where we go: addresses, names, redirects and endpoints that lead to others, or into our own house."""

from __future__ import annotations

from crawler.records import Reason
from tests.crawler.attacks.attack import CANARY, OWN, UNKNOWN, Lists, Refused, lists, serves, stands
from tests.crawler.peers.remotes import Request


def _refused(words: str) -> Refused:
    return Refused(Reason.ADDRESS_REFUSED, words)


# Spellings of an address.

for _name, _url, _words in (
    ("loopback", "http://127.0.0.1/mcp", "127.0.0.1, which is not a public address"),
    ("loopback-in-one-number", "http://2130706433/mcp", "an odd spelling"),
    ("loopback-in-hexadecimal", "http://0x7f000001/mcp", "an odd spelling"),
    ("loopback-in-octal", "http://0177.0.0.1/mcp", "an odd spelling"),
    ("loopback-in-short", "http://127.1/mcp", "an odd spelling"),
    ("loopback-with-a-dot", "http://127.0.0.1./dot", "an odd spelling"),
    ("loopback-in-circles", "http://①②⑦.⓪.⓪.①/mcp", ""),
    ("loopback-mapped", "http://[::ffff:127.0.0.1]/mcp", "which is not a public address"),
    ("loopback-of-ipv6", "http://[::1]/mcp", "which is not a public address"),
    ("a-zone-of-ipv6", "http://[fe80::1%25lo]/mcp", ""),
    ("the-metadata-service", "http://169.254.169.254/latest/meta-data", "which is not a public address"),
    ("the-metadata-service-behind-nat64", "http://[64:ff9b::a9fe:a9fe]/mcp", "which is not a public address"),
    ("the-metadata-service-behind-6to4", "http://[2002:a9fe:a9fe::]/mcp", "which is not a public address"),
    ("everybody", "http://255.255.255.255/mcp", "which is not a public address"),
    ("nobody", "http://0.0.0.0/mcp", "which is not a public address"),
    ("a-mail-server", "http://{host}:25/mcp", "port 25 belongs to another service"),
):
    stands(f"is-at-{_name}", f"is listed at {_url}", _refused(_words), url=_url)

stands("is-at-a-variable", "has a variable in its address", Refused(Reason.NEEDS_CONFIGURATION, "variables"),
       url="http://{host}/{tenant}/mcp")  # fmt: skip

# What a name resolves to.

for _name, _does, _answers in (
    ("loopback", "loopback", ("127.0.0.1",)),
    ("a-private-address", "an address of our own network", ("192.168.1.1",)),
    ("a-carriers-address", "an address behind a carrier's NAT", ("100.64.0.1",)),
    ("the-metadata-service", "the cloud's metadata service", ("169.254.169.254",)),
    ("a-mapped-address", "a private address in IPv6 clothes", ("::ffff:10.0.0.1",)),
    ("an-address-behind-nat64", "a private address behind NAT64", ("64:ff9b::10.0.0.1",)),
    ("a-zone", "an address of one link of ours", ("fe80::1%lo",)),
    ("both", "a public and a private address", (OWN, "127.0.0.1")),
):
    stands(f"resolves-to-{_name}", f"resolves to {_does}", _refused("which is not a public address"), dns=(_answers,))

stands("resolves-to-nothing", "has a name that nobody knows", Refused(Reason.UNREACHABLE, "does not resolve"),
       dns=((UNKNOWN,),))  # fmt: skip


@serves("has a public address for robots.txt and a private one from then on",
        _refused("127.0.0.1, which is not a public address"), own_robots=True, dns=((OWN,), ("127.0.0.1",)),
        )  # fmt: skip
async def rebinds_its_name(request: Request) -> None:
    await request.reply(b"", 404, Connection="close")
    request.writer.close()


# Redirects.

for _name, _location, _ends in (
    (
        "another-origin",
        "https://elsewhere.test/mcp",
        Refused(Reason.REDIRECTED, "redirected to https://elsewhere.test"),
    ),
    ("the-canary", f"http://{CANARY}/mcp", Refused(Reason.REDIRECTED, f"redirected to http://{CANARY}")),
    ("loopback", "http://127.0.0.1/mcp", Refused(Reason.REDIRECTED, "redirected to http://127.0.0.1")),
    ("the-metadata-service", "http://169.254.169.254/latest", Refused(Reason.REDIRECTED, "http://169.254.169.254")),
    ("another-scheme", "https://{host}/mcp", Refused(Reason.REDIRECTED, "redirected to https://")),
    ("another-port", "http://{host}:8080/mcp", Refused(Reason.REDIRECTED, "redirected to http://")),
    ("a-file", "file:///etc/passwd", Refused(Reason.REDIRECTED, "no address")),
    ("a-script", "javascript:void(0)", Refused(Reason.REDIRECTED, "no address")),
    ("nowhere", "//[broken", Refused(Reason.REDIRECTED, "redirected to")),
    ("a-user", "http://user:word@{host}/mcp", _refused("a user name")),
    ("itself", "/mcp", Refused(Reason.REDIRECTED, "more than 3 times")),
    ("a-kilometre-of-path", "/" + "a" * 5000, _refused("too long")),
):

    async def _redirects(request: Request, location: str = _location) -> None:
        await request.reply(b"", 307, Location=location.replace("{host}", request.headers["host"]))

    _redirects.__name__ = f"redirects_to_{_name}"
    serves(f"redirects to {_location[:60]}", _ends)(_redirects)


@serves("redirects from one path to the next without end", Refused(Reason.REDIRECTED, "more than 3 times"))
async def redirects_ever_deeper(request: Request) -> None:
    await request.reply(b"", 308, Location=request.path + "/x")


@serves("would turn our question into a GET", Refused(Reason.REDIRECTED, "HTTP 302 to /welcome"))
async def redirects_to_a_page(request: Request) -> None:
    await request.reply(b"", 302, Location="/welcome")


@serves("names two places at once", Refused(Reason.REDIRECTED, ""))
async def redirects_to_two_places(request: Request) -> None:
    head = b"HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\n"
    await request.raw(head + b"Location: http://127.0.0.1/\r\nLocation: http://" + CANARY.encode() + b"/\r\n\r\n")


# Endpoints of the older transport.

for _name, _endpoint, _ends in (
    ("at-the-canary", f"http://{CANARY}/post", Refused(Reason.REDIRECTED, f"names an endpoint at http://{CANARY}")),
    ("at-the-metadata-service", "http://169.254.169.254/", Refused(Reason.REDIRECTED, "http://169.254.169.254")),
    ("at-another-port", "//{host}:8080/post", Refused(Reason.REDIRECTED, "names an endpoint at")),
    ("with-a-user", "http://user:word@{host}/post", _refused("a user name")),
    ("with-a-header", "/post\ndata: X-Injected: 1", Refused(Reason.PROTOCOL_ERROR, "no address")),
    ("with-control-characters", "/post\x01\x7f", Refused(Reason.PROTOCOL_ERROR, "no address")),
    ("of-a-megabyte", "/" + "a" * 1_000_000, Refused(Reason.PROTOCOL_ERROR, "no address")),
    ("that-moves", "/moves", Refused(Reason.REDIRECTED, f"redirected to http://{CANARY}")),
    ("that-is-not-there", "/nowhere", Refused(Reason.NOT_FOUND, "HTTP 404")),
):

    async def _names_an_endpoint(request: Request, endpoint: str = _endpoint) -> None:
        if request.method == "GET":
            await request.stream()
            await request.event(endpoint.replace("{host}", request.headers["host"]), "endpoint")
        elif request.path == "/moves":
            await request.reply(b"", 307, Location=f"http://{CANARY}/post")
        else:
            await request.reply(b"", 405 if request.path == "/mcp" else 404)

    _names_an_endpoint.__name__ = f"names_an_endpoint_{_name}"
    serves(f"names an endpoint {_name.replace('-', ' ')}", _ends, transport="sse")(_names_an_endpoint)


@serves("begins the older transport's stream without an endpoint", Refused(Reason.NOT_FOUND, "HTTP 405"))
async def names_no_endpoint(request: Request) -> None:
    if request.method == "POST":
        return await request.reply(b"", 405)
    await request.stream()
    return await request.event({"jsonrpc": "2.0", "method": "x"})


@lists("names other servers in links, refreshes and alternatives of its answer", Lists())
async def points_elsewhere_in_headers(request: Request) -> None:
    place = f"http://{CANARY}/"
    result = {"tools": [{"name": "a"}, {"name": "b"}], "resultType": "complete"}
    await request.result(result, Link=f"<{place}>; rel=preload", Refresh=f"0; url={place}", Content_Location=place,
                         Alt_Svc=f'h2="{CANARY}:443"', Proxy_Authenticate="Basic")  # fmt: skip
