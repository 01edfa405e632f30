"""The interfaces of the service, where RFC 9727 has clients look for them."""

from __future__ import annotations

import httpx
import pytest

from .conftest import Publication

PLACE = "/.well-known/api-catalog"


def test_the_catalogue_lists_every_interface_with_its_description(publication: Publication) -> None:
    response = publication.client.get(PLACE)
    media_type, _, profile = response.headers["Content-Type"].partition(";")
    assert (media_type, profile) == ("application/linkset+json", 'profile="https://www.rfc-editor.org/info/rfc9727"')
    catalogue, *interfaces = response.json()["linkset"]
    assert catalogue["anchor"] == publication.served.address + PLACE
    listed = [item["href"] for item in catalogue["item"]]
    assert listed == [each["anchor"] for each in interfaces]
    assert f"{publication.served.address}/sparql" in listed
    for each in interfaces:
        for relation in ("service-desc", "service-doc", "status"):
            for target in each.get(relation, ()):
                found = httpx.get(target["href"], headers={"Accept": target["type"]}, timeout=30)
                assert found.status_code == 200, target
                assert found.headers["Content-Type"].partition(";")[0] == target["type"]


def test_head_says_that_it_is_there(publication: Publication) -> None:
    response = publication.client.head(PLACE)
    assert response.status_code == 200
    assert f'<{PLACE}>; rel="api-catalog"' in response.headers["Link"]
    tag = {"If-None-Match": response.headers["ETag"]}
    assert publication.client.get(PLACE, headers=tag).status_code == 304


@pytest.mark.parametrize("prefix", ["/graph", "/a/b"])
def test_behind_a_proxy_every_interface_has_its_path(publication: Publication, prefix: str) -> None:
    response = publication.client.get(PLACE, headers={"X-Forwarded-Prefix": prefix})
    anchors = [each["anchor"] for each in response.json()["linkset"]]
    assert all(each.startswith(publication.served.address + prefix) for each in anchors)
    assert f"<{prefix}{PLACE}>" in response.headers["Link"]
