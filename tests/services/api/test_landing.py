"""Where the links of e-mails lead as long as no application stands in front of the API."""

import pytest

from tests.api import Client, an_app


@pytest.mark.parametrize(
    ("path", "title", "operation"),
    [("/leads/55", "Lead 55", "{ lead(number: 55) {"), ("/leads", "Your leads", "{ todo(first: 10) {")],
)
async def test_an_e_mails_link_says_how_to_see_the_lead(path: str, title: str, operation: str) -> None:
    async with Client(an_app()) as client:
        answer = await client.get(path)
        style = await client.get("/graphql/assets/landing.css")

    assert answer.status_code == style.status_code == 200
    assert f"<h1>{title}</h1>" in answer.text
    assert operation in answer.text
    assert "script" not in answer.headers["content-security-policy"]


async def test_whoever_types_the_address_alone_comes_to_graphiql() -> None:
    async with Client(an_app()) as client:
        answer = await client.get("/")

    assert (answer.status_code, answer.headers["location"]) == (307, "/graphql")


@pytest.mark.parametrize("path", ["/leads/x", "/leads/-1", "/leads/5/6", "/elsewhere"])
async def test_other_addresses_do_not_exist(path: str) -> None:
    async with Client(an_app()) as client:
        assert (await client.get(path)).status_code == 404
