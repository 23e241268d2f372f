/** The call for openai in Node. Its client passes fields it does not know. */

/** @import { Call, Place } from "../api/types.ts" */

import { openaiFields } from "./openai_fields.js"
import { quoted } from "./quote.js"

/**
 * @param {Call} call
 * @param {Place} place
 */
export function openaiNode(call, place) {
  const { plain, extras } = openaiFields(call)
  return [
    `import { ${call.files.length ? "createReadStream, " : ""}writeFileSync } from "node:fs";`,
    call.files.length ? 'import OpenAI, { toFile } from "openai";' : 'import OpenAI from "openai";', "",
    "const client = new OpenAI({",
    `  apiKey: ${place.keyRequired ? "process.env.CAVENDISH_API_KEY" : '"any"'},`,
    `  baseURL: ${quoted(`${place.origin}/v1`)},`,
    "});",
    `const answer = await client.images.${call.files.length ? "edit" : "generate"}({`,
    `  model: ${quoted(call.model)},`,
    ...images(call),
    `  prompt: ${quoted(call.prompt)},`,
    ...[...plain, ...extras].map(([name, value]) => `  ${name}: ${typeof value === "number" ? value : quoted(value)},`),
    "});",
    "answer.data.forEach((picture, i) => {",
    '  writeFileSync(`picture-${i + 1}.png`, Buffer.from(picture.b64_json, "base64"));',
    "});", ""].join("\n")
}

/** @param {Call} call */
function images(call) {
  if (!call.files.length) return []
  const files = call.files.map(({ name, mime }) =>
    `    await toFile(createReadStream(${quoted(name)}), ${quoted(name)}, { type: ${quoted(mime)} }),`)
  return ["  image: [", ...files, "  ],"]
}
