/* IRIs of this site → their labels, asked of the endpoint in one query. */

import { read } from "./answer.js";

export async function labelsOf(iris, site) {
  const own = [...new Set(iris)].filter((iri) => site.isOwn(iri) && !/[\s<>"{}|\\^`]/.test(iri));
  if (!own.length) return new Map();
  const query = `SELECT ?thing (MIN(?each) AS ?label) { VALUES ?thing { ${own.map((iri) => `<${iri}>`).join(" ")} }
  ?thing <http://www.w3.org/2000/01/rdf-schema#label> ?each FILTER (LANG(?each) IN ("en", "")) } GROUP BY ?thing`;
  try {
    const response = await fetch(site.endpoint, {
      method: "POST",
      headers: { Accept: "text/tab-separated-values", "Content-Type": "application/sparql-query" },
      body: query,
    });
    if (!response.ok) return new Map();
    const { rows } = await read(response, () => {});
    return new Map(rows.filter(([, label]) => label).map(([thing, label]) => [thing.value, label.value]));
  } catch {
    return new Map(); // a picture with short IRIs is better than none
  }
}
