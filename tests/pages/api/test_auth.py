"""/api/auth, as a program meets it."""

import httpx

ANNA = {"email": "Anna@Example.com", "password": "four quiet words here", "name": "Anna"}


async def test_register_me_logout_login(api: httpx.AsyncClient) -> None:
    registered = await api.post("/api/auth/register", json=ANNA)
    assert registered.status_code == 201, registered.text
    assert registered.json()["email"] == "anna@example.com"
    assert (await api.get("/api/auth/me")).json()["name"] == "Anna"
    assert (await api.post("/api/auth/logout")).status_code == 204
    assert (await api.get("/api/auth/me")).status_code == 401
    answer = await api.post("/api/auth/login", json={k: ANNA[k] for k in ("email", "password")})
    assert answer.status_code == 200
    assert (await api.get("/api/auth/me")).status_code == 200


async def test_pages(api: httpx.AsyncClient) -> None:
    page = await api.get("/login")
    assert page.status_code == 200
    assert "<form" in page.text
    response = await api.post("/register", data=ANNA)
    assert response.status_code == 303, response.text
    assert response.headers["location"] == "/dashboard"
