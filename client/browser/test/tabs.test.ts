import assert from "node:assert/strict";
import { test } from "node:test";
import type { OpenSocket, Replica } from "../src/index.ts";
import {
  browser,
  fakeLocks,
  open,
  openSocket,
  PASSWORD,
  Relay,
  ROSTER,
  savedMeet,
  until,
} from "./support.ts";

/** A meet that is live at a relay, in the first tab of a browser. The relay is killed afterwards. */
async function firstTab(
  place: ReturnType<typeof browser>,
  more: Parameters<typeof open>[0] = {},
): Promise<{ first: Replica; relay: Relay; meetId: string }> {
  const relay = await Relay.start();
  const first = await open({ store: place.store(), tabs: place.tabs, ...more });
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

const isLive = (tab: Replica): boolean => tab.status().link.state === "live";

/** As many tabs as are asked for, of a browser that joined as Registration; each is live. */
async function liveTabs(
  count: number,
  more: Parameters<typeof open>[0] = {},
): Promise<{ place: ReturnType<typeof browser>; tabs: Replica[]; relay: Relay; meetId: string }> {
  const place = browser(fakeLocks());
  const { first, relay, meetId } = await firstTab(place, more);
  const tabs = [first];
  while (tabs.length < count) {
    tabs.push(await open({ store: place.store(), tabs: place.tabs, ...more }));
  }
  await until(() => tabs.every((tab) => isLive(tab) && tab.status().inSync));
  return { place, tabs, relay, meetId };
}

test("every tab is live by itself without the password, and says truly what is sent", async () => {
  const wanted: string[] = [];
  const { tabs, relay, meetId } = await liveTabs(3);
  for (const tab of tabs) {
    tab.onNews((news) => wanted.push(news.kind));
    assert.equal(tab.status().setAside, 0);
  }
  const saved = tabs.map((tab, number) => tab.edit({ [`entries.500${number % 2}.notes`]: `by ${number}` }));
  // Nothing has come back yet.
  assert.deepEqual(
    tabs.map((tab) => tab.status().editsNotSent),
    [1, 1, 1],
  );
  await Promise.all(saved);
  await Promise.all(tabs.map((tab) => tab.sync()));
  assert.deepEqual(
    tabs.map((tab) => tab.status().editsNotSent),
    [0, 0, 0],
  );
  assert.ok(!wanted.includes("passwordWanted"));
  const jury = await open();
  await jury.join({ relay: relay.url, meetId, location: "Jury", password: PASSWORD });
  await jury.sync();
  assert.equal(jury.get("entries.5001.notes")?.text, "by 1");
  const sessions = await tabs[2]?.sessions();
  assert.equal(sessions?.length, 2, "two devices");
  assert.deepEqual(
    sessions?.map(({ locationName, thisOne }) => [locationName, thisOne]),
    [
      ["Registration", true],
      ["Jury", false],
    ],
  );
});

test("tabs go on when the one that had the password is closed, and one that is opened again is live, too", async () => {
  const { place, tabs } = await liveTabs(3);
  const [first, second, third] = tabs as [Replica, Replica, Replica];
  await first.close();
  await second.edit({ "entries.5000.notes": "without the first" });
  await Promise.all([second.sync(), third.sync()]);
  assert.equal(third.get("entries.5000.notes")?.text, "without the first");
  await Promise.all([second.close(), third.close()]);
  const again = await open({ store: place.store(), tabs: place.tabs });
  await again.sync();
  assert.ok(isLive(again));
});

test("a tab shows itself to other locations once, and to its neighbours as what it is", async () => {
  const { tabs, relay, meetId } = await liveTabs(2);
  const [first, second] = tabs as [Replica, Replica];
  const jury = await open();
  await jury.join({ relay: relay.url, meetId, location: "Jury", password: PASSWORD });
  jury.setPresence({ day: 1 });
  first.setPresence({ entry: 5000 });
  second.setPresence({ entry: 5001 });
  const seen = (): unknown[] => jury.presence().map((one) => [one.location, one.entry]);
  await until(() => seen().length === 2);
  assert.deepEqual(seen().sort(), [
    ["Registration", 5000],
    ["Registration", 5001],
  ]);
  await until(() => first.presence().length === 2 && second.presence().length === 2);
  const beside = (): unknown[] => first.presence().map((one) => [one.location, one.tab !== undefined]);
  await until(() => beside().some((one) => JSON.stringify(one) === '["Registration",true]'));
  assert.deepEqual(beside().sort(), [
    ["Jury", false],
    ["Registration", true],
  ]);
  assert.ok(first.presence().every((one) => one.session !== undefined));
  await first.close();
  await until(() => seen().length === 1);
  assert.deepEqual(seen(), [["Registration", 5001]]);
});

test("shutting a device out ends all of its tabs, and the password is typed once", async () => {
  const { relay, meetId, tabs: desk } = await liveTabs(1);
  const place = browser(fakeLocks());
  const tabs = [await open({ store: place.store(), tabs: place.tabs })];
  await tabs[0]?.join({ relay: relay.url, meetId, location: "Platform 1", password: PASSWORD });
  await tabs[0]?.sync();
  for (const _ of [2, 3]) {
    tabs.push(await open({ store: place.store(), tabs: place.tabs }));
  }
  await until(() => tabs.every(isLive));
  const device = (await desk[0]?.sessions())?.find((shown) => shown.locationName === "Platform 1");
  await desk[0]?.revokeSession(device?.sessionId ?? "");
  await until(() => tabs.every((tab) => tab.status().passwordWanted));
  await tabs[1]?.edit({ "entries.5000.notes": "shut out" });
  assert.ok((tabs[1]?.status().editsNotSent ?? 0) > 0, "nobody sends it");
  const late = await open({ store: place.store(), tabs: place.tabs });
  assert.ok(late.status().passwordWanted, "a new tab does not come in either");
  tabs.push(late);
  await tabs[2]?.password(PASSWORD);
  await until(() => tabs.every(isLive));
  await Promise.all(tabs.map((tab) => tab.sync()));
  assert.ok(tabs.every((tab) => tab.status().editsNotSent === 0));
  assert.equal((await desk[0]?.sessions())?.length, 2);
});

test("when the session expires the password is wanted in all tabs, and typed once", async () => {
  const sockets: ReturnType<OpenSocket>[] = [];
  const socket: OpenSocket = (address) => {
    const opened = openSocket(address);
    sockets.push(opened);
    return opened;
  };
  const { tabs } = await liveTabs(3, { socket });
  // In the words of the relay, which says this seven days later.
  const over = { msgType: "INVALID_SESSION", code: "session-expired", reason: "the session has expired" };
  for (const one of sockets) {
    one.onmessage?.({ data: JSON.stringify(over) } as never);
  }
  assert.ok(tabs.every((tab) => tab.status().passwordWanted));
  await tabs[1]?.password(PASSWORD);
  await until(() => tabs.every(isLive));
});

test("a session that a closed tab has left is good for one that was loaded with an older one", async () => {
  const { place, tabs, relay } = await liveTabs(2);
  const [first, second] = tabs as [Replica, Replica];
  // The first tab sleeps through the end of its session, and through the new one of the second.
  const shown = await first.sessions();
  await relay.kill();
  await first.close();
  await relay.start();
  await until(() => isLive(second));
  await second.revokeSession(shown[0]?.sessionId ?? "").catch(() => undefined);
  await until(() => second.status().passwordWanted);
  await second.password(PASSWORD);
  await second.sync();
  await second.close();
  const again = await open({ store: place.store(), tabs: place.tabs });
  await until(() => isLive(again));
  assert.equal(again.status().passwordWanted, false);
});

test("a tab that is opened without a network gets its session when there is one", async () => {
  const { place, tabs, relay } = await liveTabs(1);
  await relay.kill();
  const second = await open({ store: place.store(), tabs: place.tabs });
  assert.equal(second.status().passwordWanted, false);
  await second.edit({ "entries.5000.notes": "offline" });
  assert.ok(second.status().editsNotSent > 0);
  await tabs[0]?.close();
  await second.close();
  // It takes over the slot of the first, and a third takes over that of the second, which never had a session of its own.
  const both = [
    await open({ store: place.store(), tabs: place.tabs }),
    await open({ store: place.store(), tabs: place.tabs }),
  ];
  await relay.start();
  await Promise.all(both.map((tab) => tab.stayConnected(true)));
  await until(() => both.every((tab) => isLive(tab) && tab.status().editsNotSent === 0));
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
