"""Who gets in: tokens, cookies, hosts, and the headers on every answer."""

from __future__ import annotations

import httpx
from hypothesis import given
from hypothesis import strategies as st
from web_world import World

from inferwatch.web.guard import host_and_port
from inferwatch.web.sessions import Sessions

VIEWS = [
    "model",
    "tiles",
    "series",
    "alarms",
    "alarms/x/history",
    "notifications",
    "transactions",
    "transactions/x",
    "events",
]


def test_a_token_is_exchanged_for_a_cookie_once(world: World, stranger: httpx.Client) -> None:
    token = world.sessions.token
    admitted = stranger.get(f"/?token={token}&alarm=a%20b")
    assert (admitted.status_code, admitted.headers["location"]) == (303, "/?alarm=a+b")
    cookie = admitted.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert stranger.get("/").status_code == 200
    assert world.tokens == [world.sessions.token]
    assert world.sessions.token != token


def test_a_used_token_admits_nobody_else_and_says_how_to_get_in(world: World, stranger: httpx.Client) -> None:
    token = world.sessions.token
    stranger.get(f"/?token={token}")
    again = stranger.get(f"/?token={token}")
    assert again.status_code == 303, "who is in already may reload the link"
    stranger.cookies.clear()
    refused = stranger.get(f"/?token={token}")
    assert refused.status_code == 401
    assert "set-cookie" not in refused.headers
    assert "has been used" in refused.text
    assert "terminal" in refused.text
    assert len(world.tokens) == 1, "a refused token must not use up the next one"


def test_every_view_needs_a_session(stranger: httpx.Client) -> None:
    for view in VIEWS:
        refused = stranger.get(f"/api/{view}")
        assert refused.status_code == 401, view
        assert "terminal" in refused.json()["error"]


def test_the_page_needs_a_session_and_its_files_do_not(stranger: httpx.Client) -> None:
    assert stranger.get("/").status_code == 401
    assert stranger.get("/static/main.js").status_code == 200


def test_a_link_on_another_site_comes_again_so_that_the_strict_cookie_is_sent(client: httpx.Client) -> None:
    cookies = dict(client.cookies)
    client.cookies.clear()
    first = client.get("/?alarm=x", headers={"sec-fetch-site": "cross-site"})
    assert first.status_code == 200
    assert 'http-equiv="refresh"' in first.text
    client.cookies.update(cookies)
    assert 'id="grid"' in client.get("/?alarm=x", headers={"sec-fetch-site": "same-origin"}).text


def test_a_made_up_cookie_is_no_session(client: httpx.Client) -> None:
    (name,) = client.cookies
    client.cookies.clear()
    for value in ("", "x", "é"):
        assert client.get("/api/model", headers={"cookie": f"{name}={value}".encode()}).status_code == 401


def test_cookies_of_other_programs_on_this_machine_do_no_harm(client: httpx.Client) -> None:
    ((name, session),) = client.cookies.items()
    client.cookies.clear()
    for others in ("a(b=1", "expires=x", "=", "é=ü", ";;,", '"'):
        header = f"{others}; {name}={session}".encode()
        assert client.get("/api/model", headers={"cookie": header}).status_code == 200, others


def test_a_session_of_one_port_is_none_of_another(client: httpx.Client) -> None:
    assert client.get("/api/model").status_code == 200
    assert client.get("/api/model", headers={"host": "127.0.0.1:1"}).status_code == 401


def test_another_host_name_is_refused(client: httpx.Client) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example:8600", "", "localhost.:8600", "[::2]:8600"):
        for path in ("/", "/api/model", "/static/main.js"):
            assert client.get(path, headers={"host": host}).status_code == 421, host


def test_loopback_names_are_allowed(stranger: httpx.Client) -> None:
    for host in ("localhost:8600", "LOCALHOST:8600", "[::1]:8600", "127.0.0.1"):
        assert stranger.get("/static/main.js", headers={"host": host}).status_code == 200, host


def test_every_answer_carries_the_headers(client: httpx.Client) -> None:
    for path in ("/", "/api/model", "/api/nothing", "/static/main.js", "/?token=wrong"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == ("no-cache" if path.startswith("/static/") else "no-store")


def test_nothing_can_be_changed_through_the_page(client: httpx.Client) -> None:
    assert client.post("/api/model").status_code == 405


def test_each_token_begins_one_session() -> None:
    told: list[str] = []
    sessions = Sessions(told.append)
    first = sessions.begin(sessions.token)
    second = sessions.begin(told[0])
    assert first
    assert second
    assert first != second
    assert sessions.holds(first)
    assert sessions.holds(second)
    assert not sessions.holds(told[1])
    assert sessions.begin(told[0]) is None


@given(st.text())
def test_no_guess_is_a_token(guess: str) -> None:
    sessions = Sessions(lambda token: None)
    assert sessions.begin(guess) is None
    assert not sessions.holds(guess)


@given(st.text(alphabet="abc.:[]0123456789 "))
def test_any_host_header_is_taken_apart(header: str) -> None:
    host, port = host_and_port(header)
    assert header.lower() in (host, f"{host}:{port}")
