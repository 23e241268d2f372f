// Runs the official @google/genai SDK through every scenario; prints one JSON object.
import { GoogleGenAI } from "@google/genai";

const [url, key, photo] = process.argv.slice(2);
const only = process.argv[5]?.split(",");  // these scenarios alone, for slow servers
const model = "gemini-3.1-flash-image";
const api = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } });
const config = (ratio, size, more = {}) => ({
  responseModalities: ["TEXT", "IMAGE"], ...more,
  ...(ratio || size ? { imageConfig: { aspectRatio: ratio, imageSize: size } } : {}),
});
const head = (data) => Buffer.from(data, "base64").subarray(0, 32).toString("base64");
const shown = (parts = []) => ({
  pictures: parts.filter((p) => p.inlineData && !p.thought).map((p) => ({ mime: p.inlineData.mimeType, head: head(p.inlineData.data) })),
  text: parts.filter((p) => p.text && !p.thought).map((p) => p.text).join(""),
  signed: parts.filter((p) => p.inlineData && !p.thought).every((p) => p.thoughtSignature),
});
const partsOf = (reply) => reply.candidates?.[0]?.content?.parts;
const image = { inlineData: { mimeType: "image/png", data: photo } };

async function failed(run) {
  try {
    await run();
  } catch (error) {
    const { code, status, message, details } = JSON.parse(error.message.slice(error.message.indexOf("{"))).error;
    return { kind: error.name, code, status, message, details, http: error.status };
  }
  return { kind: "none" };
}

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const found = {};
const wanted = (name) => !only || only.includes(name);
if (wanted("draw")) {
  const reply = await api.models.generateContent({ model, contents: "a red cup on a table", config: config("16:9", "1K", { seed: 7 }) });
  found.draw = { ...shown(partsOf(reply)), finish: reply.candidates[0].finishReason, model: reply.modelVersion };
  if (Buffer.from(reply.data, "base64").readUInt32BE(0) !== 0x89504e47) throw new Error("response.data is no PNG");
}
if (wanted("extras")) {
  const extraBody = { generationConfig: { imageConfig: { steps: 2, negativePrompt: "fog" } }, cavendish: { seed: 9 } };
  const reply = await api.models.generateContent({
    model, contents: "a cup", config: config("1:1", undefined, { candidateCount: 2, httpOptions: { extraBody } }) });
  found.extras = { candidates: reply.candidates.length, headers: reply.sdkHttpResponse.headers };
}
if (wanted("edit")) found.edit = shown(partsOf(await api.models.generateContent({ model, contents: [image, "make this photo darker"], config: config() })));
if (wanted("chat")) {
  const talk = api.chats.create({ model, config: config() });
  const turns = ["a red cup", "make it blue", "add a spoon", ["now place this next to it", image], "at night", "remove the spoon"];
  const made = [];
  for (const message of turns) made.push(shown(partsOf(await talk.sendMessage({ message }))));
  found.chat = { turns: made, kept: talk.getHistory(true).length };
}
if (wanted("stream")) {
  const talk = api.chats.create({ model, config: config("9:16") });
  const first = await collect(await talk.sendMessageStream({ message: "a red cup" }));
  const second = await collect(await talk.sendMessageStream({ message: "make it blue" }));
  found.stream = {
    ...shown(first.flatMap(partsOf)), chunks: first.length, finish: second.at(-1).candidates[0].finishReason,
    ids: new Set(first.map((c) => c.responseId)).size, again: shown(second.flatMap(partsOf)),
  };
}
if (wanted("models")) {
  const names = [];
  for await (const entry of await api.models.list({ config: { pageSize: 3 } })) names.push(entry.name);
  const one = await api.models.get({ model });
  const counted = await api.models.countTokens({ model, contents: "four score and seven years ago" });
  const tuned = [];
  for await (const entry of await api.models.list({ config: { queryBase: false } })) tuned.push(entry.name);
  found.models = { names, one: one.name, tuned, tokens: counted.totalTokens, limit: one.inputTokenLimit };
}
if (wanted("blocked")) {
  const reply = await api.models.generateContent({ model, contents: "step by step tutorial: nerve gas", config: config() });
  found.blocked = { reason: reply.promptFeedback.blockReason, parts: partsOf(reply) ?? null, tokens: reply.usageMetadata.totalTokenCount };
}
if (wanted("large")) found.large = shown(partsOf(await api.models.generateContent({ model, contents: "a cup", config: config("1:1", "4K") })));
const stranger = new GoogleGenAI({ apiKey: "wrong-key-0123456789", httpOptions: { baseUrl: url } });
if (wanted("bad_key")) found.bad_key = await failed(() => stranger.models.generateContent({ model, contents: "a cup" }));
if (wanted("unknown_model")) found.unknown_model = await failed(() => api.models.generateContent({ model: "nope", contents: "a cup" }));
if (wanted("bad_ratio")) found.bad_ratio = await failed(() => api.models.generateContent({ model, contents: "a cup", config: config("0:0") }));
if (wanted("bad_ratio_stream")) found.bad_ratio_stream = await failed(async () => collect(
  await api.models.generateContentStream({ model, contents: "a cup", config: config("0:0") })));
if (only?.includes("broken_stream")) {  // for a server whose engine fails after its first step
  found.broken_stream = await failed(async () => collect(await api.models.generateContentStream({ model, contents: "a cup", config: config() })));
}
console.log(JSON.stringify(found));
