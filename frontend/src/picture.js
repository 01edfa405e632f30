/* What a chart, a map and a graph have in common: a picture below its controls, with what is to be said beneath. */

import { element } from "./markup.js";
import { saveButton } from "./saving.js";

/* A subclass has `prepare`, which fills the controls and what is said, and `draw`, which fills the box. */
export class Picture {
  constructor(answer, columns, site, state, changed) {
    Object.assign(this, { answer, columns, site, state, changed });
  }

  async element() {
    this.box = element("div", { class: "figure" });
    this.about = element("div");
    this.controls = element("div", { class: "controls" });
    this.save = saveButton(() => this.box.querySelector("svg"), this.name);
    await this.prepare();
    return element("div", {}, this.controls, this.box, this.about);
  }

  /* A choice was made: the control that has the focus is made anew, and gets it back. */
  async set(state) {
    const focusable = () => [...this.controls.querySelectorAll("select, input")];
    const focused = focusable().indexOf(document.activeElement);
    Object.assign(this.state, state);
    await this.prepare();
    this.width = undefined;
    this.draw();
    focusable()[focused]?.focus();
    this.changed();
  }
}

/* One that fills its box: when it is on the page it knows how wide it may be, and learns when that changes. */
export class Fitting extends Picture {
  placed() {
    this.watching = new ResizeObserver(() => this.draw());
    this.watching.observe(this.box);
  }

  leave() {
    this.watching?.disconnect();
  }
}
