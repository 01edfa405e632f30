"""The draft of version 1.0 of the Reconciliation Service API, by the rules of its JSON schemas in words of our own."""

from __future__ import annotations

import json
from typing import Any, Final

import httpx
import jsonschema_rs
import pytest
from hypothesis import given

from .test_reconciliation import CANDIDATE, CELL, JSON_VALUES, MANY, MINISTRY, REFERENCE, SEED, TEXT, record

FEATURE: Final = record("id name value", id=TEXT, name=TEXT, value={"type": ["boolean", "number"]})
RESULTS: Final = record(
    "results",
    results={
        "type": "array",
        "items": record("candidates", candidates={"type": "array", "items": CANDIDATE}),
    },
)
VALUES: Final = record("id values", id=TEXT, values={"type": "array", "items": CELL})
EXTENSION: Final = record(
    "meta rows",
    meta={"type": "array", "items": REFERENCE},
    rows={"type": "array", "items": record("id properties", id=TEXT, properties={"type": "array", "items": VALUES})},
)


def matched(client: httpx.Client, *queries: object) -> list[list[dict[str, Any]]]:
    """The candidates for each query."""
    response = client.post("/reconcile/1.0/match", json={"queries": queries})
    assert response.status_code == 200, response.text
    jsonschema_rs.validator_for(RESULTS).validate(response.json())
    return [each["candidates"] for each in response.json()["results"]]


def name(value: object, **members: object) -> dict[str, object]:
    """A condition on the name."""
    return {"matchType": "name", "v": value, **members}


def about(pid: str, value: object, **members: object) -> dict[str, object]:
    """A condition on a property."""
    return {"matchType": "property", "pid": pid, "v": value, **members}


def test_the_manifest_is_that_of_the_draft(client: httpx.Client) -> None:
    manifest = client.get("/reconcile/1.0").json()
    assert manifest["versions"] == ["1.0-draft"]
    assert manifest["standardizedScore"] is True
    assert manifest["suggest"] == {"entity": True, "property": True, "type": True}
    assert manifest["extend"]["proposeProperties"] is True
    assert all({"id", "name", "type"} <= set(each) for each in manifest["extend"]["propertySettings"])
    view = manifest["view"]["url"].replace("{id}", SEED.replace("/", "%2F"))
    assert client.get(view).headers["Location"] == f"/id/{SEED}"


def test_a_batch_is_answered_in_its_order(client: httpx.Client) -> None:
    first, second, third = matched(
        client,
        {"conditions": [name("Reuters")], "type": "Organisation"},
        {"conditions": [name("AIAAIC0850")], "limit": 1},
        {"conditions": [name("nothing of the kind, qqq")]},
    )
    assert (first[0]["id"], first[0]["match"]) == ("organisation/reuters", True)
    assert [each["id"] for each in second] == [SEED]
    assert not any(each["match"] for each in third)
    jsonschema_rs.validator_for({"type": "array", "items": FEATURE}).validate(first[0]["features"])


def test_a_required_condition_keeps_others_out(client: httpx.Client) -> None:
    def found(**members: object) -> list[str]:
        condition = about("country", {"id": "country/UKR"}, **members)
        query = {"conditions": [name("Ministry of Defence"), condition], "type": "Organisation", "limit": 20}
        return [each["id"] for each in matched(client, query)[0]]

    assert found(required=True) == [MINISTRY]
    assert MINISTRY not in found(required=True, matchQuantifier="none")
    assert MINISTRY in found(matchQuantifier="none")


def test_all_and_any_tell_how_many_values_must_fit(client: httpx.Client) -> None:
    def found(quantifier: str) -> list[str]:
        issues = ["Dual use", "Job loss"]
        condition = about("issue", issues, required=True, matchQuantifier=quantifier)
        return [each["id"] for each in matched(client, {"conditions": [name("Ukraine Clearview"), condition]})[0]]

    assert SEED in found("any")
    assert SEED not in found("all")


def test_rows_are_arrays(client: httpx.Client) -> None:
    query = {"ids": [SEED], "properties": [{"id": "deployer"}, {"id": "earliestDate"}]}
    answer = client.post("/reconcile/1.0/extend", json=query).json()
    jsonschema_rs.validator_for(EXTENSION).validate(answer)
    assert answer["rows"] == [
        {
            "id": SEED,
            "properties": [
                {"id": "deployer", "values": [{"id": MINISTRY, "name": "Ministry of Defence of Ukraine"}]},
                {"id": "earliestDate", "values": [{"date": "2022-03-01T00:00:00Z"}]},
            ],
        }
    ]


def test_what_both_versions_share_is_answered_at_both_places(client: httpx.Client) -> None:
    for path in ("suggest/entity?prefix=Reut", "suggest/type?prefix=", "extend/propose?type=Country"):
        answer = client.get(f"/reconcile/1.0/{path}")
        assert answer.status_code == 200
        older = path.replace("extend/propose", "properties")
        assert answer.json() == client.get(f"/reconcile/{older}").json()
    assert client.get(f"/reconcile/1.0/preview?id={SEED}").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"queries": {}}',
        b'{"queries": [{"query": "of version 0.2"}]}',
        b'{"queries": [{"conditions": []}]}',
        b'{"queries": [{"conditions": [{"v": "no match type"}]}]}',
        b'{"queries": [{"conditions": [{"matchType": "property", "v": "no pid"}]}]}',
        b'{"queries": [{"conditions": [{"matchType": "name", "v": {}}]}]}',
        b'{"queries": [{"conditions": [{"matchType": "property", "pid": "x", "v": 1, "matchQuantifier": "some"}]}]}',
    ],
)
def test_what_the_draft_does_not_allow_is_refused(client: httpx.Client, body: bytes) -> None:
    response = client.post("/reconcile/1.0/match", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"


def test_browsers_may_post_json_from_anywhere(client: httpx.Client) -> None:
    asked = {"Origin": "http://127.0.0.1:3333", "Access-Control-Request-Method": "POST"}
    preflight = client.options("/reconcile/1.0/match", headers=asked)
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert client.get("/reconcile/1.0/match").headers["Allow"] == "OPTIONS, POST"
    assert client.post("/reconcile/1.0/match", data={"queries": "{}"}).status_code == 415


@MANY
@given(body=JSON_VALUES)
def test_no_body_makes_the_service_fail(client: httpx.Client, body: Any) -> None:
    for path, value in (("match", {"queries": [{"conditions": [body]}, {"conditions": body}]}), ("extend", body)):
        # ASCII with escapes: a value may hold what UTF-8 has no bytes for.
        response = client.post(
            f"/reconcile/1.0/{path}", content=json.dumps(value), headers={"Content-Type": "application/json"}
        )
        assert response.status_code in (200, 400)
