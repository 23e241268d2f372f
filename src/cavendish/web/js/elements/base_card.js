/** <base-card>: says which picture is being edited, and lets go of it. */

import { Connected } from "./connected.js"

export class BaseCard extends Connected {
  /** @param {AbortSignal} signal */
  listen(signal) {
    const { form } = this.studio
    this.part("leave").addEventListener("click", () => this.#leave(), { signal })
    form.addEventListener("change", () => this.#show(), { signal })
    this.#show()
  }

  #leave() {
    this.studio.form.leaveEdit()
    document.getElementById("prompt")?.focus()
  }

  #show() {
    const { base } = this.studio.form.values
    this.hidden = !base
    if (!base) return
    this.part("thumbnail").src = base.url
    this.part("title").textContent = `Editing picture ${base.turn.number}${base.turn.pictures.length > 1 ? `.${base.index + 1}` : ""}`
    this.part("facts").textContent = base.turn.prompt
  }
}
