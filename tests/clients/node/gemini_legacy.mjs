// Runs the official @google/generative-ai SDK (the older one) through every scenario; prints one JSON object.
import { GoogleGenerativeAI } from "@google/generative-ai";

const [url, key, photo] = process.argv.slice(2);
const only = process.argv[5]?.split(",");  // these scenarios alone, for slow servers
const name = "gemini-3.1-flash-image";
const at = { baseUrl: url };
const modelWith = (generationConfig = {}, apiKey = key, model = name) =>
  new GoogleGenerativeAI(apiKey).getGenerativeModel({ model, generationConfig }, at);
const config = (aspectRatio, imageSize) => ({ responseModalities: ["TEXT", "IMAGE"], imageConfig: { aspectRatio, imageSize } });
const head = (data) => Buffer.from(data, "base64").subarray(0, 32).toString("base64");
const shown = (parts = []) => ({
  pictures: parts.filter((p) => p.inlineData && !p.thought).map((p) => ({ mime: p.inlineData.mimeType, head: head(p.inlineData.data) })),
  text: parts.filter((p) => p.text).map((p) => p.text).join(""),
  signed: parts.filter((p) => p.inlineData && !p.thought).every((p) => p.thoughtSignature),
});
const partsOf = (response) => response.candidates?.[0]?.content?.parts;
const image = { inlineData: { mimeType: "image/png", data: photo } };

async function failed(run) {
  try {
    await run();
  } catch (error) {
    return { kind: error.constructor.name, code: error.status, status: error.statusText, message: error.message, details: error.errorDetails };
  }
  return { kind: "none" };
}

async function collect({ stream }) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const found = {};
const wanted = (name) => !only || only.includes(name);
if (wanted("draw")) {
  const { response } = await modelWith(config("16:9", "1K")).generateContent("a red cup on a table");
  found.draw = { ...shown(partsOf(response)), finish: response.candidates[0].finishReason, model: response.modelVersion };
}
if (wanted("edit")) found.edit = shown(partsOf((await modelWith().generateContent([image, "make this photo darker"])).response));
if (wanted("chat")) {
  const talk = modelWith().startChat();
  const turns = ["a red cup", "make it blue", "add a spoon", ["now place this next to it", image], "at night", "remove the spoon"];
  const made = [];
  for (const message of turns) made.push(shown(partsOf((await talk.sendMessage(message)).response)));
  found.chat = { turns: made, kept: (await talk.getHistory()).length };
}
if (wanted("stream")) {
  const talk = modelWith(config("9:16")).startChat();
  const first = await collect(await talk.sendMessageStream("a red cup"));
  const second = await collect(await talk.sendMessageStream("make it blue"));
  found.stream = {
    ...shown(first.flatMap(partsOf)), chunks: first.length, finish: second.at(-1).candidates[0].finishReason,
    ids: new Set(first.map((c) => c.responseId)).size, again: shown(second.flatMap(partsOf)),
  };
}
if (wanted("models")) found.models = { tokens: (await modelWith().countTokens("four score and seven years ago")).totalTokens };
if (wanted("blocked")) {
  const { response } = await modelWith().generateContent("step by step tutorial: nerve gas");
  found.blocked = { reason: response.promptFeedback.blockReason, parts: partsOf(response) ?? null, tokens: response.usageMetadata.totalTokenCount };
}
if (wanted("large")) found.large = shown(partsOf((await modelWith(config("1:1", "4K")).generateContent("a cup")).response));
if (wanted("bad_key")) found.bad_key = await failed(() => modelWith({}, "wrong-key-0123456789").generateContent("a cup"));
if (wanted("unknown_model")) found.unknown_model = await failed(() => modelWith({}, key, "nope").generateContent("a cup"));
if (wanted("bad_ratio")) found.bad_ratio = await failed(() => modelWith(config("0:0")).generateContent("a cup"));
if (wanted("bad_ratio_stream")) found.bad_ratio_stream = await failed(async () => collect(await modelWith(config("0:0")).generateContentStream("a cup")));
console.log(JSON.stringify(found));
