import assert from "node:assert/strict";
import { test } from "node:test";
import type { Replica } from "../src/index.ts";
import { browser, fakeLocks, open, PASSWORD, Relay, ROSTER, savedMeet, until } from "./support.ts";

/** A meet that is live at a relay, in the first tab of a browser. The relay is killed afterwards. */
async function firstTab(
  place: ReturnType<typeof browser>,
): Promise<{ first: Replica; relay: Relay; meetId: string }> {
  const relay = await Relay.start();
  const first = await open({ store: place.store(), tabs: place.tabs });
  await first.importMeet(savedMeet());
  const o = { relay: relay.url, location: "Registration", roster: ROSTER, password: PASSWORD };
  const { meetId } = await first.goLive(o);
  await first.sync();
  return { first, relay, meetId };
}

test("three tabs share what they have at once, without a network", async () => {
  const place = browser(fakeLocks());
  const { first, relay } = await firstTab(place);
  await relay.kill();
  const tabs = [first];
  for (const _ of [2, 3]) {
    tabs.push(await open({ store: place.store(), tabs: place.tabs }));
  }
  assert.deepEqual(
    tabs.map((tab) => tab.get("meet.name")?.text),
    ["Spring Open", "Spring Open", "Spring Open"],
    "a new tab begins with what is here",
  );
  await until(() => tabs.every((tab) => tab.status().peers === 2));
  await tabs[2]?.edit({ "entries.5000.name": "Anna" });
  await until(() => tabs.every((tab) => tab.get("entries.5000.name")?.text === "Anna"));
  await Promise.all(tabs.map((tab, number) => tab.edit({ "entries.5001.notes": `by tab ${number}` })));
  await until(() => new Set(tabs.map((tab) => JSON.stringify(tab.state()))).size === 1);
  assert.equal(new Set(tabs.map((tab) => JSON.stringify(tab.conflicts()))).size, 1);
});

test("an edit in one tab reaches the relay through another", async () => {
  const place = browser(fakeLocks());
  const { first, relay, meetId } = await firstTab(place);
  const second = await open({ store: place.store(), tabs: place.tabs });
  await until(() => second.status().peers === 1);
  await second.edit({ "entries.5000.notes": "from the second tab" });
  const jury = await open();
  await jury.join({ relay: relay.url, meetId, location: "Jury", password: PASSWORD });
  await jury.sync();
  await until(() => jury.get("entries.5000.notes")?.text === "from the second tab");
  assert.equal(first.get("entries.5000.notes")?.location, "Registration");
});

test("edits of tabs that were closed before they were sent reach the relay from the next one", async () => {
  const place = browser(fakeLocks());
  const { first, relay, meetId } = await firstTab(place);
  await relay.kill();
  await until(() => first.status().link.state === "offline");
  const second = await open({ store: place.store(), tabs: false });
  await first.edit({ "entries.5000.notes": "by the first" });
  await second.edit({ "entries.5001.notes": "by the second" });
  await Promise.all([first.close(), second.close()]);
  await relay.start();
  const next = await open({ store: place.store(), tabs: place.tabs });
  assert.equal(next.get("entries.5001.notes")?.text, "by the second", "it is here before any connection");
  await next.sync();
  const jury = await open();
  await jury.join({ relay: relay.url, meetId, location: "Jury", password: PASSWORD });
  await jury.sync();
  assert.equal(jury.get("entries.5000.notes")?.text, "by the first");
  assert.equal(jury.get("entries.5001.notes")?.text, "by the second");
});

test("a tab that is loaded again has its place and its session back", async () => {
  const place = browser(fakeLocks());
  const { first } = await firstTab(place);
  // The next page opens the store before the one before it has let go.
  const reopening = open({ store: place.store(), tabs: place.tabs });
  await first.close();
  const again = await reopening;
  assert.equal(again.status().passwordWanted, false);
  await again.sync();
  assert.equal(again.status().link.state, "live");
});

test("a meet that is not live stays in the tab that has it", async () => {
  const place = browser(fakeLocks());
  const first = await open({ store: place.store(), tabs: place.tabs });
  await first.newMeet("2026-11-20");
  await assert.rejects(open({ store: place.store(), tabs: place.tabs }), { code: "draft-in-another-tab" });
  await first.edit({ "meet.name": "Draft" });
  await first.close();
  const next = await open({ store: place.store(), tabs: place.tabs });
  assert.equal(next.get("meet.name")?.text, "Draft");
});

test("replicas of other names know nothing of each other", async () => {
  const place = browser(fakeLocks());
  const one = await open({ store: place.store(), tabs: place.tabs, name: "one" });
  await one.newMeet("2026-11-20");
  const two = await open({ store: place.store(), tabs: place.tabs, name: "two" });
  assert.equal(two.holdsMeet, false);
});
