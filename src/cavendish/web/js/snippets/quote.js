/** Writes text as a literal of a language. What a user typed never ends the literal early. */

/**
 * Python and JavaScript both read a JSON string, once the two line ends that JSON leaves alone are escaped.
 * @param {string} text
 */
export function quoted(text) {
  return JSON.stringify(text.toWellFormed()).replace(/[\u007f-\u009f\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

/**
 * A single-quoted word of a POSIX shell.
 * @param {string} text
 */
export function shellWord(text) {
  return `'${text.toWellFormed().replaceAll("'", `'\\''`)}'`
}

/**
 * Indents every line.
 * @param {string[]} lines
 * @param {number} spaces
 */
export function indent(lines, spaces) {
  return lines.map((line) => " ".repeat(spaces) + line)
}
