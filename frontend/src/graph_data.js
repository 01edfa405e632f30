/* Triples, or two columns of a table → nodes and links, the best connected of them where there are too many. */

const LABEL = /(#label|\/title|#prefLabel|\/name)$/;
const KINDS = ["incident", "organisation", "system", "country", "concept"];

export const MOST = 150;

/* What a node is: a class of the style sheet and a word for the legend. */
export function kindOf(each, site) {
  if (each.type === "literal") return { place: 6, word: "literal" };
  const things = `${site.base}id/`;
  const kind = each.value.startsWith(things) ? each.value.slice(things.length).split("/")[0] : "";
  const place = KINDS.indexOf(kind);
  return place < 0 ? { place: 5, word: "other" } : { place, word: kind };
}

const key = (each) => (each.type === "literal" ? `"${each.value}"${each.lang ?? each.datatype ?? ""}` : each.value);

/* `links`: [subject, predicate or undefined, object] as terms. Literals are nodes only where that is wanted. */
export function graphData(triples, { withLiterals }) {
  const labels = new Map();
  const nodes = new Map();
  const links = new Map();
  let literals = 0;
  const node = (each) => {
    const id = key(each);
    if (!nodes.has(id)) nodes.set(id, { id, term: each, degree: 0 });
    return nodes.get(id);
  };
  for (const [subject, predicate, object] of triples) {
    if (!subject || !object) continue;
    if (object.type === "literal" && predicate && LABEL.test(predicate.value) && !labels.has(subject.value)) {
      labels.set(subject.value, object.value);
    }
    const source = node(subject);
    if (object.type === "literal" && predicate && !withLiterals) {
      literals += 1;
      continue;
    }
    const target = node(object);
    const id = `${source.id} ${target.id}`;
    const link = links.get(id) ?? { source, target, predicates: new Map() };
    link.predicates.set(predicate?.value ?? "", predicate);
    links.set(id, link);
  }
  for (const { source, target } of links.values()) {
    source.degree += 1;
    target.degree += 1;
  }
  return { labels, literals, ...within([...nodes.values()], [...links.values()]) };
}

/* As many nodes as there is room for, link by link from those of the best connected: no end of a link is left out. */
function within(nodes, links) {
  const kept = new Set();
  const degree = ({ source, target }) => source.degree + target.degree;
  for (const { source, target } of links.toSorted((a, b) => degree(b) - degree(a))) {
    const added = (kept.has(source) ? 0 : 1) + (kept.has(target) || source === target ? 0 : 1);
    if (kept.size + added <= MOST) kept.add(source).add(target);
  }
  for (const each of nodes) if (kept.size < MOST) kept.add(each);
  return {
    nodes: nodes.filter((each) => kept.has(each)),
    links: links.filter(({ source, target }) => kept.has(source) && kept.has(target)),
    allNodes: nodes.length,
    allLinks: links.length,
  };
}
