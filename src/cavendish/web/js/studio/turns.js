/** Every turn of this visit, oldest first, and which one is on the stage. Pictures live as long as the page. */

/** @import { FormValues, ImageAnswer, Picture, PictureAnswer, ProblemBody, Turn } from "../api/types.ts" */

import { toBlob } from "../api/base64.js"
import { fileName } from "./file_name.js"

export class Turns extends EventTarget {
  /** @type {Turn[]} */ list = []
  /** @type {Turn | null} */ current = null

  /**
   * @param {FormValues} values
   * @param {[number, number]} pixels
   */
  begin(values, pixels) {
    const parent = values.base
    const history = parent ? [...parent.turn.history, parent.turn.prompt] : []
    const turn = /** @type {Turn} */ ({ number: this.list.length + 1, prompt: values.prompt.trim(), history, parent,
      state: "drawing", pictures: [], progress: null, note: "", thoughts: [], problem: null, engine: "" })
    turn.pictures = Array.from({ length: values.count }, (_, index) => ({ index, state: "waiting", seed: null, note: "", why: "",
      width: pixels[0], height: pixels[1], url: "", blob: null, signature: "", name: "", turn }))
    this.list.push(turn)
    this.show(turn)
    return turn
  }

  /** @param {Turn} turn */
  show(turn) {
    this.current = turn
    this.touch()
  }

  touch() { this.dispatchEvent(new Event("change")) }

  /**
   * @param {Turn} turn
   * @param {PictureAnswer} answer
   */
  preview(turn, answer) {
    const picture = turn.pictures[answer.index]
    this.#replaceUrl(picture, toBlob(answer.data ?? "", answer.mime ?? ""))
    this.touch()
  }

  /**
   * @param {Turn} turn
   * @param {PictureAnswer} answer
   */
  place(turn, answer) {
    const picture = turn.pictures[answer.index]
    Object.assign(picture, { seed: answer.seed, note: answer.note })
    if (answer.data) {
      const blob = toBlob(answer.data, answer.mime ?? "image/png")
      Object.assign(picture, { state: "done", blob, width: answer.width, height: answer.height, signature: answer.signature ?? "",
        name: fileName(turn.prompt, answer) })
      this.#replaceUrl(picture, blob)
    } else {
      Object.assign(picture, { state: "missing", why: answer.finish_reason })
    }
    this.touch()
  }

  /**
   * @param {Turn} turn
   * @param {ImageAnswer} answer
   */
  finish(turn, answer) {
    Object.assign(turn, { state: "done", note: answer.note, engine: answer.engine, progress: 1 })
    this.touch()
  }

  /**
   * @param {Turn} turn
   * @param {ProblemBody | null} problem null when the user cancelled
   */
  fail(turn, problem) {
    Object.assign(turn, { state: problem ? "failed" : "cancelled", problem })
    turn.pictures = turn.pictures.filter((p) => p.state !== "waiting")
    this.touch()
  }

  /**
   * @param {Picture} picture
   * @param {Blob} blob
   */
  #replaceUrl(picture, blob) {
    if (picture.url) URL.revokeObjectURL(picture.url)
    picture.url = URL.createObjectURL(blob)
  }
}
