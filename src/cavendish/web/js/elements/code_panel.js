/** <code-panel>: the same call for each official client. Arrow keys move between the tabs. */

import { announce, h } from "../dom.js"
import { colour } from "../snippets/colour.js"
import { SNIPPETS, hintFor } from "../snippets/index.js"
import { Connected } from "./connected.js"

export class CodePanel extends Connected {
  #chosen = 0

  /** @param {AbortSignal} signal */
  listen(signal) {
    const tabs = SNIPPETS.map(({ id, label, client }, i) => {
      const tab = h("button", { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": "code-panel-body" }, `${label} `, client && h("small", {}, client))
      tab.addEventListener("click", () => this.#choose(i))
      return tab
    })
    this.named("tabs").replaceChildren(...tabs)
    this.named("tabs").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#move(event), { signal })
    this.named("copy").addEventListener("click", () => this.#copy(), { signal })
    this.studio.form.addEventListener("change", () => this.#show(), { signal })
    this.#show()
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const last = SNIPPETS.length - 1
    const next = { ArrowRight: this.#chosen + 1, ArrowLeft: this.#chosen - 1, Home: 0, End: last }[event.key]
    if (next === undefined) return
    event.preventDefault()
    this.#choose((next + SNIPPETS.length) % SNIPPETS.length)
    this.named("tabs").children[this.#chosen].focus()
  }

  /** @param {number} index */
  #choose(index) {
    this.#chosen = index
    this.#show()
    this.named("tabs").children[index].scrollIntoView({ block: "nearest", inline: "nearest" })
  }

  get #text() {
    const { form, place } = this.studio
    return SNIPPETS[this.#chosen].write(form.call, place)
  }

  #show() {
    const { form, place } = this.studio
    ;[...this.named("tabs").children].forEach((tab, i) => {
      tab.ariaSelected = String(i === this.#chosen)
      tab.tabIndex = i === this.#chosen ? 0 : -1
    })
    this.named("body").setAttribute("aria-labelledby", `tab-${SNIPPETS[this.#chosen].id}`)
    this.named("code").replaceChildren(...colour(this.#text, SNIPPETS[this.#chosen].comment))
    this.named("hint").textContent = hintFor(form.call, place, SNIPPETS[this.#chosen])
  }

  async #copy() {
    const button = this.named("copy")
    try {
      await navigator.clipboard.writeText(this.#text)
    } catch {
      getSelection()?.selectAllChildren(this.named("code")) // no permission: Ctrl+C does it
      return announce("The code is selected")
    }
    button.textContent = "Copied"
    announce("The code was copied")
    setTimeout(() => { button.textContent = "Copy" }, 1500)
  }
}
