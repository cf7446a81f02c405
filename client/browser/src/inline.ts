import type { Core } from "./core.js";

/** Loads the core from a chunk of JavaScript: for bundlers that know nothing of WebAssembly. */
export async function loadInlineCore(): Promise<Core> {
  const { base64 } = await import("./spotter.wasm.js");
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    bytes[index] = text.charCodeAt(index);
  }
  return { module: await WebAssembly.compile(bytes) };
}

export type { Core } from "./core.js";
