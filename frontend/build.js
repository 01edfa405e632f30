/* frontend/src → src/harmgraph/service/static/editor: the editor, and each view of an answer as a file of its own.

   `country-shapes` and `country-codes` are modules that only exist here, made of what npm has of Natural Earth and of
   ISO 3166: the coarse shapes are a seventh of the size of the next finer ones but leave out small countries, so these
   get a point instead. */

import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";

import { geoCentroid } from "d3-geo";
import { build } from "esbuild";
import { feature } from "topojson-client";

const FOLDER = "../src/harmgraph/service/static/editor";
// Names in our graph that neither that file nor the package has.
const ALSO = {
  LAO: "Laos", MAC: "Macau", MAF: "Saint Martin", MDA: "Moldova", SXM: "Sint Maarten", SYR: "Syria",
  VGB: "British Virgin Islands", VIR: "United States Virgin Islands",
};
const KOSOVO = ["XK", "XKX", "983"]; // in use everywhere, though ISO 3166 leaves it to its users

const PLACES = "../data/lookups/places.csv"; // what our graph calls countries, where ISO 3166 has a longer name

const find = createRequire(import.meta.url).resolve;
const json = (path) => JSON.parse(readFileSync(find(path)));

function codes() {
  const rows = readFileSync(PLACES, "utf8").matchAll(/^([A-Z]{3}),country,(?:"([^"]*)"|([^,\n]*))/gm);
  const ours = new Map([...rows].map(([, code, quoted, name]) => [code, quoted ?? name]));
  const known = [...json("i18n-iso-countries/codes.json").map((each) => each.slice(0, 3)), KOSOVO];
  const names = json("i18n-iso-countries/langs/en.json").countries;
  return known.map(([two, three, number]) => [three, two, number, ...[ours.get(three) ?? ALSO[three] ?? [], names[two] ?? []].flat()]);
}

/* The coarse shapes, and the middle of each country that only the finer ones have, by number. */
function shapes() {
  const coarse = json("world-atlas/countries-110m.json");
  const fine = json("world-atlas/countries-50m.json");
  for (const topology of [coarse, fine]) {
    for (const each of topology.objects.countries.geometries) {
      if (each.properties.name === "Kosovo") each.id = KOSOVO[2];
    }
  }
  const drawn = new Set(coarse.objects.countries.geometries.map((each) => each.id));
  const round = (degrees) => Math.round(degrees * 100) / 100;
  const points = {};
  for (const country of feature(fine, fine.objects.countries).features) {
    if (country.id && !drawn.has(country.id)) points[country.id] = geoCentroid(country).map(round);
  }
  for (const each of coarse.objects.countries.geometries) delete each.properties;
  return { topology: { ...coarse, objects: { countries: coarse.objects.countries } }, points };
}

const MADE = { "country-codes": codes, "country-shapes": shapes };
const countries = {
  name: "countries",
  setup(plugin) {
    plugin.onResolve({ filter: /^country-(codes|shapes)$/ }, ({ path }) => ({ path, namespace: "made" }));
    plugin.onLoad({ filter: /.*/, namespace: "made" }, ({ path }) => ({
      contents: JSON.stringify(MADE[path]()),
      loader: "json",
    }));
  },
};

rmSync(FOLDER, { recursive: true, force: true }); // the names of parts change with what is in them
await build({
  entryPoints: ["src/editor.js"],
  outdir: FOLDER,
  bundle: true,
  splitting: true,
  minify: true,
  format: "esm",
  target: "es2022",
  chunkNames: "[name]-[hash]",
  logLevel: "warning",
  plugins: [countries],
});
