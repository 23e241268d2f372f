/** <model-select>: every model of the server by its vendor, and honestly what draws it here. */

/** @import { ModelCard } from "../api/types.ts" */

import { h } from "../dom.js"
import { Connected } from "./connected.js"

const VENDORS = Object.freeze({ cavendish: "Cavendish", google: "Google's names", openai: "OpenAI's names" })

export class ModelSelect extends Connected {
  /** @param {AbortSignal} signal */
  listen(signal) {
    const { form } = this.studio
    const select = /** @type {HTMLSelectElement} */ (this.querySelector("select"))
    select.replaceChildren(...Object.entries(VENDORS).map(([vendor, label]) => h("optgroup", { label },
      ...form.models.filter((m) => m.vendor === vendor).map((m) => h("option", { value: m.id, disabled: !m.engine }, nameOf(m))))))
    select.addEventListener("change", () => form.set({ model: select.value }), { signal })
    form.addEventListener("change", () => this.#show(select), { signal })
    this.#show(select)
  }

  /** @param {HTMLSelectElement} select */
  #show(select) {
    const { card } = this.studio.form
    select.value = card.id
    const engine = this.studio.capabilities.engines.find((e) => e.id === card.engine)
    this.named("facts").textContent = card.stand_in
      ? `Its own engine is not installed here: ${engine?.name ?? card.engine} draws instead.` : card.description
  }
}

/** @param {ModelCard} card */
function nameOf(card) {
  return card.vendor === "cavendish" ? card.display_name : `${card.display_name} (${card.id})`
}
