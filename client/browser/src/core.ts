import { SpotterError } from "./error.js";

/** The module's code, compiled. One core serves any number of replicas. */
export interface Core {
  readonly module: WebAssembly.Module;
}

/** Whatever the module's code can be had from. */
export type CoreSource = BufferSource | URL | string | Response | Promise<Response>;

/**
 * Compiles the core. Without an address it is the file beside this module, which bundlers find and carry along. Nothing
 * is loaded before this is called.
 */
export async function loadCore(wasm: CoreSource = new URL("./spotter.wasm", import.meta.url)): Promise<Core> {
  if (wasm instanceof ArrayBuffer || ArrayBuffer.isView(wasm)) {
    return { module: await WebAssembly.compile(wasm) };
  }
  const response = await (typeof wasm === "string" || wasm instanceof URL ? fetch(wasm) : wasm);
  if (!response.ok) {
    throw new SpotterError("core-not-loaded", `the core could not be loaded: ${response.status}`);
  }
  // Browsers keep what they have compiled for the next time, if it comes to them like this; but they insist on the type.
  if (response.headers.get("Content-Type") === "application/wasm") {
    return { module: await WebAssembly.compileStreaming(response) };
  }
  return { module: await WebAssembly.compile(await response.arrayBuffer()) };
}

/** Compiles the core at once, where its bytes are at hand: under Node, and in tests. */
export function loadCoreSync(wasm: BufferSource): Core {
  return { module: new WebAssembly.Module(wasm) };
}
