/* The form of the query page → an editor in its place: colours, completion, a marked error, answers without a reload.

   Works on the page that the server sends and asks the endpoint as anybody else does. Without this file the form goes
   on to work by itself. */

import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { sparql } from "@codemirror/legacy-modes/mode/sparql";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, drawSelection, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

import { readPage } from "./answer.js";
import { Names, completion } from "./completion.js";
import { searchable } from "./gallery.js";
import { Parameters } from "./parameters.js";
import { markError, unmark } from "./problems.js";
import { Runner } from "./running.js";
import { Site } from "./terms.js";
import { Views } from "./views.js";

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword], color: "var(--accent)", fontWeight: "600" },
  { tag: [tags.variableName, tags.special(tags.variableName)], color: "var(--link)" },
  { tag: [tags.string, tags.literal, tags.number], color: "var(--flag)" },
  { tag: tags.atom, color: "var(--ink)", fontWeight: "400" }, // names and IRIs, to this mode
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
]);

const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--raised)", border: "1px solid var(--line)", borderRadius: "6px" },
  "&.cm-focused": { outline: "3px solid var(--link)", outlineOffset: "2px" },
  ".cm-content": { caretColor: "var(--ink)", padding: ".75rem 0" },
  ".cm-scroller": {
    fontFamily: 'ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono", monospace',
    fontSize: ".875rem", lineHeight: "1.5", minHeight: "9rem", maxHeight: "32rem",
  },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--soft)", border: "none" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--link) 30%, transparent)",
  },
  ".cm-tooltip": { backgroundColor: "var(--paper)", color: "var(--ink)", border: "1px solid var(--line)", fontSize: ".9rem" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--paper)" },
  // The library draws its underline as an image in a data: address, which the policy does not load.
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad)" },
  ".cm-diagnostic": { fontFamily: "system-ui, sans-serif", maxWidth: "32rem" },
  ".cm-completionDetail": { fontStyle: "normal", opacity: ".85" },
  ".cm-completionInfo": { maxWidth: "24rem" },
});

function editorFor(textarea, completing, run, changed) {
  // In a shadow root the editor's styles are constructed style sheets, which a strict CSP allows; <style> it does not.
  const host = document.createElement("div");
  host.className = "editor";
  textarea.before(host);
  const root = host.attachShadow({ mode: "open" });
  const label = "Query. Control and Enter runs it, Control and Space completes, Tab leaves the editor.";
  return new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: textarea.value,
      extensions: [
        Prec.highest(keymap.of([{ key: "Mod-Enter", run: () => (run(), true) }])),
        lineNumbers(), history(), drawSelection(), bracketMatching(), closeBrackets(),
        StreamLanguage.define(sparql), syntaxHighlighting(colours), look, completing,
        // No Tab among the keys: it moves on, as everywhere on a page.
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", dir: "ltr" }),
        EditorView.updateListener.of((update) => update.docChanged && changed(update.state.doc.toString())),
      ],
    }),
  });
}

function start(textarea) {
  const { form } = textarea;
  const site = new Site(form.action, JSON.parse(textarea.dataset.prefixes));
  const names = new Names(site);
  const views = new Views(form, site, JSON.parse(form.dataset.downloads));
  const parameters = new Parameters(form.querySelector("label"), write, (typed, prefix) => names.values(typed, prefix));
  const runner = new Runner(form, shown, refused);
  const view = editorFor(textarea, completion(names, site), () => runner.start(), changed);

  function changed(text) {
    textarea.value = text;
    parameters.update(text);
  }
  function write(text) {
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
  }
  let search = location.search;
  async function shown(answer) {
    search = location.search;
    unmark(view);
    runner.status.textContent = await views.shown(answer);
  }
  function refused(problem) {
    search = location.search;
    unmark(view);
    views.refused(problem);
    runner.status.textContent = "";
    markError(view, problem.detail);
  }

  textarea.hidden = true;
  form.querySelector("label[for=query]").addEventListener("click", () => view.focus());
  parameters.update(textarea.value);
  // Back and forward: the same query in another view, or else another page.
  addEventListener("popstate", () => (location.search === search ? views.again() : location.reload()));
  markError(view, document.querySelector(".problem .detail")?.textContent);
  // The whole answer may stand in the page; the rest of a longer one has to be asked for.
  const answer = readPage(document);
  if (answer) shown(Object.assign(answer, { query: textarea.value }));
  else if (document.querySelector("#answer-section")) runner.run(textarea.value, { changesAddress: false });
}

const textarea = document.querySelector("form.query textarea");
if (textarea) start(textarea);
const gallery = document.querySelector("ol.gallery");
if (gallery) searchable(gallery);
