/* What is being written → names with their labels: keywords, variables, prefixes, terms of the ontology, and things.

   The terms come from the endpoint, by one query, when the first name is completed; things come from the service of
   reconciliation, by what is typed of their names: after `hgo:`, `hgi:`, or a bracket (`<Clearview A`). */

import { autocompletion } from "@codemirror/autocomplete";

const KEYWORDS =
  "SELECT DISTINCT WHERE OPTIONAL FILTER UNION MINUS BIND VALUES GRAPH SERVICE PREFIX CONSTRUCT DESCRIBE ASK FROM " +
  "LIMIT OFFSET HAVING COUNT SUM AVG MIN MAX SAMPLE GROUP_CONCAT BOUND CONTAINS LCASE STR LANG YEAR REGEX IF IN EXISTS " +
  "NOT ORDER GROUP BY AS DESC UNDEF";

/* Prefixes of what there are too many of to ask for all. */
const THINGS = { hgo: "organisation", hgi: "incident" };

function termsQuery(prefixes) {
  return `SELECT ?term (SAMPLE(?each) AS ?label) (SAMPLE(?said) AS ?comment) {
  { VALUES ?kind { owl:Class owl:ObjectProperty owl:DatatypeProperty } ?term a ?kind
    FILTER (STRSTARTS(STR(?term), "${prefixes.hg}"))
    OPTIONAL { ?term rdfs:comment ?said FILTER (LANG(?said) IN ("en", "")) } }
  UNION { ?term a skos:Concept . ?term skos:inScheme ?scheme
    OPTIONAL { ?term skos:definition ?said FILTER (LANG(?said) IN ("en", "")) } }
  UNION { ?term a hg:Country }
  ?term rdfs:label ?each FILTER (LANG(?each) IN ("en", ""))
} GROUP BY ?term`;
}

/* What has a name in this graph: terms, asked for once, and things, by what has been typed of their names. */
export class Names {
  constructor(site) {
    this.site = site;
  }

  /* Terms of the ontology, concepts and countries as {name, label, comment}. */
  terms() {
    this.asked ??= this.ask().catch(() => ((this.asked = undefined), []));
    return this.asked;
  }

  async ask() {
    const query = termsQuery(this.site.prefixes);
    const response = await fetch(`${this.site.endpoint}?${new URLSearchParams({ query, format: "json" })}`);
    if (!response.ok) return [];
    return (await response.json()).results.bindings.flatMap(({ term, label, comment }) => {
      const name = this.site.name(term.value); // one that would need escapes is better written in full
      return name ? [{ name, label: label?.value, comment: comment?.value }] : [];
    });
  }

  /* Organisations, incidents, systems and so on whose names are like this, as {name, label, comment}. */
  async things(typed, type) {
    if (typed.length < 2) return [];
    const parameters = new URLSearchParams({ prefix: typed, limit: "20", ...(type && { type }) });
    const response = await fetch(`${this.site.root}/reconcile/suggest/entity?${parameters}`).catch(() => undefined);
    if (!response?.ok) return [];
    return (await response.json()).result.map(({ id, name, description }) => {
      const iri = `${this.site.base}id/${id}`;
      return { name: this.site.name(iri) ?? `<${iri}>`, label: name, comment: description };
    });
  }

  /* [value, label] pairs for a field: terms with this prefix, or names of things where there is none. */
  async values(typed, prefix) {
    const type = THINGS[prefix];
    if (type || !prefix) {
      const found = await this.things(typed.replace(/^\w+:/, ""), type ?? "organisation");
      return found.map(({ name, label }) => (prefix ? [name, label] : [label, name]));
    }
    return (await this.terms()).filter(({ name }) => name.startsWith(`${prefix}:`)).map(({ name, label }) => [name, label]);
  }
}

/* A completion that declares its prefix as well, so that the query runs on other endpoints too. */
function option({ name, label, comment }, prefixes) {
  const prefix = name.split(":")[0];
  const apply = (view, _, from, to) => {
    const declared = new RegExp(`\\bPREFIX\\s+${prefix}:`, "i").test(view.state.doc.toString());
    const changes = [{ from, to, insert: name }];
    if (!declared && prefixes[prefix]) changes.unshift({ from: 0, insert: `PREFIX ${prefix}: <${prefixes[prefix]}>\n` });
    const added = changes.length > 1 ? changes[0].insert.length : 0;
    view.dispatch({ changes, selection: { anchor: from + added + name.length }, userEvent: "input.complete" });
  };
  return { label: name, detail: label, info: comment, apply, type: "variable" };
}

export function completion(names, { prefixes }) {
  const known = Object.keys(prefixes).map((prefix) => option({ name: `${prefix}:`, label: prefixes[prefix] }, prefixes));
  const keywords = KEYWORDS.split(" ").map((label) => ({ label, type: "keyword" }));

  async function terms(context) {
    const name = context.matchBefore(/[A-Za-z][\w-]*:[\w-]*/);
    if (!name || context.matchBefore(/<[^>]*/)) return null;
    const [prefix, local] = name.text.split(":");
    if (prefix in THINGS) return things(context, name.from, local.replaceAll("-", " "), THINGS[prefix]);
    const options = (await names.terms()).filter((each) => each.name.startsWith(`${prefix}:`));
    return { from: name.from, options: options.map((each) => option(each, prefixes)), validFor: /^[\w-]*:[\w-]*$/ };
  }

  /* A bracket before letters without a colon opens no IRI: it is the name of a thing. */
  async function bracketed(context) {
    const name = context.matchBefore(/<[\p{L}\d][^<>:"{}|\\^`\n]*/u);
    return name && things(context, name.from, name.text.slice(1));
  }

  async function things(context, from, typed, type) {
    const found = await names.things(typed, type);
    // They come in the order of likeness, and by names that their IRIs need not have.
    return context.aborted ? null : { from, options: found.map((each) => option(each, prefixes)), filter: false };
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

  return autocompletion({ override: [terms, bracketed, words], icons: false });
}
