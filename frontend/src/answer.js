/* The endpoint's response, or what the server put into the page → an answer: columns and rows of terms, or a truth.

   Rows come line by line as TSV and triples as N-Triples: so they can be counted as they come, and reading can end
   where there are more than a page can hold. */

import { term, triple } from "./terms.js";

export const MOST = 10_000;
const ROWS = "text/tab-separated-values";
const TRIPLES = "application/n-triples";
const TRUTH = "text/boolean";
export const ACCEPT = `${ROWS}, ${TRIPLES};q=0.9, ${TRUTH};q=0.8`;

class Answer {
  constructor(kind) {
    this.kind = kind; // rows, graph or boolean
    this.columns = kind === "graph" ? ["subject", "predicate", "object"] : undefined;
    this.rows = [];
    this.more = false;
  }

  /* Takes a line in; the first one of a table names its columns. */
  add(line) {
    if (this.columns === undefined) {
      this.columns = line ? line.split("\t").map((name) => name.replace(/^[?$]/, "")) : [];
    } else if (this.kind === "rows") {
      this.rows.push(line.split("\t").map(term));
    } else {
      const found = triple(line); // a comment, or an empty line, is none
      if (found) this.rows.push(found);
    }
  }
}

export async function read(response, progress) {
  const type = response.headers.get("Content-Type").split(";")[0].trim();
  if (type === TRUTH) return Object.assign(new Answer("boolean"), { truth: (await response.text()).trim() === "true" });
  const answer = new Answer(type === TRIPLES ? "graph" : "rows");
  answer.more = response.headers.get("hg-truncated") === "true";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + part.value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (answer.rows.length < MOST) answer.add(line.replace(/\r$/, ""));
      else answer.more = true;
    }
    progress(answer.rows.length);
    if (answer.rows.length >= MOST && answer.more) {
      await reader.cancel(); // the server ends a query whose client has left
      return answer;
    }
  }
  if (rest) answer.add(rest); // TSV need not end its last line
  return answer;
}

/* The answer that stands in the page already; undefined where there is none or only a part of one. */
export function readPage(page) {
  const block = page.querySelector("#answer-lines");
  if (!block) return undefined;
  const { kind, lines, seconds } = JSON.parse(block.textContent);
  const answer = Object.assign(new Answer(kind), { seconds });
  const each = lines.split("\n");
  if (each.at(-1) === "") each.pop();
  for (const line of each) answer.add(line);
  return answer;
}
