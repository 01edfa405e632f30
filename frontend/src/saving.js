/* A picture on the page → a file of SVG that looks the same elsewhere: what the style sheet says is written into it. */

import { element } from "./markup.js";

const WRITTEN = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight"];

function standalone(picture) {
  const copy = picture.cloneNode(true);
  const pairs = [picture, ...picture.querySelectorAll("*")].map((each, n) => [each, [copy, ...copy.querySelectorAll("*")][n]]);
  for (const [each, written] of pairs) {
    const style = getComputedStyle(each);
    for (const name of WRITTEN) written.setAttribute(name, style.getPropertyValue(name));
    written.removeAttribute("class");
    written.removeAttribute("tabindex");
    if (each.localName === "a") written.setAttribute("href", each.href.baseVal && new URL(each.href.baseVal, location.href).href);
  }
  const paper = document.createElementNS(copy.namespaceURI, "rect");
  const [x, y, width, height] = copy.getAttribute("viewBox").split(" ");
  const fill = getComputedStyle(document.body).backgroundColor;
  for (const [name, value] of Object.entries({ x, y, width, height, fill })) paper.setAttribute(name, value);
  copy.prepend(paper);
  return new XMLSerializer().serializeToString(copy);
}

export function saveButton(picture, name) {
  const save = () => {
    const shown = picture();
    if (!shown) return;
    const address = URL.createObjectURL(new Blob([standalone(shown)], { type: "image/svg+xml" }));
    element("a", { href: address, download: `${name}.svg` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };
  return element("button", { type: "button", class: "quiet", onclick: save }, "Save SVG");
}
