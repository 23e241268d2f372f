/** <prompt-box>: the words. Ctrl or Cmd with Enter draws. */

import { EXAMPLES } from "../studio/form_state.js"
import { Connected } from "./connected.js"

export class PromptBox extends Connected {
  /** @param {AbortSignal} signal */
  listen(signal) {
    const { form } = this.studio
    const area = /** @type {HTMLTextAreaElement} */ (this.querySelector("textarea"))
    area.addEventListener("input", () => form.set({ prompt: area.value }), { signal })
    area.addEventListener("keydown", (event) => this.#draw(event), { signal })
    form.addEventListener("change", () => this.#show(area), { signal })
    if (area.value) form.set({ prompt: area.value }) // kept by the browser over a reload
    this.#show(area)
  }

  /** @param {KeyboardEvent} event */
  #draw(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return
    event.preventDefault()
    this.closest("form")?.requestSubmit()
  }

  /** @param {HTMLTextAreaElement} area */
  #show(area) {
    const { prompt, base } = this.studio.form.values
    if (area.value !== prompt) area.value = prompt
    area.placeholder = base ? `What should change? For example: ${EXAMPLES.edit}` : EXAMPLES.draw
  }
}
