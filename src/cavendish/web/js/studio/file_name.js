/** A name that says what is in the file, without asking any file system for more than it can take. */

/** @import { PictureAnswer } from "../api/types.ts" */

const SUFFIXES = Object.freeze({ "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/avif": "avif",
  "image/tiff": "tiff", "image/jxl": "jxl" })
const MAX_CHARS = 48

/**
 * @param {string} prompt
 * @param {PictureAnswer} answer
 */
export function fileName(prompt, answer) {
  const words = prompt.toLowerCase().normalize("NFC").match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  let slug = ""
  for (const word of words) {
    if (slug.length + word.length + 1 > MAX_CHARS) break
    slug += (slug ? "-" : "") + word
  }
  const suffix = Reflect.get(SUFFIXES, answer.mime ?? "") ?? "png"
  return `${slug || "picture"}-${answer.width}x${answer.height}-seed${answer.seed}.${suffix}`
}
