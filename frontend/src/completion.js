/* What is being written → names with their labels: keywords, variables, prefixes, and terms of the ontology.

   The terms come from the endpoint, by one query, when the first name is completed. */

import { autocompletion } from "@codemirror/autocomplete";

const KEYWORDS =
  "SELECT DISTINCT WHERE OPTIONAL FILTER UNION MINUS BIND VALUES GRAPH SERVICE PREFIX CONSTRUCT DESCRIBE ASK FROM " +
  "LIMIT OFFSET HAVING COUNT SUM AVG MIN MAX SAMPLE GROUP_CONCAT BOUND CONTAINS LCASE STR LANG YEAR REGEX IF IN EXISTS " +
  "NOT ORDER GROUP BY AS DESC UNDEF";

function termsQuery(prefixes) {
  return `SELECT ?term (SAMPLE(?each) AS ?label) (SAMPLE(?said) AS ?comment) {
  { VALUES ?kind { owl:Class owl:ObjectProperty owl:DatatypeProperty } ?term a ?kind
    FILTER (STRSTARTS(STR(?term), "${prefixes.hg}"))
    OPTIONAL { ?term rdfs:comment ?said FILTER (LANG(?said) IN ("en", "")) } }
  UNION { ?term a skos:Concept . ?term skos:inScheme ?scheme }
  UNION { ?term a hg:Country }
  ?term rdfs:label ?each FILTER (LANG(?each) IN ("en", ""))
} GROUP BY ?term`;
}

async function terms(endpoint, prefixes) {
  const parameters = new URLSearchParams({ query: termsQuery(prefixes), format: "json" });
  const response = await fetch(`${endpoint}?${parameters}`);
  if (!response.ok) return [];
  const byLength = Object.entries(prefixes).sort((a, b) => b[1].length - a[1].length);
  return (await response.json()).results.bindings.flatMap(({ term, label, comment }) => {
    const found = byLength.find(([, iri]) => term.value.startsWith(iri));
    const local = found && term.value.slice(found[1].length);
    if (!local || !/^[\w-]+$/.test(local)) return []; // a name that would need escapes is better written in full
    return [option(found[0], `${found[0]}:${local}`, prefixes, label?.value, comment?.value)];
  });
}

/* A completion that declares its prefix as well, so that the query runs on other endpoints too. */
function option(prefix, name, prefixes, detail, info) {
  const apply = (view, _, from, to) => {
    const declared = new RegExp(`\\bPREFIX\\s+${prefix}:`, "i").test(view.state.doc.toString());
    const changes = [{ from, to, insert: name }];
    if (!declared) changes.unshift({ from: 0, insert: `PREFIX ${prefix}: <${prefixes[prefix]}>\n` });
    const added = declared ? 0 : changes[0].insert.length;
    view.dispatch({ changes, selection: { anchor: from + added + name.length }, userEvent: "input.complete" });
  };
  return { label: name, detail, info, apply, type: "variable" };
}

export function completion(endpoint, prefixes) {
  let asked;
  const known = Object.keys(prefixes).map((prefix) => option(prefix, `${prefix}:`, prefixes, prefixes[prefix]));
  const keywords = KEYWORDS.split(" ").map((label) => ({ label, type: "keyword" }));

  async function names(context) {
    const name = context.matchBefore(/[A-Za-z][\w-]*:[\w-]*/);
    if (!name || context.matchBefore(/<[^>]*/)) return null;
    asked ??= terms(endpoint, prefixes).catch(() => ((asked = undefined), []));
    const prefix = name.text.split(":")[0];
    const options = (await asked).filter((each) => each.label.startsWith(`${prefix}:`));
    return { from: name.from, options, validFor: /^[\w-]*:[\w-]*$/ };
  }

  function words(context) {
    const variable = context.matchBefore(/[?$]\w*/);
    if (variable) {
      const here = context.state.sliceDoc(variable.from, context.pos);
      const found = new Set(context.state.doc.toString().match(/[?]\w+/g));
      found.delete(here);
      return { from: variable.from, options: [...found].map((label) => ({ label, type: "variable" })), validFor: /^[?]\w*$/ };
    }
    const word = context.matchBefore(/[A-Za-z][\w-]*/);
    if ((!word && !context.explicit) || context.matchBefore(/(<[^>]*|[:"'][\w-]*)$/)) return null;
    return { from: word?.from ?? context.pos, options: [...keywords, ...known], validFor: /^[\w-]*$/ };
  }

  return autocompletion({ override: [names, words], icons: false });
}
