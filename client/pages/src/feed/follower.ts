/** Where a page's pictures come from: the relay, or, for setting up, a meet that nobody lifts in. */

import type { Address } from "./address.ts";
import type { Picture } from "./display.ts";
import type { Scene } from "./invented.ts";
import { type Credential, follow, type Link } from "./reader.ts";

/** How long each scene of a test stays, in milliseconds. */
const SCENE_MS = 4_000;

/** What a page does with what it is told. */
export interface Page {
  /** Another picture; `live` if the change itself was witnessed, `generatedAt` by the relay's clock. */
  readonly show: (
    picture: Picture | null,
    live: boolean,
    made: { revision: number; generatedAt: number } | null,
  ) => void;
  readonly tell: (link: Link) => void;
}

/**
 * Feeds a page, if its address names a meet or asks for a test. The key of the address may be replaced by a password.
 *
 * Returns what stops it.
 */
export function feed(page: Page, address: Address, password: string | null = null): () => void {
  if (address.test !== null) return playTest(page, address.test);
  const { base, meet, day, platform, rule } = address;
  const credential = credentialOf(address.key, password);
  if (meet === null || credential === null) return () => {};
  return follow({
    base: new URL(base, location.origin),
    meet,
    credential,
    day,
    platform,
    rule,
    show: (held, live) => page.show(held?.picture ?? null, live, held),
    tell: page.tell,
  });
}

function credentialOf(key: string | null, password: string | null): Credential | null {
  if (password !== null) return { kind: "password", text: password };
  return key === null ? null : { kind: "key", text: key };
}

function playTest(page: Page, test: "all" | number): () => void {
  let playing: ReturnType<typeof setInterval> | undefined;
  let stopped = false;
  // Only a test pays for the data of tests.
  void import("./invented.ts").then(({ SCENES }) => {
    if (stopped) return;
    if (test === "all") playing = playAll(page, SCENES);
    else playOne(page, SCENES, test);
  });
  return () => {
    stopped = true;
    clearInterval(playing);
  };
}

function playAll(page: Page, scenes: readonly Scene[]): ReturnType<typeof setInterval> {
  let at = 0;
  const next = () => {
    play(page, scenes, at);
    at = (at + 1) % scenes.length;
  };
  next();
  return setInterval(next, SCENE_MS);
}

/** One scene, after those it follows from. */
function playOne(page: Page, scenes: readonly Scene[], number: number): void {
  const last = number - 1;
  let first = last;
  while (first > 0 && scenes[first]?.follows) first -= 1;
  for (let at = first; at <= last; at += 1) play(page, scenes, at);
}

function play(page: Page, scenes: readonly Scene[], at: number): void {
  const scene = scenes[at];
  if (scene === undefined) return;
  const now = Date.now();
  page.show(scene.picture, scene.follows, scene.picture && { revision: at + 1, generatedAt: now });
  const state = scene.refusal !== null ? "refused" : scene.picture === null ? "starting" : "live";
  page.tell({ by: "key", state, refusal: scene.refusal, heardAt: now, offset: { aheadMs: 0, errorMs: 0 } });
}
