/** Marks strings, numbers and comments in code. Knows no language beyond how its comments begin. */

import { h } from "../dom.js"

/**
 * @param {string} code
 * @param {string} comment "#" or "//"
 * @returns {(Node | string)[]}
 */
export function colour(code, comment) {
  const rest = comment === "#" ? "(?:^|(?<=\\s))#[^\\n]*" : "(?:^|(?<=\\s))//[^\\n]*"
  const pattern = new RegExp(`(${rest})|("(?:[^"\\\\\\n]|\\\\.)*"|'(?:[^']|'\\\\'')*'|\`[^\`]*\`)|\\b(\\d+)\\b`, "gm")
  const nodes = []
  let at = 0
  for (const match of code.matchAll(pattern)) {
    nodes.push(code.slice(at, match.index), h("span", { className: match[1] ? "comment" : match[2] ? "string" : "number" }, match[0]))
    at = match.index + match[0].length
  }
  return [...nodes, code.slice(at)]
}
