"""The Reconciliation Service as OpenRefine asks it: recorded shapes of requests, and answers by the published rules.

The rules of the specification's JSON schemas stand in `SCHEMAS`, in words of our own. Nothing that comes in a batch
makes the service fail.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import httpx
import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, RdfFormat, Triple, serialize

from harmgraph.iris import HG, RDF, RDFS, mint, slug_of
from harmgraph.service.reconciliation.index import NameIndex, index_of
from harmgraph.service.reconciliation.queries import ReconciliationQuery
from harmgraph.service.reconciliation.scoring import reconcile

from .conftest import HOSTILE, Served

SEED: Final = "incident/AIAAIC0850"
MINISTRY: Final = "organisation/ministry-of-defence-of-ukraine"
MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

Json = dict[str, Any]


def record(required: str, **members: Json) -> Json:
    """The schema of an object with these members."""
    return {"type": "object", "required": required.split(), "properties": members}


TEXT: Final = {"type": "string"}
TEMPLATE: Final = record("url", url={"type": "string", "pattern": r"^https?://.*\{\{id\}\}"})
REFERENCE: Final = record("id name", id={"type": "string", "minLength": 1}, name={"type": "string", "minLength": 1})
SERVICE: Final = record("service_url service_path", service_url={"type": "string", "pattern": "^https?://"}) | {
    "properties": {"flyout_service_path": {"type": "string", "pattern": r"\$\{id\}"}}
}
FEATURE: Final = record("id value", id=TEXT, value={"type": ["boolean", "number"]})
CANDIDATE: Final = record(
    "id name score match",
    id=TEXT,
    name=TEXT,
    description=TEXT,
    score={"type": "number", "minimum": 0, "maximum": 100},
    match={"type": "boolean"},
    features={"type": "array", "items": FEATURE},
    type={"type": "array", "items": REFERENCE},
)
CELL: Final = {
    "oneOf": [
        record("id name", id=TEXT, name=TEXT) | {"additionalProperties": False},
        record("str", str=TEXT) | {"additionalProperties": False},
        record("int", int={"type": "integer"}) | {"additionalProperties": False},
        record("float", float={"type": "number"}) | {"additionalProperties": False},
        record(
            "date", date={"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$"}
        )
        | {"additionalProperties": False},
    ]
}
SETTING: Final = record("type label name", type={"enum": ["number", "text", "checkbox", "select"]}, label=TEXT)
SCHEMAS: Final = {
    "manifest": record(
        "versions name identifierSpace schemaSpace defaultTypes view preview suggest extend batchSize",
        versions={"type": "array", "items": TEXT, "contains": {"const": "0.2"}},
        defaultTypes={"type": "array", "items": REFERENCE, "uniqueItems": True},
        view=TEMPLATE,
        preview=record("url width height", width={"type": "integer"}, height={"type": "integer"})
        | {"allOf": [TEMPLATE]},
        suggest=record("entity type property", entity=SERVICE, type=SERVICE, property=SERVICE),
        extend=record(
            "propose_properties", propose_properties=SERVICE, property_settings={"type": "array", "items": SETTING}
        ),
        batchSize={"type": "integer", "minimum": 1},
    ),
    "results": {
        "type": "object",
        "additionalProperties": record("result", result={"type": "array", "items": CANDIDATE}),
    },
    "suggestions": record(
        "result",
        result={
            "type": "array",
            "items": REFERENCE | {"dependentSchemas": {"notable": record("notable", notable={"type": "array"})}},
        },
    ),
    "extension": record(
        "meta rows",
        meta={"type": "array", "items": REFERENCE},
        rows={
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": CELL},
            },
        },
    ),
}


def checked(response: httpx.Response, schema: str) -> Any:
    """The JSON of an answer, which keeps the rules of this schema and may be read from anywhere."""
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    value = response.json()
    jsonschema_rs.validator_for(SCHEMAS[schema]).validate(value)
    return value


def reconciled(client: httpx.Client, **queries: object) -> Any:
    """The results of a batch, posted as OpenRefine does."""
    return checked(client.post("/reconcile", data={"queries": json.dumps(queries)}), "results")


def best(client: httpx.Client, query: str, **members: object) -> tuple[str, float, bool] | None:
    """The best candidate for a name."""
    found = reconciled(client, q0={"query": query, **members})["q0"]["result"]
    return (found[0]["id"], found[0]["score"], found[0]["match"]) if found else None


def test_the_manifest_tells_everything_with_urls_that_work(served: Served, client: httpx.Client) -> None:
    manifest = checked(client.get("/reconcile"), "manifest")
    assert manifest["identifierSpace"] == "https://w3id.org/harmgraph/id/"
    assert [each["id"] for each in manifest["defaultTypes"]][:2] == ["Incident", "Organisation"]
    for template in (manifest["view"]["url"], manifest["preview"]["url"]):
        assert template.startswith(served.address)
        assert client.get(template.replace("{{id}}", quote(SEED, safe=""))).status_code in (200, 303)
    for service in manifest["suggest"].values():
        checked(client.get(service["service_url"] + service["service_path"], params={"prefix": "a"}), "suggestions")
    proposals = manifest["extend"]["propose_properties"]
    assert client.get(proposals["service_url"] + proposals["service_path"]).status_code == 200


def test_the_manifest_names_the_host_that_was_asked(client: httpx.Client) -> None:
    manifest = client.get("/reconcile", headers={"Host": "graph.example:8443"}).json()
    assert manifest["view"]["url"] == "http://graph.example:8443/reconcile/view?id={{id}}"


@pytest.mark.parametrize("host", ['evil"><script>', "a b", "exa%6dple", "x:y"])
def test_a_host_that_is_none_is_refused(client: httpx.Client, host: str) -> None:
    assert client.get("/reconcile", headers={"Host": host}).status_code == 400


def test_a_batch_of_openrefine_is_answered_query_by_query(client: httpx.Client) -> None:
    names = [
        "Clearview AI",
        "Reuters",
        "Ministry of Defenсe of Ukraine",
        "Acme",
        "Crédit",
        "O.Reilly",
        "nothing at all",
    ]
    batch = {
        f"q{number}": {"query": name, "type": "Organisation", "type_strict": "should", "limit": 3}
        for number, name in enumerate(names * 2)
    }
    batch = dict(list(batch.items())[:10])
    results = reconciled(client, **batch)
    assert list(results) == list(batch)
    firsts = {batch[q]["query"]: results[q]["result"][0]["id"] for q in batch if results[q]["result"]}
    assert firsts["Clearview AI"] == "organisation/clearview-ai"
    assert firsts["Ministry of Defenсe of Ukraine"] == MINISTRY
    assert firsts["Crédit"] == "organisation/cr%C3%A9dit"
    assert all(len(each["result"]) <= 3 for each in results.values())


def test_guessing_types_needs_no_type(client: httpx.Client) -> None:
    results = reconciled(client, q0={"query": "Ukraine", "limit": 3}, q1={"query": "Facial recognition", "limit": 3})
    types = [{kind["id"] for each in results[q]["result"] for kind in each["type"]} for q in ("q0", "q1")]
    assert "Country" in types[0]
    assert "Technology" in types[1]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Clearveiw AI", "organisation/clearview-ai"),
        ("ClearviewAI", "organisation/clearview-ai"),
        ("clear view ai", "organisation/clearview-ai"),
        ("Clearview AI, Inc.", "organisation/clearview-ai"),
        ("Сlearview АI", "organisation/clearview-ai"),  # with Cyrillic letters
        ("Minstry of Defense, Ukraine", MINISTRY),
        ("credit", "organisation/cr%C3%A9dit"),
        ("Reuter", "organisation/reuters"),
    ],
)
def test_slips_and_spellings_find_the_organisation(client: httpx.Client, written: str, meant: str) -> None:
    found = best(client, written, type="Organisation")
    assert found is not None
    assert found[0] == meant
    assert found[1] > 60


@pytest.mark.parametrize("written", ["UA", "Republic of Ukraine", "ukraine"])
def test_a_country_goes_by_its_codes_and_names(client: httpx.Client, written: str) -> None:
    found = best(client, written, type="Country")
    assert found is not None
    assert found[0] == "country/UKR"


def organisations(*names: str) -> NameIndex:
    """An index of organisations with these names."""
    things = [(mint("organisation", slug_of(name)), Literal(name)) for name in names]
    triples = [
        Triple(*each) for iri, name in things for each in ((iri, RDF.type, HG.Organisation), (iri, RDFS.label, name))
    ]
    graph = serialize(triples, format=RdfFormat.N_TRIPLES)
    assert graph is not None  # it is, where no file is given
    return index_of(graph)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Uber Technologies Inc.", "Uber"),  # more letters are those of SN Technologies
        ("Sn Technolgies", "SN Technologies"),
        ("face book", "Facebook"),
        ("Staqu Technologies", "Staqu Technologies Pvt. Ltd."),
        ("LAPD", "Los Angeles Police Department (LAPD)"),
        ("NYPD", "New York Police Department"),
    ],
)
def test_the_word_that_tells_most_decides(written: str, meant: str) -> None:
    index = organisations(
        *("SN Technologies", "Posidex Technologies", "Sangfor Technologies", "Uber", "Facebook", "Face++", "The Book"),
        *("Staqu Technologies Pvt. Ltd.", "Los Angeles Police Department (LAPD)", "New York Police Department"),
    )
    assert reconcile(index, ReconciliationQuery(written))[0].entity.name == meant


def test_a_word_is_no_match_of_an_acronym() -> None:
    index = organisations("MPS", "Apple")
    assert [each.match for each in reconcile(index, ReconciliationQuery("MPS"))] == [True]
    assert [each.match for each in reconcile(index, ReconciliationQuery("Mps"))] == [False]
    assert [each.match for each in reconcile(index, ReconciliationQuery("apple"))] == [True]


@pytest.mark.parametrize(
    ("identifier", "meant"),
    [
        ("AIAAIC0850", SEED),
        ("aiaaic0850", SEED),
        ("INC-05349", SEED),  # its name before
        ("https://w3id.org/harmgraph/id/incident/AIAAIC0850", SEED),
        (SEED, SEED),
        ("AIID-412", "incident/AIID-412"),
        ("AIID 412", "incident/AIID-412"),
        ("UKR", "country/UKR"),
        ("https://example.org/a?b=%22c&d=e", "incident/AIID-412"),
    ],
)
def test_an_identifier_is_a_match(client: httpx.Client, identifier: str, meant: str) -> None:
    assert best(client, identifier) == (meant, 100, True)


def test_a_name_of_two_things_is_no_match_until_the_type_is_said(client: httpx.Client) -> None:
    result = reconciled(client, q={"query": "Clearview AI"})["q"]["result"]
    assert {each["id"] for each in result[:2]} == {"organisation/clearview-ai", "system/clearview-ai"}
    assert not any(each["match"] for each in result)
    assert best(client, "Clearview AI", type="AISystem") == ("system/clearview-ai", 100, True)


def test_a_name_that_is_only_alike_is_never_a_match(client: httpx.Client) -> None:
    found = best(client, "Ministry of Defence of Ukrain", type="Organisation")
    assert found is not None
    assert found[0] == MINISTRY
    assert 90 < found[1] < 100
    assert not found[2]


@pytest.mark.parametrize("kind", ["Incident", "hg:Incident", "https://w3id.org/harmgraph/ns#Incident", "incidents"])
def test_a_type_goes_by_several_names(client: httpx.Client, kind: str) -> None:
    result = reconciled(client, q={"query": "Ukraine Clearview", "type": kind})["q"]["result"]
    assert result[0]["id"] == SEED
    assert {each["type"][0]["id"] for each in result} == {"Incident"}


def test_type_strict_decides_whether_other_types_are_shown(client: httpx.Client) -> None:
    def types(strictness: str, *wanted: str) -> list[str]:
        query = {"query": "Clearview AI", "type": list(wanted), "type_strict": strictness}
        return [each["type"][0]["id"] for each in reconciled(client, q=query)["q"]["result"]]

    assert set(types("any", "AISystem", "Organisation")) == {"AISystem", "Organisation"}
    assert types("should", "AISystem")[0] == "AISystem"
    assert "Organisation" in types("should", "AISystem")
    assert set(types("all", "AISystem")) == {"AISystem"}
    assert types("all", "AISystem", "Organisation") == []
    assert types("any", "Q5") == []


def test_properties_move_the_score_and_forbid_a_match(client: httpx.Client) -> None:
    def asked(*properties: tuple[str, object]) -> Json:
        query = {"query": "Ministry of Defence of Ukraine", "properties": [{"pid": p, "v": v} for p, v in properties]}
        found: Json = reconciled(client, q=query)["q"]["result"][0]
        return found

    right = asked(("country", {"id": "country/UKR", "name": "Ukraine"}))
    wrong = asked(("country", "Acme"))
    assert (right["id"], right["match"]) == (MINISTRY, True)
    assert {"id": "property_country", "name": "Country", "value": 1.0} in right["features"]
    assert (wrong["id"], wrong["match"]) == (MINISTRY, False)
    assert wrong["score"] < right["score"]


def test_a_date_and_a_deployer_tell_incidents_apart(client: httpx.Client) -> None:
    query = {
        "query": "Synthetic incident",
        "type": "Incident",
        "limit": 50,
        "properties": [{"pid": "year", "v": 2007}, {"pid": "deployer", "v": ["Nobody", "Acme"]}],
    }
    result = reconciled(client, q=query)["q"]["result"]
    year = {each["id"]: each["description"][:4] for each in result}
    assert year[result[0]["id"]] == "2007"
    assert result[0]["score"] > result[-1]["score"]


def test_properties_alone_find_what_has_them(client: httpx.Client) -> None:
    query = {
        "properties": [{"pid": "deployer", "v": {"id": MINISTRY}}, {"pid": "technology", "v": "facial recognition"}]
    }
    result = reconciled(client, q=query)["q"]["result"]
    assert result[0]["id"] == SEED


def test_a_query_gets_its_limit_of_candidates_best_first(client: httpx.Client) -> None:
    result = reconciled(client, q={"query": "Synthetic incident 7", "limit": 4})["q"]["result"]
    assert len(result) == 4
    assert result[0]["name"] == "Synthetic incident 7"
    assert [each["score"] for each in result] == sorted((each["score"] for each in result), reverse=True)


def test_get_answers_a_batch_a_single_query_and_a_bare_name(client: httpx.Client) -> None:
    batch = client.get("/reconcile", params={"queries": json.dumps({"q": {"query": "Reuters"}})}).json()
    single = client.get("/reconcile", params={"query": json.dumps({"query": "Reuters"})}).json()
    bare = client.get("/reconcile", params={"query": "Reuters"}).json()
    assert batch["q"] == single == bare
    assert bare["result"][0]["id"] == "organisation/reuters"


def test_jsonp_calls_the_function_that_is_named_and_no_other_text(client: httpx.Client) -> None:
    response = client.get("/reconcile", params={"callback": "jQuery321_17.call"})
    assert response.headers["Content-Type"].startswith("application/javascript")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.text.startswith("/**/jQuery321_17.call({")
    assert response.text.endswith("});")
    for callback in ("alert(1);x", "a b", "", "é", "x" * 101, "a\n"):
        assert client.get("/reconcile", params={"callback": callback}).status_code == 400, callback


def test_browsers_may_post_from_anywhere(client: httpx.Client) -> None:
    asked = {"Origin": "http://127.0.0.1:3333", "Access-Control-Request-Method": "POST"}
    preflight = client.options("/reconcile", headers=asked)
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]
    failed = client.post("/reconcile", data={"queries": "{"}, headers={"Origin": "http://127.0.0.1:3333"})
    assert failed.headers["Access-Control-Allow-Origin"] == "*"


def test_entities_are_suggested_by_beginning_word_slip_and_identifier(client: httpx.Client) -> None:
    def suggested(prefix: str, **params: str) -> list[str]:
        response = client.get("/reconcile/suggest/entity", params={"prefix": prefix, **params})
        return [each["id"] for each in checked(response, "suggestions")["result"]]

    assert "organisation/clearview-ai" in suggested("clearv")
    assert suggested("defence of ukr", type="Organisation") == [MINISTRY]
    assert suggested("AIAAIC0850") == [SEED]
    assert "organisation/reuters" in suggested("Ruters")
    assert suggested("") == []
    first, second = suggested("Synthetic", limit="5"), suggested("Synthetic", limit="5", cursor="5")
    assert len(first) == len(second) == 5
    assert not set(first) & set(second)


def test_types_and_properties_are_suggested(client: httpx.Client) -> None:
    types = checked(client.get("/reconcile/suggest/type", params={"prefix": "org"}), "suggestions")
    assert [each["id"] for each in types["result"]] == ["Organisation"]
    properties = checked(client.get("/reconcile/suggest/property", params={"prefix": "deploy"}), "suggestions")
    assert [each["id"] for each in properties["result"]] == ["deployer", "deployerOf"]


@pytest.mark.parametrize(
    ("kind", "identifier", "shown"),
    [("entity", MINISTRY, "Ministry of Defence"), ("type", "Incident", "Incident"), ("property", "country", "Country")],
)
def test_a_flyout_shows_what_is_suggested(client: httpx.Client, kind: str, identifier: str, shown: str) -> None:
    answer = client.get(f"/reconcile/flyout/{kind}?id={quote(identifier, safe='')}").json()
    assert answer["id"] == identifier
    assert shown in answer["html"]
    assert client.get(f"/reconcile/flyout/{kind}?id=nothing").status_code == 404


def test_text_of_strangers_is_escaped_in_flyouts_and_previews(client: httpx.Client) -> None:
    for url in ("/reconcile/flyout/entity?id=incident/AIID-412", "/reconcile/preview?id=incident/AIID-412"):
        answer = client.get(url)
        assert "alert" in answer.text
        assert "<script" not in answer.text
        assert HOSTILE not in answer.text


def test_only_the_preview_may_be_framed(client: httpx.Client) -> None:
    preview = client.get(f"/reconcile/preview?id={quote(SEED, safe='')}")
    assert preview.status_code == 200
    assert "Ministry of Defence of Ukraine" in preview.text
    assert "frame-ancestors *" in preview.headers["Content-Security-Policy"]
    assert "script" not in preview.headers["Content-Security-Policy"]
    for url in ("/reconcile", f"/doc/{SEED}", "/reconcile/preview?id=nothing"):
        assert "frame-ancestors 'none'" in client.get(url).headers["Content-Security-Policy"], url


@pytest.mark.parametrize("name", ["organisation/o%27neil-&-sons-%28uk%29", "organisation/o.reilly.ttl", SEED])
def test_an_identifier_leads_to_its_thing_however_it_is_encoded(client: httpx.Client, name: str) -> None:
    response = client.get(f"/reconcile/view?id={quote(name, safe='')}")
    assert response.status_code == 303
    assert client.get(response.headers["Location"]).status_code == 303


def test_values_are_fetched_as_cells(client: httpx.Client) -> None:
    names = ["deployer", "earliestDate", "jurisdiction", "identifier", "technology", "description"]
    query = {"ids": [SEED, "country/UKR", "incident/none"], "properties": [{"id": name} for name in names]}
    answer = checked(client.post("/reconcile", data={"extend": json.dumps(query)}), "extension")
    assert [column["id"] for column in answer["meta"]] == names
    assert answer["meta"][0]["type"] == {"id": "Organisation", "name": "Organisation"}
    seed = answer["rows"][SEED]
    assert seed["deployer"] == [{"id": MINISTRY, "name": "Ministry of Defence of Ukraine"}]
    assert seed["earliestDate"] == [{"date": "2022-03-01T00:00:00Z"}]
    assert seed["jurisdiction"] == [{"id": "country/UKR", "name": "Ukraine"}]
    assert seed["identifier"] == [{"str": "AIAAIC0850"}]
    assert all(values == [] for values in answer["rows"]["incident/none"].values())


def test_settings_count_cut_and_name_the_values(client: httpx.Client) -> None:
    def cells(name: str, thing: str, **chosen: object) -> list[Json]:
        query = {"ids": [thing], "properties": [{"id": name, "settings": chosen}]}
        answer = checked(client.get("/reconcile", params={"extend": json.dumps(query)}), "extension")
        found: list[Json] = answer["rows"][thing][name]
        return found

    assert cells("deployerOf", "organisation/acme", count=True) == [{"int": 120}]
    assert len(cells("deployerOf", "organisation/acme", limit="7")) == 7
    assert cells("country", MINISTRY, content="name") == [{"str": "Ukraine"}]
    assert cells("country", MINISTRY, content="id") == [{"str": "country/UKR"}]


def test_properties_are_proposed_for_a_type(client: httpx.Client) -> None:
    answer = client.get("/reconcile/properties", params={"type": "Organisation", "limit": "2"}).json()
    assert [each["id"] for each in answer["properties"]] == ["country", "parentOrganisation"]
    assert (answer["type"], answer["limit"]) == ("Organisation", 2)


@pytest.mark.parametrize(
    ("queries", "status", "place"),
    [
        ("{", 400, "queries is not JSON"),
        ("[" * 100_000, 400, "queries is not JSON"),
        ("[]", 400, "queries is []"),
        ('{"q": 5}', 400, "queries.q is 5"),
        ('{"q": {"query": 5}}', 400, "queries.q.query"),
        ('{"q": {"query": "x", "limit": -1}}', 400, "queries.q.limit"),
        ('{"q": {"query": "x", "limit": NaN}}', 400, "queries.q.limit"),
        ('{"q": {"query": "x", "type_strict": "maybe"}}', 400, "queries.q.type_strict"),
        ('{"q": {"query": "x", "properties": [{"v": 1}]}}', 400, "queries.q.properties.0"),
        (json.dumps({f"q{n}": {"query": "x"} for n in range(51)}), 413, "51 queries"),
    ],
)
def test_a_malformed_batch_is_refused_with_its_place(
    client: httpx.Client, queries: str, status: int, place: str
) -> None:
    response = client.post("/reconcile", data={"queries": queries})
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert place in response.json()["detail"]


def test_one_odd_cell_does_not_cost_the_batch(client: httpx.Client) -> None:
    odd = {"query": "\ud800 \x00 half a letter", "lang": "en", "properties": [{"pid": "P31", "v": None}]}
    long = {"query": "a narrative of many words " * 10_000}
    results = reconciled(client, odd=odd, empty={"query": ""}, blank={"query": " ... "}, long=long, q={"query": "Acme"})
    assert results["empty"]["result"] == results["blank"]["result"] == []
    assert results["q"]["result"][0]["id"] == "organisation/acme"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ODD_QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "query": st.text(max_size=80) | st.sampled_from(["Clearview AI", "AIAAIC0850", "Q", "http://["]) | JSON_VALUES,
        "type": st.sampled_from(["Incident", "Q5", ["Organisation", "Country"], ""]) | JSON_VALUES,
        "type_strict": st.sampled_from(["any", "all", "should"]) | JSON_VALUES,
        "limit": st.integers(-1, 100) | JSON_VALUES,
        "properties": st.lists(
            st.fixed_dictionaries(
                {"pid": st.sampled_from(["deployer", "year", "identifier", "page", "deployerOf", "altLabel", "P1"])},
                optional={"v": st.sampled_from(["2022", "Ukraine", {"id": "country/UKR"}]) | JSON_VALUES},
            ),
            max_size=3,
        )
        | JSON_VALUES,
    },
)


@MANY
@given(batch=st.dictionaries(st.text(max_size=8), ODD_QUERIES | JSON_VALUES, max_size=5) | JSON_VALUES)
def test_no_batch_makes_the_service_fail(client: httpx.Client, batch: object) -> None:
    response = client.post("/reconcile", data={"queries": json.dumps(batch)})
    assert response.status_code in (200, 400)
    if response.status_code == 200:
        jsonschema_rs.validator_for(SCHEMAS["results"]).validate(response.json())


@MANY
@given(text=st.text(max_size=60), name=st.sampled_from(["queries", "query", "extend", "callback"]))
def test_no_text_in_place_of_json_makes_the_service_fail(client: httpx.Client, text: str, name: str) -> None:
    assert client.post("/reconcile", data={name: text}).status_code in (200, 400)


@MANY
@given(
    extend=st.fixed_dictionaries(
        {
            "ids": st.lists(st.text(max_size=20) | st.sampled_from([SEED, "country/UKR"]), max_size=3) | JSON_VALUES,
            "properties": st.lists(
                st.fixed_dictionaries(
                    {"id": st.sampled_from(["deployer", "wikidata", "earliestDate", "incident", "P1"])},
                    optional={"settings": st.dictionaries(st.sampled_from(["limit", "count"]), JSON_VALUES)},
                ),
                max_size=2,
            )
            | JSON_VALUES,
        }
    )
    | JSON_VALUES
)
def test_no_extension_makes_the_service_fail(client: httpx.Client, extend: object) -> None:
    response = client.post("/reconcile", data={"extend": json.dumps(extend)})
    assert response.status_code in (200, 400)
    if response.status_code == 200:
        jsonschema_rs.validator_for(SCHEMAS["extension"]).validate(response.json())


@pytest.mark.parametrize(
    ("query", "thing"),
    [
        ("aiaaic=AIAAIC0850", SEED),
        ("aiid=412", "incident/AIID-412"),
        ("url=https://example.org/a?b=%2522c%26d=e", "incident/AIID-412"),
        ("wikidata=Q11660", "concept/technology/artificial-intelligence"),
    ],
)
def test_what_others_call_it_leads_to_ours(client: httpx.Client, query: str, thing: str) -> None:
    response = client.get(f"/id?{query}")
    assert response.status_code == 303
    assert response.headers["Location"] == f"/id/{thing}"


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("wikidata=Q99999999", 404, "links nothing to wikidata=Q99999999"),
        ("aiid=999999", 404, "links nothing"),
        ("url=https://example.org/none", 404, "links nothing"),
        ("wikidata=P31", 400, "wikidata=Q212"),
        ("", 400, "give one of the parameters"),
        ("wikidata=Q1&aiid=1", 400, "give one of the parameters"),
        ("cve=1", 400, "give one of the parameters"),
    ],
)
def test_an_unknown_identifier_is_explained(client: httpx.Client, query: str, status: int, told: str) -> None:
    response = client.get(f"/id?{query}")
    assert response.status_code == status
    assert told in response.json()["detail"]


@pytest.fixture(scope="module")
def beacon(client: httpx.Client) -> Iterator[list[str]]:
    response = client.get("/beacon.txt")
    assert response.headers["Content-Type"].startswith("text/plain")
    assert client.get("/beacon.txt", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
    yield response.text.splitlines()


def test_the_beacon_links_items_to_things(client: httpx.Client, beacon: list[str]) -> None:
    head, links = beacon[: beacon.index("")], beacon[beacon.index("") + 1 :]
    assert head[0] == "#FORMAT: BEACON"
    assert "#PREFIX: http://www.wikidata.org/entity/" in head
    assert "#TARGET: https://w3id.org/harmgraph/id/{+ID}" in head
    assert links
    for line in links:
        item, _, name = line.split("|")
        assert client.get(f"/id?wikidata={item}").headers.get("Location", f"/id/{name}") == f"/id/{name}"
