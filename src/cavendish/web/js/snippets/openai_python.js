/** The call for openai in Python. */

/** @import { Call, Place } from "../api/types.ts" */

import { openaiFields } from "./openai_fields.js"
import { quoted } from "./quote.js"

/**
 * @param {Call} call
 * @param {Place} place
 */
export function openaiPython(call, place) {
  const { plain, extras } = openaiFields(call)
  return [
    "import base64", ...(place.keyRequired ? ["import os"] : []), "from pathlib import Path", "",
    "from openai import OpenAI", "",
    "client = OpenAI(",
    `    api_key=${place.keyRequired ? 'os.environ["CAVENDISH_API_KEY"]' : '"any"'},`,
    `    base_url=${quoted(`${place.origin}/v1`)},`,
    ")",
    `answer = client.images.${call.files.length ? "edit" : "generate"}(`,
    `    model=${quoted(call.model)},`,
    ...(call.files.length ? ["    image=[", ...call.files.map(({ name }) => `        Path(${quoted(name)}),`), "    ],"] : []),
    `    prompt=${quoted(call.prompt)},`,
    ...plain.map(([name, value]) => `    ${name}=${literal(value)},`),
    `    extra_body={${extras.map(([name, value]) => `"${name}": ${literal(value)}`).join(", ")}},`,
    ")",
    "for number, picture in enumerate(answer.data, 1):",
    '    Path(f"picture-{number}.png").write_bytes(base64.b64decode(picture.b64_json))', ""].join("\n")
}

/** @param {string | number} value */
function literal(value) {
  return typeof value === "number" ? String(value) : quoted(value)
}
