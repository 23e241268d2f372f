/** Reads server-sent events from a fetch body. Events may be 30 MB long, so only new text is searched for their end. */

/** @import { StreamEvent } from "./types.ts" */

/**
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<StreamEvent>}
 */
export async function* readEvents(body) {
  const decoder = /** @type {ReadableWritablePair<string, Uint8Array>} */ (new TextDecoderStream())
  const reader = body.pipeThrough(decoder).getReader()
  /** @type {string[]} */
  let pieces = []
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    let rest = joinSplitEnd(pieces, value)
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      pieces.push(rest.slice(0, end))
      const event = parseEvent(pieces.join(""))
      if (event) yield event
      pieces = []
      rest = rest.slice(end + 2)
    }
    if (rest) pieces.push(rest)
  }
}

/**
 * An end that falls between two chunks: move the first line break to the second chunk.
 * @param {string[]} pieces
 * @param {string} text
 */
function joinSplitEnd(pieces, text) {
  const last = pieces.length - 1
  if (last < 0 || !pieces[last].endsWith("\n") || !text.startsWith("\n")) return text
  pieces[last] = pieces[last].slice(0, -1)
  return "\n" + text
}

/**
 * @param {string} block
 * @returns {StreamEvent | null} null for a comment
 */
export function parseEvent(block) {
  let name = "message"
  const lines = []
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7)
    else if (line.startsWith("data: ")) lines.push(line.slice(6))
  }
  return lines.length ? { name, value: JSON.parse(lines.join("\n")) } : null
}
