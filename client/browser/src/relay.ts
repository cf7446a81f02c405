import { SpotterError } from "./error.js";

/**
 * The WebSocket address of a relay from what a person types: a host, a page's address, or the address itself.
 * `secure` says that the page came encrypted; browsers then let it reach encrypted relays only.
 *
 * @throws SpotterError with the code `no-address`, in words for whoever typed it.
 */
export function relayAddress(typed: string, secure = pageIsEncrypted()): string {
  const text = typed.trim();
  const full = /^[a-z]+:\/\//i.test(text) ? text : `${secure ? "wss" : "ws"}://${text}`;
  const address = parsed(full.replace(/^http/i, "ws"));
  if (address === null) {
    throw wrong(`“${text}” is no address. Type one such as wss://relay.example.org.`);
  }
  if (address.protocol !== "ws:" && address.protocol !== "wss:") {
    throw wrong("A relay's address begins with wss:// or ws://.");
  }
  if (address.protocol === "ws:" && secure) {
    throw wrong("This page came encrypted, so the browser lets it reach encrypted relays only (wss://).");
  }
  return `${address.protocol}//${address.host}${address.pathname.replace(/\/$/, "")}`;
}

function parsed(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function wrong(words: string): SpotterError {
  return new SpotterError("no-address", words);
}

function pageIsEncrypted(): boolean {
  return globalThis.location?.protocol === "https:";
}
