/** One drawing at a time: sends the form, feeds the turn, and can be cancelled. */

/** @import { FormValues, Reference, StreamEvent, Turn } from "../api/types.ts" */

import { toBase64 } from "../api/base64.js"
import { Problem, drawStream } from "../api/client.js"
import { announce } from "../dom.js"

export class Run extends EventTarget {
  /** @type {AbortController | null} */ #controller = null
  #form
  #turns
  #wantsPreviews

  /**
   * @param {import("./form_state.js").FormState} form
   * @param {import("./turns.js").Turns} turns
   * @param {(engine: string | null) => boolean} wantsPreviews whether an engine takes long enough for previews to help
   */
  constructor(form, turns, wantsPreviews) {
    super()
    this.#form = form
    this.#turns = turns
    this.#wantsPreviews = wantsPreviews
  }

  get active() { return this.#controller !== null }

  cancel() { this.#controller?.abort() }

  /** @returns {Promise<Turn>} the turn, whatever became of it */
  async start() {
    const { values } = this.#form
    const base = values.base
    const turn = this.#turns.begin(values, this.#form.pixels ?? [base?.width ?? 1, base?.height ?? 1])
    const controller = (this.#controller = new AbortController())
    this.dispatchEvent(new Event("change"))
    announce("Drawing")
    try {
      const body = await this.#body(values, turn)
      for await (const event of drawStream(controller.signal, body)) this.#receive(turn, event)
      announce(this.#summary(turn))
    } catch (error) {
      this.#fail(turn, error)
    } finally {
      this.#controller = null
      this.dispatchEvent(new Event("change"))
    }
    return turn
  }

  /**
   * @param {FormValues} values
   * @param {Turn} turn
   */
  async #body(values, turn) {
    const { prompt, model, tier, ratio, count, seed, negative, references, base } = values
    const pictures = references.map((r) => this.#reference(r))
    if (base?.blob) {
      pictures.unshift(this.#reference({ blob: base.blob, role: "base", signature: base.signature }))
    }
    return { prompt: prompt.trim(), model, size: tier, count, negative_prompt: negative.trim(), stream: true,
      references: await Promise.all(pictures), history: turn.history,
      partial_images: this.#wantsPreviews(this.#form.card.engine) ? 3 : 0,
      ...(ratio ? { aspect_ratio: ratio } : {}), ...(seed === null ? {} : { seed }) }
  }

  /** @param {Pick<Reference, "blob" | "role" | "signature">} reference */
  async #reference({ blob, role, signature }) {
    return { data: await toBase64(blob), role, signature }
  }

  /**
   * @param {Turn} turn
   * @param {StreamEvent} event
   */
  #receive(turn, { name, value }) {
    if (name === "thought") turn.thoughts.push(value.text)
    else if (name === "progress") turn.progress = (value.index + value.step / Math.max(1, value.total)) / turn.pictures.length
    else if (name === "partial") this.#turns.preview(turn, value)
    else if (name === "candidate") this.#turns.place(turn, value)
    else if (name === "result") this.#turns.finish(turn, value)
    if (name === "candidate" && turn.pictures.length > 1) announce(`Picture ${value.index + 1} of ${turn.pictures.length} is ready`)
    this.dispatchEvent(new Event("change"))
  }

  /** @param {Turn} turn */
  #summary(turn) {
    const made = turn.pictures.filter((p) => p.state === "done").length
    if (!made) return "No picture was made"
    return made === 1 ? "The picture is ready" : `${made} pictures are ready`
  }

  /**
   * @param {Turn} turn
   * @param {unknown} error
   */
  #fail(turn, error) {
    if (error instanceof Problem) this.#turns.fail(turn, error.body)
    else if (error instanceof DOMException && error.name === "AbortError") {
      this.#turns.fail(turn, null)
      announce("Cancelled")
    } else {
      this.#turns.fail(turn, { title: "The connection broke", status: 0, detail: String(error), code: "connection", field: null,
        hint: "try again" })
    }
  }
}
