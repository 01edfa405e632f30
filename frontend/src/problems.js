/* The message of a refused query → a mark at the place in the text that it names. */

import { setDiagnostics } from "@codemirror/lint";

const PLACE = /line (\d+), column (\d+)/;

export function markError(view, message) {
  const found = message && PLACE.exec(message);
  if (!found) return;
  const document = view.state.doc;
  const line = document.line(Math.min(Number(found[1]), document.lines));
  // The server counts characters, the editor UTF-16 units.
  const before = [...line.text].slice(0, Number(found[2]) - 1).join("").length;
  let from = Math.min(line.from + before, line.to);
  if (from === line.to && from > line.from) from -= 1; // something has to be there to be underlined
  const rest = document.sliceString(from, line.to);
  const to = from + Math.max(/^\S+/.exec(rest)?.[0].length ?? 0, Math.min(1, line.to - from));
  view.dispatch(setDiagnostics(view.state, [{ from, to, severity: "error", message }]));
  view.dispatch({ selection: { anchor: from }, scrollIntoView: true });
  view.focus();
}

export function unmark(view) {
  view.dispatch(setDiagnostics(view.state, []));
}
