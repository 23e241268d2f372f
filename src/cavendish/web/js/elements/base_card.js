/** <base-card>: says which picture is being edited, and lets go of it. */

import { Connected } from "./connected.js"

export class BaseCard extends Connected {
  /** @param {AbortSignal} signal */
  listen(signal) {
    const { form } = this.studio
    this.named("leave").addEventListener("click", () => this.#leave(), { signal })
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
    this.named("thumbnail").src = base.url
    this.named("title").textContent = `Editing picture ${base.turn.number}${base.turn.pictures.length > 1 ? `.${base.index + 1}` : ""}`
    this.named("facts").textContent = base.turn.prompt
  }
}
