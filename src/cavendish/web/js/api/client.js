/** Talks to /api/v1. Everything that goes wrong becomes a Problem that a person can act on. */

/** @import { Capabilities, ModelCard, ProblemBody, StreamEvent } from "./types.ts" */

import { readEvents } from "./events.js"

const BASE = "/api/v1"

export class Problem extends Error {
  /** @param {ProblemBody} body */
  constructor(body) {
    super(body.detail)
    this.body = body
  }
}

/** @returns {Promise<ModelCard[]>} */
export async function fetchModels() {
  return (await (await ask("/models")).json()).models
}

/** @returns {Promise<Capabilities>} */
export async function fetchCapabilities() {
  return (await ask("/capabilities")).json()
}

/**
 * @param {AbortSignal} signal stops the drawing, also on the server
 * @param {object} body
 * @returns {AsyncGenerator<StreamEvent>}
 */
export async function* drawStream(signal, body) {
  const headers = { "content-type": "application/json" }
  const answer = await ask("/images", { method: "POST", headers, body: JSON.stringify(body), signal })
  let finished = false
  for await (const event of readEvents(/** @type {ReadableStream<Uint8Array>} */ (answer.body))) {
    if (event.name === "error") throw new Problem(event.value)
    finished ||= event.name === "result"
    yield event
  }
  if (!finished) throw new Problem(lost("the answer ended before the picture was whole"))
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 */
async function ask(path, init) {
  let answer
  try {
    answer = await fetch(BASE + path, init)
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error
    throw new Problem(lost("the connection could not be made"))
  }
  if (answer.ok) return answer
  throw new Problem(await problemOf(answer))
}

/**
 * @param {Response} answer
 * @returns {Promise<ProblemBody>}
 */
async function problemOf(answer) {
  const isProblem = (answer.headers.get("content-type") ?? "").startsWith("application/problem+json")
  const body = isProblem ? await answer.json() : lost(`the server answered ${answer.status}`)
  if (answer.status === 401) {
    Object.assign(body, { title: "The session has ended", hint: "open the link that make serve prints" })
  }
  return body
}

/**
 * @param {string} detail
 * @returns {ProblemBody}
 */
function lost(detail) {
  return { title: "The server does not answer", status: 0, detail, code: "no_answer", field: null,
    hint: "see whether make serve is still running, then try again" }
}
