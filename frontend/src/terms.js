/* RDF terms as N-Triples and SPARQL's TSV write them → what a page shows of them, and where it links. */

const XSD = "http://www.w3.org/2001/XMLSchema#";
const IRI = "<([^>]*)>";
const STRING = '"((?:[^"\\\\]|\\\\.)*)"(?:@([A-Za-z0-9-]+)|\\^\\^<([^>]*)>)?';
const WRITTEN = new RegExp(`^(?:${IRI}|${STRING})$`, "s");
const BARE = [
  [/^[+-]?\d+$/, "integer"],
  [/^[+-]?\d*\.\d+$/, "decimal"],
  [/^[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+$/, "double"],
  [/^(true|false)$/, "boolean"],
];
const TRIPLE = /^(<[^>]*>|_:\S+)\s+(<[^>]*>)\s+(.*\S)\s*\.\s*$/s;
const ESCAPES = { t: "\t", n: "\n", r: "\r", b: "\b", f: "\f" };
const NUMBERS = /^(integer|decimal|double|float|long|int|short|byte|(non(Negative|Positive)|negative|positive)Integer)$/;

function plain(text) {
  if (!text.includes("\\")) return text;
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/gs, (_, short, long, one) =>
    one === undefined ? String.fromCodePoint(parseInt(short ?? long, 16)) : (ESCAPES[one] ?? one),
  );
}

/* The term; null for an empty field, which is an unbound variable. What is neither IRI nor literal keeps its text. */
export function term(text) {
  if (text === "") return null;
  const written = WRITTEN.exec(text);
  if (written) {
    const [, iri, string, lang, datatype] = written;
    if (iri !== undefined) return { type: "iri", value: plain(iri) };
    return { type: "literal", value: plain(string), lang, datatype: datatype && plain(datatype) };
  }
  const bare = BARE.find(([pattern]) => pattern.test(text));
  if (bare) return { type: "literal", value: text, datatype: XSD + bare[1] };
  return { type: text.startsWith("_:") ? "blank" : "other", value: text };
}

export function triple(line) {
  const found = TRIPLE.exec(line);
  return found && found.slice(1).map(term);
}

/* The local name of a literal's type where that is one of XML Schema's. */
export function typeOf({ datatype }) {
  return datatype?.startsWith(XSD) ? datatype.slice(XSD.length) : undefined;
}

export function isNumber(each) {
  return each?.type === "literal" && NUMBERS.test(typeOf(each) ?? "") && Number.isFinite(Number(each.value));
}

/* The IRIs of this site, and the prefixes that stand for IRIs. */
export class Site {
  constructor(endpoint, prefixes) {
    this.endpoint = endpoint;
    this.root = endpoint.replace(/\/sparql$/, "");
    this.base = prefixes.hg.replace(/ns#$/, "");
    this.prefixes = prefixes;
    this.longest = Object.entries(prefixes).sort((a, b) => b[1].length - a[1].length);
  }

  isOwn(iri) {
    return iri.startsWith(this.base);
  }

  /* Where a page links for this IRI, as the server's pages have it: nothing but http and https leads anywhere. */
  href(iri) {
    const things = `${this.base}id/`;
    if (iri.startsWith(things)) return `${this.root}/doc/${iri.slice(things.length)}`;
    if (this.isOwn(iri)) return `${this.root}/${iri.slice(this.base.length)}`;
    return /^https?:\/\//i.test(iri) ? iri : undefined;
  }

  /* `prefix:local`, or undefined where that would need escapes. */
  name(iri) {
    const found = this.longest.find(([, start]) => iri.startsWith(start));
    const local = found && iri.slice(found[1].length);
    return local && /^[\w-]+$/.test(local) ? `${found[0]}:${local}` : undefined;
  }

  /* How a page writes a term: as the server does, with a prefix whatever follows it. */
  text(each) {
    if (each.type !== "iri") return each.value;
    const found = this.longest.find(([, start]) => each.value.startsWith(start) && each.value !== start);
    return found ? `${found[0]}:${each.value.slice(found[1].length)}` : each.value;
  }
}
