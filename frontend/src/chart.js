/* The columns of an answer → bars or lines as SVG, with their numbers in a table beside. */

import { scaleBand, scaleLinear, scalePoint } from "d3-scale";
import { line, stack, stackOffsetDiverging, stackOrderNone } from "d3-shape";

import { OTHERS, ROWS, chartData, proposed } from "./chart_data.js";
import { choice, drawn, element, number, numbers, shortened } from "./markup.js";
import { Fitting } from "./picture.js";

const BAR = 26;
const TALL = 320;
const TYPES = [["bar", "bars"], ["line", "lines"]];
const PIXELS = 7.2; // of a letter, about

export default class Chart extends Fitting {
  name = "chart";

  prepare() {
    this.chosen = proposed(this.columns, this.state);
    this.data = chartData(this.answer, this.columns, this.site, this.chosen);
    const { x, y, by, type } = this.chosen;
    const names = (columns) => columns.map(({ name }) => [name, name]);
    const numeric = this.columns.filter((each) => each.kind === "number");
    const pick = (key) => (value) => this.set({ [key]: value });
    this.controls.replaceChildren(
      choice("Draw", TYPES, type, pick("type")),
      choice("of", [[ROWS, "number of rows"], ...names(numeric)], y?.name ?? ROWS, pick("y")),
      choice("by", names(this.columns), x.name, pick("x")),
      choice("split by", [["", "nothing"], ...names(this.columns.filter((each) => each !== x && each !== y))], by?.name ?? "", pick("by")),
      this.save,
    );
    this.about.replaceChildren(...this.remarks(), this.table());
  }

  remarks() {
    const { all, drawn: shown, added, unread, byYear } = this.data;
    const { x, y } = this.chosen;
    const said = [];
    if (byYear) said.push("Dates are put together by year.");
    if (added) said.push(`Rows with the same ${x.name} are added up.`);
    if (x.kind !== "time" && shown.length < all.length) {
      said.push(`The ${shown.length} largest of ${number.format(all.length)} are drawn; the table has all of them.`);
    }
    if (unread) said.push(`${number.format(unread)} rows have no ${y ? `${x.name} or ${y.name}` : x.name}.`);
    if (this.answer.more) said.push("These are not all rows of the answer.");
    return said.length ? [element("p", { class: "hint" }, said.join(" "))] : [];
  }

  table() {
    const { series, all, drawn: shown } = this.data;
    const rows = this.chosen.x.kind === "time" ? shown : all;
    const heads = series.length > 1 ? series : [this.chosen.y?.name ?? "rows"];
    return numbers("The numbers", [this.chosen.x.name, ...heads], rows.map((each) => [each.label, ...each.values]));
  }

  draw() {
    const width = Math.max(this.box.clientWidth, 240);
    if (width === this.width) return;
    this.width = width;
    if (!this.data.drawn.length) {
      this.box.replaceChildren(element("p", {}, "There is nothing to draw in these columns."));
      return;
    }
    const isUpright = this.chosen.x.kind === "time" || this.chosen.type === "line";
    this.box.replaceChildren(this.legend(), isUpright ? this.upright(width) : this.lying(width));
  }

  legend() {
    const { series } = this.data;
    if (series.length < 2) return "";
    const key = (name, place) =>
      element("li", {}, drawn("svg", { class: "key", width: 12, height: 12, "aria-hidden": "true" },
        drawn("rect", { class: `s${place}`, width: 12, height: 12, rx: 2 })), ` ${name}`);
    return element("ul", { class: "legend" }, series.map(key));
  }

  picture(width, height) {
    const { x, y, by } = this.chosen;
    const label = `${y?.name ?? "Number of rows"} by ${x.name}${by ? ` and ${by.name}` : ""}; the numbers are in the table below`;
    return drawn("svg", { class: "plot", role: "img", "aria-label": label, width, height, viewBox: `0 0 ${width} ${height}` });
  }

  /* Of each series, [from, to] for every category, stacked away from zero. */
  stacked() {
    const { series, drawn: shown } = this.data;
    return stack().keys(series.keys()).value((each, n) => each.values[n]).order(stackOrderNone).offset(stackOffsetDiverging)(shown);
  }

  title(each, n) {
    const name = this.data.series[n];
    return drawn("title", {}, `${each.label}${name ? `, ${name}` : ""}: ${number.format(each.values[n])}`);
  }

  linked(each, mark) {
    const href = each.term?.type === "iri" ? this.site.href(each.term.value) : undefined;
    return href ? drawn("a", { href }, mark) : mark;
  }

  lying(width) {
    const { drawn: shown } = this.data;
    const longest = Math.max(...shown.map((each) => each.label.length)) * PIXELS + 12;
    const left = Math.min(longest, width * 0.42);
    const height = shown.length * BAR + 30;
    const layers = this.stacked();
    const across = scaleLinear(extent(layers), [left, width - 64]).nice(5);
    const down = scaleBand(shown.keys(), [0, shown.length * BAR]).padding(0.24);
    const svg = this.picture(width, height);
    for (const tick of across.ticks(Math.max(2, Math.round((width - left) / 110)))) {
      svg.append(drawn("line", { class: "grid", x1: across(tick), x2: across(tick), y1: 0, y2: shown.length * BAR }),
        drawn("text", { class: "scale", x: across(tick), y: height - 10, "text-anchor": "middle" }, number.format(tick)));
    }
    for (const [place, each] of shown.entries()) {
      const middle = down(place) + down.bandwidth() / 2;
      const text = shortened(each.label, Math.floor((left - 12) / PIXELS));
      svg.append(this.linked(each, drawn("text", { class: "name", x: left - 8, y: middle, dy: "0.35em", "text-anchor": "end" },
        drawn("title", {}, each.label), text)));
      for (const [n, layer] of layers.entries()) {
        const [from, to] = layer[place];
        if (from === to) continue;
        const box = { x: across(from), width: across(to) - across(from), y: down(place), height: down.bandwidth() };
        svg.append(drawn("rect", { class: `bar s${n}`, "data-value": each.values[n], ...box }, this.title(each, n)));
      }
      const end = across(Math.max(0, ...layers.map((layer) => layer[place][1])));
      svg.append(drawn("text", { class: "scale", x: end + 6, y: middle, dy: "0.35em" }, number.format(each.total)));
    }
    return svg;
  }

  upright(width) {
    const { drawn: shown, series } = this.data;
    const isLine = this.chosen.type === "line";
    const layers = isLine ? series.map((_, n) => shown.map((each) => [0, each.values[n]])) : this.stacked();
    const [left, right, top, bottom] = [56, 24, 12, 34];
    const up = scaleLinear(extent(layers), [TALL - bottom, top]).nice(5);
    const places = isLine && shown.length > 1 ? scalePoint(shown.keys(), [left, width - right]) : scaleBand(shown.keys(), [left, width - right]).padding(0.2);
    const middle = (place) => places(place) + places.bandwidth() / 2;
    const svg = this.picture(width, TALL);
    for (const tick of up.ticks(5)) {
      svg.append(drawn("line", { class: "grid", x1: left, x2: width - right, y1: up(tick), y2: up(tick) }),
        drawn("text", { class: "scale", x: left - 8, y: up(tick), dy: "0.35em", "text-anchor": "end" }, number.format(tick)));
    }
    const widest = Math.max(...shown.map((each) => Math.min(each.label.length, 12))) * PIXELS + 12;
    const every = Math.max(1, Math.ceil((widest * shown.length) / (width - left - right)));
    for (const [place, each] of shown.entries()) {
      if ((shown.length - 1 - place) % every) continue;
      svg.append(drawn("text", { class: "scale", x: middle(place), y: TALL - 12, "text-anchor": "middle" },
        drawn("title", {}, each.label), shortened(each.label, 12)));
    }
    if (isLine) this.lines(svg, layers, middle, up);
    else this.columnsOf(svg, layers, places, up);
    return svg;
  }

  lines(svg, layers, middle, up) {
    const path = line((_, place) => middle(place), ([, value]) => up(value));
    for (const [n, layer] of layers.entries()) {
      svg.append(drawn("path", { class: `line l${n}${this.data.series[n] === OTHERS ? " others" : ""}`, d: path(layer) }));
      for (const [place, each] of this.data.drawn.entries()) {
        const spot = { cx: middle(place), cy: up(each.values[n]), r: 3.5, "data-value": each.values[n] };
        svg.append(drawn("circle", { class: `dot s${n}`, ...spot }, this.title(each, n)));
      }
    }
  }

  columnsOf(svg, layers, places, up) {
    for (const [n, layer] of layers.entries()) {
      for (const [place, each] of this.data.drawn.entries()) {
        const [from, to] = layer[place];
        if (from === to) continue;
        const box = { x: places(place), width: places.bandwidth(), y: up(to), height: up(from) - up(to) };
        svg.append(drawn("rect", { class: `bar s${n}`, "data-value": each.values[n], ...box }, this.title(each, n)));
      }
    }
  }
}

/* From the least to the greatest, with zero: a bar that does not begin there deceives. */
function extent(layers) {
  const ends = layers.flat().flatMap(([from, to]) => [from, to]);
  const [least, greatest] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  return least === greatest ? [0, 1] : [least, greatest];
}
