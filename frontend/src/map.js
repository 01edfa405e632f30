/* The countries and points of an answer → a map of the world, shaded by a number, with the numbers in a table beside. */

import shapes from "country-shapes";
import { geoEqualEarth, geoGraticule10, geoPath } from "d3-geo";
import { feature } from "topojson-client";

import { ROWS } from "./chart_data.js";
import { labelOf, named } from "./columns.js";
import { labelsOf } from "./labels.js";
import { choice, drawn, element, number, numbers } from "./markup.js";
import { countryOf, placeColumns, pointOf } from "./places.js";
import { Fitting } from "./picture.js";
import { isNumber } from "./terms.js";

const LEVELS = 5;
const MOST_NAMED = 100;
const COUNTRIES = feature(shapes.topology, shapes.topology.objects.countries).features;

export default class WorldMap extends Fitting {
  name = "map";

  constructor(answer, columns, site, state, changed) {
    super(answer, columns, site, state, changed);
    this.places = placeColumns(answer, columns, site);
    this.numeric = columns.filter((each) => each.kind === "number");
  }

  async prepare() {
    this.place = this.places.find((each) => each.name === this.state.place) ?? this.places[0];
    this.value = this.state.y === ROWS ? undefined : (named(this.numeric, this.state.y) ?? this.numeric[0]);
    const names = (columns) => columns.map(({ name }) => [name, name]);
    const pick = (key) => (value) => this.set({ [key]: value });
    this.controls.replaceChildren(
      choice("Shade by", [[ROWS, "number of rows"], ...names(this.numeric)], this.value?.name ?? ROWS, pick("y")),
      choice("at", names(this.places), this.place.name, pick("place")),
      this.save,
    );
    this.gather();
    await this.nameUnplaced();
    this.about.replaceChildren(...this.remarks(), this.table());
  }

  /* Rows → the sum of each place; what is no place is named, never left out without a word. */
  gather() {
    this.found = new Map();
    this.unplaced = new Map();
    this.unvalued = this.empty = 0;
    const label = labelOf(this.place, this.columns);
    for (const row of this.answer.rows) {
      const each = row[this.place.index];
      if (!each) {
        this.empty += 1;
        continue;
      }
      const value = this.value ? (isNumber(row[this.value.index]) ? Number(row[this.value.index].value) : NaN) : 1;
      if (Number.isNaN(value)) {
        this.unvalued += 1;
        continue;
      }
      const country = countryOf(each, this.site);
      const point = pointOf(each);
      const key = country?.number ?? point?.join(" ") ?? each.value;
      const held = country || point ? this.found : this.unplaced;
      const name = (label && row[label.index]?.value) ?? (country ? country.name : this.site.text(each));
      const sum = held.get(key) ?? { name, country, point, value: 0 };
      sum.value += value;
      held.set(key, sum);
    }
    const values = [...this.found.values()].map((each) => each.value);
    this.steps = steps(values);
  }

  /* States, unions and the like are no countries, but have names that can be asked for. */
  async nameUnplaced() {
    this.unplaced = new Map([...this.unplaced].sort(([, a], [, b]) => b.value - a.value));
    const labels = this.place.kind === "iri" ? await labelsOf([...this.unplaced.keys()].slice(0, MOST_NAMED), this.site) : new Map();
    for (const [iri, label] of labels) this.unplaced.get(iri).name = label;
  }

  level(value) {
    return this.steps.filter((from) => value >= from).length || 1;
  }

  remarks() {
    const said = [];
    if (this.unplaced.size) {
      const names = [...this.unplaced.values()].slice(0, 8).map((each) => `${each.name} (${number.format(each.value)})`);
      const more = this.unplaced.size - names.length;
      said.push(`Not on the map: ${names.join(", ")}${more ? ` and ${more} more` : ""}.`);
    }
    if (this.empty) said.push(`${number.format(this.empty)} rows name no place.`);
    if (this.unvalued) said.push(`${number.format(this.unvalued)} rows have no number in ${this.value.name}.`);
    if (this.answer.more) said.push("These are not all rows of the answer.");
    return said.length ? [element("p", { class: "hint" }, said.join(" "))] : [];
  }

  table() {
    const ordered = [...this.found.values(), ...this.unplaced.values()].sort((a, b) => b.value - a.value);
    return numbers("The numbers", [this.place.name, this.value?.name ?? "rows"], ordered.map((each) => [each.name, each.value]));
  }

  draw() {
    const width = Math.max(this.box.clientWidth, 240);
    if (width === this.width) return;
    this.width = width;
    const projection = geoEqualEarth().fitWidth(width - 2, { type: "Sphere" });
    const path = geoPath(projection).digits(1);
    const height = Math.ceil(path.bounds({ type: "Sphere" })[1][1]) + 2;
    const label = `${this.value?.name ?? "Number of rows"} by ${this.place.name}: ${this.found.size} places; the numbers are in the table below`;
    const svg = drawn("svg", { class: "plot world", role: "img", "aria-label": label, width, height, viewBox: `0 0 ${width} ${height}` },
      drawn("path", { class: "sea", d: path({ type: "Sphere" }) }), drawn("path", { class: "graticule", d: path(geoGraticule10()) }));
    for (const shape of COUNTRIES) {
      const each = this.found.get(shape.id);
      const outline = drawn("path", { class: each ? `country h${this.level(each.value)}` : "country", d: path(shape) ?? "" });
      svg.append(each ? this.marked(each, outline) : outline);
    }
    const greatest = Math.max(...[...this.found.values()].map((each) => Math.abs(each.value)), 1);
    for (const [key, each] of this.found) {
      const at = each.point ?? shapes.points[key];
      if (!at || !projection(at)) continue;
      const [cx, cy] = projection(at);
      const r = each.point ? 3 + 9 * Math.sqrt(Math.abs(each.value) / greatest) : 4;
      svg.append(this.marked(each, drawn("circle", { class: `spot h${this.level(each.value)}`, cx, cy, r })));
    }
    this.box.replaceChildren(svg, this.legend());
  }

  marked(each, mark) {
    mark.setAttribute("data-value", each.value);
    mark.append(drawn("title", {}, `${each.name}: ${number.format(each.value)}`));
    return each.country ? drawn("a", { href: this.site.href(`${this.site.prefixes.country}${each.country.three}`), tabindex: "-1" }, mark) : mark;
  }

  legend() {
    const values = [...this.found.values()].map((each) => each.value);
    return element("ul", { class: "legend" }, this.steps.map((_, n) => {
      const within = values.filter((value) => this.level(value) === n + 1);
      if (!within.length) return null;
      const [least, most] = [Math.min(...within), Math.max(...within)].map((value) => number.format(value));
      return element("li", {}, drawn("svg", { class: "key", width: 12, height: 12, "aria-hidden": "true" },
        drawn("rect", { class: `h${n + 1}`, width: 12, height: 12, rx: 2 })), ` ${least === most ? least : `${least} to ${most}`}`);
    }));
  }
}

/* Where each shade begins. Counts of countries differ by orders of magnitude, so the steps grow by a factor then. */
function steps(values) {
  if (!values.length) return [];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (least === most) return [least];
  const grows = least > 0 && most / least > 10;
  const at = (share) => (grows ? least * (most / least) ** share : least + (most - least) * share);
  return Array.from({ length: LEVELS }, (_, n) => (n ? at(n / LEVELS) : least));
}
