// Asks a query of Triple Pattern Fragments with Comunica, and prints the rows as JSON: node ask.js SOURCE QUERY
const { QueryEngine } = require("@comunica/query-sparql");

async function main([source, query]) {
  const bindings = await new QueryEngine().queryBindings(query, { sources: [{ type: "qpf", value: source }] });
  const rows = await bindings.toArray();
  console.log(JSON.stringify(rows.map((row) => ["incident", "name"].map((name) => row.get(name).value))));
}

main(process.argv.slice(2)).catch((fault) => {
  console.error(fault);
  process.exit(1);
});
