/** As much of a WebSocket as a replica needs. */
export interface Socket {
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** Opens a connection; may throw if the address makes no sense. */
export type OpenSocket = (address: string) => Socket;

/** The browser's own. */
export const openWebSocket: OpenSocket = (address) => new WebSocket(address) as Socket;

/** What a connection tells whoever opened it. */
export interface Ear {
  opened(): void;
  received(data: string | Uint8Array): void;
  closed(why: string): void;
}

/** A connection that has been asked for. */
export interface Line {
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** Opens a connection and listens to it. Nothing is heard of it any more once it is closed from here. */
export function listen(open: OpenSocket, address: string, ear: Ear): Line {
  const socket = open(address);
  socket.binaryType = "arraybuffer";
  let over = false;
  socket.onopen = () => ear.opened();
  socket.onmessage = (event: { data: string | ArrayBuffer }) => {
    if (!over) {
      ear.received(typeof event.data === "string" ? event.data : new Uint8Array(event.data));
    }
  };
  socket.onclose = (event: { reason?: string }) => {
    if (!over) {
      over = true;
      ear.closed(event.reason || "the connection ended");
    }
  };
  // What follows is the end of the connection, which says as much as is known.
  socket.onerror = () => undefined;
  return {
    send: (data) => socket.send(data),
    close: () => {
      over = true;
      socket.close();
    },
  };
}

/** Bytes as the core writes and reads them. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 32_768) {
    text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  }
  return btoa(text);
}

/** The bytes again. */
export function fromBase64(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    bytes[index] = text.charCodeAt(index);
  }
  return bytes;
}
