/* The parameters that a query declares (`# parameter: country = country:USA`) → fields that change the query.

   As `harmgraph query --param` has it: a value is a term of the kind that it replaces. The text of the query is what
   is changed, its declaration included, so what is seen is what runs and what is shared. */

import { element } from "./markup.js";

const DECLARATION = /^# parameter: (\w+) = (.+)$/gm;
const NAME = /^([A-Za-z][\w-]*):([\w-]+)$/;
const LITERAL = /^"((?:[^"\\]|\\.)*)"(@[A-Za-z0-9-]+|\^\^\S+)?$/;
const NUMBER = /^[+-]?\d+$/;
const ENTITY = /^(organisation|developer|deployer)$/;

export const declared = (text) => [...text.matchAll(DECLARATION)].map(([, name, term]) => ({ name, term: term.trim() }));

const unescaped = (text) => text.replace(/\\(.)/g, "$1");
const escaped = (text) => text.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\n");

/* What a field shows for a term: the text of a literal, anything else as it is written. */
const shownAs = (term) => (LITERAL.test(term) ? unescaped(LITERAL.exec(term)[1]) : term);

/* The term that a value stands for, given the one it replaces; undefined where it is none of its kind. */
export function termLike(value, term) {
  const literal = LITERAL.exec(term);
  if (literal) return value ? `"${escaped(value)}"${literal[2] ?? ""}` : undefined;
  if (NUMBER.test(term)) return NUMBER.test(value) ? value : undefined;
  if (/^<[^<>"{}|\\^`\s]+>$/.test(value) || NAME.test(value)) return value;
  if (/^https?:[^<>"{}|\\^`\s]+$/.test(value)) return `<${value}>`;
  const prefix = NAME.exec(term)?.[1];
  return prefix && /^[\w-]+$/.test(value) ? `${prefix}:${value}` : undefined;
}

/* The text with the term replaced wherever it stands by itself. */
export function replaced(text, term, next) {
  const sought = term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.replace(new RegExp(`(?<![\\w:<@^-])${sought}(?![\\w:-])`, "g"), () => next);
}

export class Parameters {
  /* `change` takes the new text; `suggestions` gives [value, label] pairs for what has been typed in place of a term. */
  constructor(before, change, suggestions) {
    Object.assign(this, { change, suggestions });
    this.box = element("fieldset", { class: "parameters", hidden: true });
    before.before(this.box);
  }

  /* Fields for what the text declares; those that are there stay, and with them the focus. */
  update(text) {
    const found = declared(text);
    const signature = found.map(({ name }) => name).join(" ");
    this.text = text;
    if (signature !== this.signature) {
      this.signature = signature;
      this.fields = found.map((each) => this.field(each));
      this.box.replaceChildren(element("legend", {}, "Parameters"), ...this.fields.map((each) => each.label));
      this.box.hidden = !found.length;
    }
    for (const [place, { term }] of found.entries()) {
      const field = this.fields[place];
      field.term = term;
      if (document.activeElement !== field.input) field.input.value = shownAs(term);
    }
  }

  field({ name, term }) {
    const list = element("datalist", { id: `values-of-${name}` });
    const type = term.endsWith("^^xsd:date") ? "date" : NUMBER.test(term) ? "number" : "text";
    const input = element("input", { type, list: list.id, autocomplete: "off", spellcheck: "false", value: shownAs(term) });
    const field = { input, list, term, name, label: element("label", {}, `${name} `, input, list) };
    input.addEventListener("change", () => this.changed(field));
    input.addEventListener("focus", () => this.suggest(field));
    input.addEventListener("input", () => (input.setCustomValidity(""), this.suggest(field)));
    return field;
  }

  changed(field) {
    const next = termLike(field.input.value.trim(), field.term);
    if (next === undefined) {
      field.input.setCustomValidity(`Write a value like ${field.term}.`);
      field.input.reportValidity();
    } else if (next !== field.term) {
      this.change(replaced(this.text, field.term, next));
    }
  }

  async suggest({ input, list, term, name }) {
    const prefix = NAME.exec(term)?.[1];
    const isEntity = ENTITY.test(name) && LITERAL.test(term);
    if (!prefix && !isEntity) return;
    const typed = input.value;
    const found = await this.suggestions(typed, isEntity ? undefined : prefix);
    if (typed !== input.value) return;
    list.replaceChildren(...found.map(([value, label]) => element("option", { value }, label)));
  }
}
