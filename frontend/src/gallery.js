/* The list of competency queries → one that can be searched, by titles and questions. */

import { element } from "./markup.js";

export function searchable(list) {
  const items = [...list.children].map((item) => ({ item, text: item.textContent.toLowerCase() }));
  const found = element("span", { class: "hint", "aria-live": "polite" });
  const field = element("input", {
    type: "search", autocomplete: "off",
    oninput: () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const { item, text } of items) {
        item.hidden = !words.every((word) => text.includes(word));
        count += item.hidden ? 0 : 1;
      }
      found.textContent = words.length ? `${count} of ${items.length}` : "";
    },
  });
  list.before(element("div", { class: "controls" }, element("label", { class: "choice" }, "Search in these ", field), found));
}
