/** <picture-stage>: the pictures of the current turn as they arrive; before the first, the empty frame in its real shape. */

/** @import { Picture, ProblemBody, Turn } from "../api/types.ts" */

import { fill, h } from "../dom.js"
import { Connected } from "./connected.js"
import { pictureCard } from "./picture_card.js"

const EXAMPLES = Object.freeze([
  "Three red apples on a wooden table, soft window light",
  "A coffee cup and a croissant, a sign that says “OPEN”",
  "A bicycle on a beach at sunset",
])

export class PictureStage extends Connected {
  /** @type {WeakMap<Picture, {key: string, figure: HTMLElement}>} */ #cards = new WeakMap()

  /** @param {AbortSignal} signal */
  listen(signal) {
    const { form, turns } = this.studio
    turns.addEventListener("change", () => this.#show(), { signal })
    form.addEventListener("change", () => this.#follow(), { signal })
    this.#show()
  }

  #show() {
    const turn = this.studio.turns.current
    if (!turn) {
      this.replaceChildren(this.#blank())
      this.#shapeBlank()
      return
    }
    const { focused, index } = this.#focus()
    const pictures = turn.pictures.map((p) => this.#card(p))
    fill(this,
      h("div", { className: turn.pictures.length > 1 ? "pictures several" : "pictures", hidden: !pictures.length }, ...pictures),
      turn.problem && problem(turn.problem), turn.state === "cancelled" && h("p", { className: "notice" }, "Cancelled. Nothing else was drawn."),
      notes(turn))
    this.#follow()
    if (focused) /** @type {HTMLElement | undefined} */ (this.querySelectorAll("button, a, summary")[index])?.focus()
  }

  /**
   * A picture is drawn again only when it has changed: decoding a large one takes time.
   * @param {Picture} picture
   */
  #card(picture) {
    const key = `${picture.state} ${picture.url}`
    const known = this.#cards.get(picture)
    if (known?.key === key) return known.figure
    const figure = pictureCard(picture, this.studio)
    this.#cards.set(picture, { key, figure })
    return figure
  }

  /** Children are put in again on every event; the keyboard must not lose its place. */
  #focus() {
    const index = [...this.querySelectorAll("button, a, summary")].indexOf(/** @type {Element} */ (document.activeElement))
    return { focused: index >= 0, index }
  }

  /** The form has changed: the empty frame takes its shape, and the picture that is edited is marked. */
  #follow() {
    const { turns, form } = this.studio
    if (!turns.current) return this.#shapeBlank()
    this.querySelectorAll(".picture").forEach((figure, i) => {
      const chosen = turns.current?.pictures[i] === form.values.base
      figure.toggleAttribute("data-chosen", chosen)
    })
  }

  #blank() {
    const examples = EXAMPLES.map((text) => {
      const button = h("button", { type: "button", className: "button" }, text)
      button.addEventListener("click", () => {
        this.studio.form.set({ prompt: text })
        document.getElementById("prompt")?.focus()
      })
      return button
    })
    return h("div", { className: "blank" }, h("div", { className: "frame" }, h("span", {})), h("div", { className: "examples" }, ...examples))
  }

  #shapeBlank() {
    const frame = /** @type {HTMLElement | null} */ (this.querySelector(".blank .frame"))
    const [width, height] = this.studio.form.pixels ?? [1, 1]
    frame?.style.setProperty("--w", String(width))
    frame?.style.setProperty("--h", String(height))
    const words = frame?.querySelector("span")
    if (words) words.textContent = `${width} × ${height}`
  }
}

/** @param {ProblemBody} body */
function problem(body) {
  return h("div", { className: "notice problem", role: "alert" }, h("strong", {}, body.title),
    h("p", {}, sentence(body.detail)), h("p", { className: "next" }, sentence(body.hint)), h("p", { className: "code" }, body.code))
}

/** @param {string} text */
function sentence(text) {
  return text && text[0].toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? "" : ".")
}

/** @param {Turn} turn */
function notes(turn) {
  const said = [...new Set([turn.note, ...turn.pictures.map((p) => p.note)])].filter(Boolean)
  const plan = turn.thoughts.length && h("details", {}, h("summary", {}, "How it was planned"), ...turn.thoughts.map((t) => h("p", {}, t)))
  return h("div", { className: "notes" }, h("p", { className: "asked" }, turn.prompt), ...said.map((text) => h("p", {}, text)), plan || null)
}
