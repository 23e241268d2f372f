/** The call for @google/genai in Node. */

/** @import { Call, Place } from "../api/types.ts" */

import { indent, quoted } from "./quote.js"

/**
 * @param {Call} call
 * @param {Place} place
 */
export function googleNode(call, place) {
  return [
    `import { ${call.files.length ? "readFileSync, " : ""}writeFileSync } from "node:fs";`,
    'import { GoogleGenAI } from "@google/genai";', "",
    "const client = new GoogleGenAI({",
    `  apiKey: ${place.keyRequired ? "process.env.CAVENDISH_API_KEY" : '"any"'},`,
    `  httpOptions: { baseUrl: ${quoted(place.origin)} },`,
    "});",
    "const answer = await client.models.generateContent({",
    `  model: ${quoted(call.model)},`,
    ...contents(call),
    "  config: {",
    ...indent(config(call), 4),
    "  },",
    "});",
    "answer.candidates.forEach((candidate, i) => {",
    "  for (const part of candidate.content.parts) {",
    "    if (part.inlineData) {",
    '      writeFileSync(`picture-${i + 1}.png`, Buffer.from(part.inlineData.data, "base64"));',
    "    }",
    "  }",
    "});", ""].join("\n")
}

/** @param {Call} call */
function contents(call) {
  if (!call.files.length) return [`  contents: ${quoted(call.prompt)},`]
  const parts = call.files.flatMap(({ name, mime, role }) => [
    "{",
    `  inlineData: { data: readFileSync(${quoted(name)}, "base64"), mimeType: ${quoted(mime)} },`,
    `  partMetadata: { role: ${quoted(role)} },`,
    "},"])
  return ["  contents: [", ...indent([...parts, `{ text: ${quoted(call.prompt)} },`], 4), "  ],"]
}

/** @param {Call} call */
function config(call) {
  const shape = call.ratio ? `aspectRatio: ${quoted(call.ratio)}, ` : ""
  return [
    'responseModalities: ["IMAGE"],',
    ...(call.count > 1 ? [`candidateCount: ${call.count},`] : []),
    ...(call.seed === null ? [] : [`seed: ${call.seed},`]),
    `imageConfig: { ${shape}imageSize: ${quoted(call.tier)} },`,
    ...(call.negative.trim() ? [
      `httpOptions: { extraBody: { cavendish: { negativePrompt: ${quoted(call.negative.trim())} } } },`] : []),
  ]
}
