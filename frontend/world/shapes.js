// Natural Earth's countries (public domain, TopoJSON of the package world-atlas) → paths of SVG, by ISO 3166-1 number.
//
// Equal Earth projection (Šavrič, Patterson and Jenny, 2018): areas are true, as shades by country need. Arcs are thinned
// before they are joined to rings, so that neighbours still meet. What is too small to be seen gets a place for a dot.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";

const WIDTH = 1520;
const TOLERANCE = 1.1; // units that a thinned line may be off
const SMALLEST = 4; // square units below which an island is left out
const DOT = 40; // square units below which a country gets a dot
const ANTARCTICA = "010";
const SOUTH = -56; // degrees; what lies below is left out

const require = createRequire(import.meta.url);
const [A1, A2, A3, A4] = [1.340264, -0.081106, 0.000893, 0.003796];
const SCALE = WIDTH / (2 * project(180, 0)[0]);
const [TOP, BOTTOM] = [project(0, 84)[1] * SCALE, project(0, SOUTH)[1] * SCALE];

function project(longitude, latitude) {
  const radians = Math.PI / 180;
  const t = Math.asin((Math.sqrt(3) / 2) * Math.sin(latitude * radians));
  const slope = 9 * A4 * t ** 8 + 7 * A3 * t ** 6 + 3 * A2 * t ** 2 + A1;
  const x = (2 * Math.sqrt(3) * longitude * radians * Math.cos(t)) / (3 * slope);
  return [x, A4 * t ** 9 + A3 * t ** 7 + A2 * t ** 3 + A1 * t];
}

/** The place of a point of the globe on the map. */
function placed([longitude, latitude]) {
  const [x, y] = project(longitude, latitude);
  return [x * SCALE + WIDTH / 2, TOP - y * SCALE];
}

/** The points with longitudes that go on past 180 degrees, where a shape crosses the antimeridian. */
function unbroken(points) {
  let turn = 0;
  return points.map(([longitude, latitude], place) => {
    if (place) turn -= 360 * Math.round((longitude - points[place - 1][0]) / 360);
    return [longitude + turn, latitude];
  });
}

/** The arcs of a topology in degrees; each arc's steps are sums (TopoJSON 1.0, 2.1.3). */
function arcsOf(topology) {
  const { scale, translate } = topology.transform;
  return topology.arcs.map((arc) => {
    let [x, y] = [0, 0];
    return arc.map(([dx, dy]) => {
      [x, y] = [x + dx, y + dy];
      return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
    });
  });
}

/** The points of an arc that matter on the map (Douglas and Peucker); its ends stay. */
function thinned(arc, tolerance) {
  const places = unbroken(arc).map(placed);
  const kept = (from, to) => {
    let [furthest, distance] = [0, tolerance];
    const [dx, dy] = [places[to][0] - places[from][0], places[to][1] - places[from][1]];
    const length = Math.hypot(dx, dy);
    for (let place = from + 1; place < to; place += 1) {
      const [px, py] = [places[place][0] - places[from][0], places[place][1] - places[from][1]];
      const off = length ? Math.abs(px * dy - py * dx) / length : Math.hypot(px, py);
      if (off > distance) [furthest, distance] = [place, off];
    }
    return furthest ? [...kept(from, furthest), ...kept(furthest, to)] : [from];
  };
  return [...kept(0, arc.length - 1), arc.length - 1].map((place) => arc[place]);
}

/** The outer and inner rings of a country on the map; an arc with a negative number runs backwards. */
function ringsOf(geometry, arcs) {
  const polygons = geometry.type === "Polygon" ? [geometry.arcs] : geometry.type === "MultiPolygon" ? geometry.arcs : [];
  return polygons.flat().map((ring) => {
    const joined = ring.flatMap((number) => (number < 0 ? [...arcs[~number]].reverse() : arcs[number]).slice(1));
    const points = unbroken(joined);
    const longitudes = points.map(([longitude]) => longitude);
    const middle = (Math.min(...longitudes) + Math.max(...longitudes)) / 2;
    const turn = 360 * Math.round(middle / 360); // the ring may have begun on the far side
    return points.map(([longitude, latitude]) => placed([longitude - turn, latitude]));
  });
}

function area(ring) {
  const sum = ring.reduce((total, [x, y], place) => {
    const [nextX, nextY] = ring[(place + 1) % ring.length];
    return total + x * nextY - nextX * y;
  }, 0);
  return Math.abs(sum / 2);
}

function largest(rings) {
  return rings.reduce((best, ring) => (area(ring) > area(best) ? ring : best), []);
}

/** The rings as one path, in whole units and steps from point to point. */
function pathOf(rings) {
  return rings
    .map((ring) => {
      const points = ring.map(([x, y]) => [Math.round(x), Math.round(y)]);
      const steps = points.slice(1).map(([x, y], place) => [x - points[place][0], y - points[place][1]]);
      const moves = steps.filter(([dx, dy]) => dx || dy).map(([dx, dy]) => `${dx}${dy < 0 ? "" : " "}${dy}`);
      return `M${points[0].join(" ")}l${moves.join(" ").replaceAll(" -", "-")}z`;
    })
    .join("");
}

function countriesOf(file, tolerance) {
  const topology = JSON.parse(readFileSync(require.resolve(`world-atlas/${file}`), "utf8"));
  const arcs = arcsOf(topology).map((arc) => (tolerance ? thinned(arc, tolerance) : arc));
  return topology.objects.countries.geometries
    .filter((geometry) => geometry.id !== ANTARCTICA)
    .map((geometry) => [geometry.id ?? "", ringsOf(geometry, arcs)]);
}

const large = new Set(); // what needs no dot, though a rock of it may count as a country of its own
const found = { width: WIDTH, height: Math.ceil(TOP - BOTTOM), shapes: {}, dots: {}, elsewhere: [] };
for (const [id, rings] of countriesOf("countries-110m.json", TOLERANCE)) {
  if (area(largest(rings)) >= DOT) large.add(id);
  const seen = rings.filter((ring) => ring.length > 2 && area(ring) >= SMALLEST);
  if (!seen.length) continue;
  if (id) found.shapes[id] = pathOf(seen);
  else found.elsewhere.push(pathOf(seen)); // land of which ISO 3166-1 has no number
}
for (const [id, rings] of countriesOf("countries-50m.json", 0)) {
  const ring = largest(rings);
  if (!id || large.has(id) || !ring.length || area(ring) >= DOT) continue;
  const middle = [0, 1].map((axis) => Math.round(ring.reduce((sum, point) => sum + point[axis], 0) / ring.length));
  if (middle[1] <= found.height) found.dots[id] = middle;
}
mkdirSync(dirname(process.argv[2]), { recursive: true });
writeFileSync(process.argv[2], JSON.stringify(found));
console.log(`${Object.keys(found.shapes).length} countries, ${Object.keys(found.dots).length} as dots`);
