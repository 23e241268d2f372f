/** <turn-strip>: every turn of this visit; any of them can be looked at and edited again. */

/** @import { Turn } from "../api/types.ts" */

import { h } from "../dom.js"
import { Connected } from "./connected.js"

const STATES = Object.freeze({ drawing: "…", done: "no picture", failed: "failed", cancelled: "cancelled" })

export class TurnStrip extends Connected {
  #shown = 0

  /** @param {AbortSignal} signal */
  listen(signal) {
    this.studio.turns.addEventListener("change", () => this.#show(), { signal })
    this.#show()
  }

  #show() {
    const { turns } = this.studio
    this.hidden = turns.list.length < 2
    const list = this.named("turns")
    const focused = [...list.children].findIndex((item) => item.contains(document.activeElement))
    list.replaceChildren(...turns.list.map((turn) => h("li", {}, this.#button(turn))))
    if (focused >= 0) list.children[focused].firstChild.focus()
    if (turns.list.length > this.#shown) list.scrollLeft = list.scrollWidth // the page itself stays where it is
    this.#shown = turns.list.length
  }

  /** @param {Turn} turn */
  #button(turn) {
    const { turns } = this.studio
    const url = turn.pictures.find((p) => p.url)?.url
    const button = h("button", { type: "button", "aria-current": String(turn === turns.current), title: turn.prompt },
      url ? h("img", { src: url, alt: "" }) : h("div", { className: "empty" }, Reflect.get(STATES, turn.state)),
      h("span", {}, h("strong", {}, String(turn.number)), turn.parent ? ` from ${turn.parent.turn.number}: ` : " ", turn.prompt))
    button.addEventListener("click", () => turns.show(turn))
    return button
  }
}
