/* Triples, or two columns of a table → nodes and links as SVG, laid out once; nodes can be moved, the picture scaled. */

import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from "d3-force";

import { labelOf, named } from "./columns.js";
import { graphData, kindOf } from "./graph_data.js";
import { labelsOf } from "./labels.js";
import { choice, drawn, element, number, numbers, shortened } from "./markup.js";
import { Picture } from "./picture.js";

const ROUNDS = 300;
const WITH_PREDICATES = 24; // links; more of them hide the picture behind their names
const CROWDED = 60; // nodes; of more, those with one link show their names when pointed at
const NARROW = 600;
const FEW = 10;
const LARGEST = 1.3; // how much larger than on paper a few nodes are drawn

export default class Graph extends Picture {
  name = "graph";

  constructor(answer, columns, site, state, changed) {
    super(answer, columns, site, state, changed);
    this.ends = columns.filter((each) => each.kind === "iri");
    this.asked = new Map();
  }

  placed() {
    this.draw();
  }

  async prepare() {
    this.data = graphData(this.triples(), { withLiterals: this.state.literals === "1" });
    const missing = this.data.nodes.map((each) => each.id).filter((id) => !this.asked.has(id));
    for (const [iri, label] of await labelsOf(missing, this.site)) this.asked.set(iri, label);
    for (const each of this.data.nodes) {
      each.label = this.data.labels.get(each.id) ?? this.names?.get(each.id) ?? this.asked.get(each.id) ?? this.site.text(each.term);
    }
    this.controls.replaceChildren(...(this.answer.kind === "graph" ? this.tripleControls() : this.columnControls()), ...this.zooms(), this.save);
    this.about.replaceChildren(...this.remarks(), this.table());
  }

  triples() {
    if (this.answer.kind === "graph") return this.answer.rows;
    this.from = named(this.ends, this.state.from) ?? this.ends[0];
    this.to = named(this.ends, this.state.to) ?? this.ends.find((each) => each !== this.from);
    this.names = new Map();
    for (const end of [this.from, this.to]) {
      const label = labelOf(end, this.columns);
      if (!label) continue;
      for (const row of this.answer.rows) {
        if (row[end.index] && row[label.index]) this.names.set(row[end.index].value, row[label.index].value);
      }
    }
    return this.answer.rows.map((row) => [row[this.from.index], undefined, row[this.to.index]]);
  }

  columnControls() {
    const names = this.ends.map(({ name }) => [name, name]);
    const pick = (key) => (value) => this.set({ [key]: value });
    return [choice("Link", names, this.from.name, pick("from")), choice("with", names, this.to.name, pick("to"))];
  }

  tripleControls() {
    const box = element("input", {
      type: "checkbox", checked: this.state.literals === "1",
      onchange: () => this.set({ literals: box.checked ? "1" : undefined }),
    });
    return [element("label", { class: "choice" }, box, " Literals too")];
  }

  zooms() {
    const by = (factor) => () => this.zoom(factor);
    const button = (label, text, press) =>
      element("button", { type: "button", class: "quiet", "aria-label": label, title: label, onclick: press }, text);
    return [button("Larger", "+", by(0.8)), button("Smaller", "−", by(1.25)), button("Whole picture", "⤢", () => this.fit())];
  }

  remarks() {
    const { nodes, links, allNodes, allLinks, literals } = this.data;
    const said = [`${number.format(nodes.length)} nodes, ${number.format(links.length)} links.`];
    if (nodes.length < allNodes) {
      said.push(`These are the best connected of ${number.format(allNodes)} nodes and ${number.format(allLinks)} links.`);
    }
    if (literals) said.push(`${number.format(literals)} triples with literals are not drawn.`);
    if (this.answer.more) said.push("This is not the whole answer.");
    return [element("p", { class: "hint" }, said.join(" "))];
  }

  table() {
    const rows = this.data.links.map((link) => [link.source.label, this.predicates(link), link.target.label]);
    return numbers("The links as a table", ["from", "by", "to"], rows);
  }

  predicates(link) {
    const said = [...link.predicates.values()].filter(Boolean).map((each) => this.site.text(each));
    return said.join(", ") || `${this.from.name} – ${this.to.name}`;
  }

  /* Whether there is room for the names of predicates. */
  roomy() {
    return this.answer.kind === "graph" && this.data.links.length <= WITH_PREDICATES;
  }

  layOut(width, height) {
    const { nodes, links } = this.data;
    const spread = forceSimulation(nodes)
      .force("link", forceLink(links).distance(this.roomy() ? 130 : 60))
      .force("charge", forceManyBody().strength(this.roomy() ? -700 : -220).distanceMax(500))
      .force("room", forceCollide(this.roomy() ? 44 : 24))
      .force("x", forceX().strength((0.07 * height) / width))
      .force("y", forceY().strength((0.07 * width) / height))
      .stop();
    spread.tick(ROUNDS); // at once: a picture that dances helps nobody
  }

  draw() {
    const { nodes, links } = this.data;
    const width = Math.max(this.box.clientWidth, 240);
    const height = nodes.length < FEW ? 320 : Math.max(320, Math.min(560, width * (width < NARROW ? 1.2 : 0.65)));
    this.layOut(width, height);
    this.lines = drawn("g", { class: "links" });
    this.dots = drawn("g");
    this.svg = drawn("svg", {
      class: `plot network${nodes.length > CROWDED ? " crowded" : ""}`, width, height, role: "group",
      "aria-label": `${nodes.length} nodes and ${links.length} links; they are in the table below`,
    }, this.lines, this.dots);
    for (const link of links) this.lines.append(this.link(link));
    for (const each of nodes) this.dots.append(this.node(each));
    this.move();
    this.fit();
    this.panned();
    this.box.replaceChildren(this.svg, this.legend());
  }

  link(link) {
    link.line = drawn("line", {}, drawn("title", {}, `${link.source.label} – ${this.predicates(link)} – ${link.target.label}`));
    link.name = this.roomy()
      ? drawn("text", { class: "scale", "text-anchor": "middle" }, shortened(this.predicates(link), 28)) : "";
    return drawn("g", {}, link.line, link.name);
  }

  node(each) {
    const { place } = kindOf(each.term, this.site);
    const href = each.term.type === "iri" ? this.site.href(each.term.value) : undefined;
    each.mark = drawn(href ? "a" : "g", { href, class: each.degree > 1 ? "node" : "node leaf" },
      drawn("title", {}, each.label),
      drawn("circle", { class: `s${place}`, r: 5 + Math.min(9, Math.sqrt(each.degree) * 1.6) }),
      drawn("text", { class: "name", y: 22, "text-anchor": "middle" }, shortened(each.label, 24)));
    this.movable(each);
    return each.mark;
  }

  movable(each) {
    let moved = 0;
    dragged(each.mark, (x, y) => {
      moved += Math.abs(x) + Math.abs(y);
      each.x += x * this.scale();
      each.y += y * this.scale();
      this.move();
    });
    each.mark.addEventListener("pointerdown", () => (moved = 0));
    each.mark.addEventListener("click", (event) => moved > 3 && event.preventDefault());
    each.mark.addEventListener("dragstart", (event) => event.preventDefault());
    each.mark.addEventListener("focus", () => this.show(each));
  }

  /* The paper itself is what is moved where no node is. */
  panned() {
    dragged(this.svg, (x, y) => {
      const [left, top, width, height] = this.view;
      this.look([left - x * this.scale(), top - y * this.scale(), width, height]);
    });
  }

  /* A node that the keyboard has come to and that is out of sight. */
  show({ x, y }) {
    const [left, top, width, height] = this.view;
    if (x > left && x < left + width && y > top && y < top + height) return;
    this.look([x - width / 2, y - height / 2, width, height]);
  }

  scale() {
    return Math.max(this.view[2] / this.svg.clientWidth, this.view[3] / this.svg.clientHeight);
  }

  move() {
    for (const { source, target, line, name } of this.data.links) {
      for (const [attribute, value] of Object.entries({ x1: source.x, y1: source.y, x2: target.x, y2: target.y })) line.setAttribute(attribute, value);
      if (!name) continue;
      name.setAttribute("x", (source.x + target.x) / 2);
      name.setAttribute("y", (source.y + target.y) / 2);
    }
    for (const { mark, x, y } of this.data.nodes) mark.setAttribute("transform", `translate(${x} ${y})`);
  }

  /* All nodes, with room for their names; few of them hardly larger than they are. */
  fit() {
    const [xs, ys] = [this.data.nodes.map((each) => each.x), this.data.nodes.map((each) => each.y)];
    const middle = [xs, ys].map((places) => (Math.min(...places) + Math.max(...places)) / 2);
    const [width, height] = [
      Math.max(Math.max(...xs) - Math.min(...xs) + 160, Number(this.svg.getAttribute("width")) / LARGEST),
      Math.max(Math.max(...ys) - Math.min(...ys) + 80, Number(this.svg.getAttribute("height")) / LARGEST),
    ];
    this.look([middle[0] - width / 2, middle[1] - height / 2, width, height]);
  }

  zoom(factor) {
    const [left, top, width, height] = this.view;
    this.look([left + (width * (1 - factor)) / 2, top + (height * (1 - factor)) / 2, width * factor, height * factor]);
  }

  look(view) {
    this.view = view;
    this.svg.setAttribute("viewBox", view.map((each) => Math.round(each)).join(" "));
  }

  legend() {
    const kinds = new Map(this.data.nodes.map((each) => kindOf(each.term, this.site)).map((kind) => [kind.word, kind.place]));
    const ordered = [...kinds].sort((a, b) => a[1] - b[1]);
    return element("ul", { class: "legend" }, ordered.map(([word, place]) =>
      element("li", {}, drawn("svg", { class: "key", width: 12, height: 12, "aria-hidden": "true" },
        drawn("circle", { class: `s${place}`, cx: 6, cy: 6, r: 5 })), ` ${word}`)));
  }
}

/* Calls `moved` with the steps of a pointer that was pressed on this element, and on none within it. */
function dragged(mark, moved) {
  let at;
  mark.addEventListener("pointerdown", (event) => {
    if (event.currentTarget !== (event.target.closest(".node") ?? event.target.closest("svg"))) return;
    at = [event.clientX, event.clientY];
    mark.setPointerCapture(event.pointerId);
  });
  mark.addEventListener("pointermove", (event) => {
    if (!at) return;
    moved(event.clientX - at[0], event.clientY - at[1]);
    at = [event.clientX, event.clientY];
  });
  for (const end of ["pointerup", "pointercancel"]) mark.addEventListener(end, () => (at = undefined));
}
