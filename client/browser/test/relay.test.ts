import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStore, type News, type PathChange, relayAddress } from "../src/index.ts";
import { open, PASSWORD, Relay, ROSTER, savedMeet, twoLocations, until } from "./support.ts";

test("two replicas agree through a relay", async () => {
  const relay = await Relay.start();
  const { desk, platform } = await twoLocations(relay);
  const seen: PathChange[] = [];
  platform.watch("entries.5000", (changes) => seen.push(...changes));
  await desk.edit({ "entries.5000.squat.1": [180, 0], "entries.5000.bodyweightKg": 82.5 });
  await until(() => platform.get("entries.5000.squat.1")?.text === "180 -");
  assert.deepEqual(
    seen.map(({ path, text, location, own }) => ({ path, text, location, own })),
    [
      { path: "entries.5000.bodyweightKg", text: "82.5", location: "Registration", own: false },
      { path: "entries.5000.squat.1", text: "180 -", location: "Registration", own: false },
    ],
  );
  await platform.edit({ "entries.5000.squat.1": [180, 1] });
  await platform.sync();
  await until(() => desk.get("entries.5000.squat.1")?.text === "180 good");
  assert.deepEqual(desk.state(), platform.state());
  const { inSync, editsNotSent, link, location, priority } = platform.status();
  assert.deepEqual(
    { inSync, editsNotSent, state: link.state, location, priority },
    { inSync: true, editsNotSent: 0, state: "live", location: "Platform 1", priority: 20 },
  );
});

test("whoever listens is told that everything is in sync as soon as it is", async () => {
  const relay = await Relay.start();
  const desk = await open();
  await desk.importMeet(savedMeet());
  let told = desk.status();
  desk.onStatus((status) => {
    told = status;
  });
  await desk.goLive({ relay: relay.url, location: "Registration", roster: ROSTER, password: PASSWORD });
  await until(() => desk.status().inSync);
  assert.equal(told.inSync, true);
});

test("a relay is found by whatever a person types of its address", async () => {
  assert.equal(relayAddress(" relay.example.org ", true), "wss://relay.example.org");
  assert.equal(relayAddress("http://10.0.0.5:7878/", false), "ws://10.0.0.5:7878");
  assert.equal(relayAddress("https://example.org/meets/", true), "wss://example.org/meets");
  for (const [typed, words] of [
    ["ws://10.0.0.5", /encrypted relays only/],
    ["ftp://example.org", /begins with wss/],
    ["", /is no address/],
    ["a b", /“a b” is no address/],
  ] as const) {
    assert.throws(() => relayAddress(typed, true), { code: "no-address", message: words });
  }
  const relay = await Relay.start();
  const desk = await open();
  await desk.importMeet(savedMeet());
  const typed = relay.url.replace("ws://", "");
  await desk.goLive({ relay: typed, location: "Registration", roster: ROSTER, password: PASSWORD });
  assert.equal(desk.status().relay, relay.url);
});

test("edits made while the relay is down arrive when it is back", async () => {
  const relay = await Relay.start();
  const { desk, platform } = await twoLocations(relay);
  await relay.kill();
  await until(() => platform.status().link.state === "offline");
  await platform.edit({ "entries.5001.name": "Bob" });
  assert.equal(platform.status().editsNotSent, 1);
  assert.equal(platform.status().needResync, true);
  await relay.start();
  await platform.stayConnected(true);
  await desk.stayConnected(true);
  await platform.sync();
  await until(() => desk.get("entries.5001.name")?.text === "Bob");
  assert.equal(platform.status().editsNotSent, 0);
});

test("what did not know of each other is a conflict, told to the one who lost and settled by restoring", async () => {
  const relay = await Relay.start();
  const { desk, platform } = await twoLocations(relay);
  await Promise.all([desk.stayConnected(false), platform.stayConnected(false)]);
  const news: News[] = [];
  desk.onNews((one) => news.push(one));
  const changes: PathChange[] = [];
  desk.watch("entries.5000.squat", (some) => changes.push(...some));
  await desk.edit({ "entries.5000.squat.1": [190, 0] }, { reason: "asked for it" });
  await platform.edit({ "entries.5000.squat.1": [185, 0] });
  await Promise.all([desk.stayConnected(true), platform.stayConnected(true)]);
  await until(() => desk.conflicts().length === 1 && platform.conflicts().length === 1);
  assert.equal(desk.get("entries.5000.squat.1")?.text, "185 -");
  const [conflict] = desk.conflicts();
  assert.equal(conflict?.path, "entries.5000.squat.1");
  assert.equal(conflict?.stands.location, "Platform 1");
  assert.equal(conflict?.overruled[0]?.text, "190 -");
  assert.equal(conflict?.overruled[0]?.reason, "asked for it");
  const overruled = news.find((one) => one.kind === "overruled");
  assert.equal(overruled?.own, true);
  assert.equal(
    overruled?.words,
    "entries.5000.squat.1: Registration's 190 - was overruled by Platform 1's 185 -",
  );
  assert.equal(changes.find((change) => change.overruled)?.overruled?.own, true);
  await desk.restore("entries.5000.squat.1", conflict?.overruled[0]?.write ?? "", "the jury decided");
  await until(() => platform.conflicts().length === 0);
  assert.equal(platform.get("entries.5000.squat.1")?.text, "190 -");
  assert.deepEqual(
    platform.history("entries.5000.squat.1").map(({ text, shown }) => [text, shown]),
    [
      ["190 -", false],
      ["185 -", false],
      ["190 -", true],
    ],
  );
});

test("an edit that somebody has written over since is not taken back", async () => {
  const relay = await Relay.start();
  const { desk, platform } = await twoLocations(relay);
  await desk.edit({ "entries.5000.team": "North" });
  await until(() => platform.get("entries.5000.team")?.text === "North");
  await platform.edit({ "entries.5000.team": "South" });
  await until(() => desk.get("entries.5000.team")?.text === "South");
  const { undone, why, moved } = await desk.undo();
  assert.equal(undone, false);
  assert.match(why ?? "", /Platform 1/);
  const { path, shown } = moved ?? {};
  assert.deepEqual([path, shown?.value, shown?.location], ["entries.5000.team", "South", "Platform 1"]);
  assert.equal(desk.get("entries.5000.team")?.text, "South");
});

test("others are shown who looks at a lifter, until they look no more", async () => {
  const relay = await Relay.start();
  const { desk, platform } = await twoLocations(relay);
  const heard: (number | undefined)[] = [];
  desk.setPresence({});
  desk.onPresence((others) => heard.push(others.find((one) => one.location === "Platform 1")?.entry));
  platform.setPresence({ day: 1, platform: 1, entry: 5001, field: "squat.1" });
  await until(() => heard.at(-1) === 5001);
  const [other] = desk.presence();
  assert.deepEqual(
    { location: other?.location, entry: other?.entry, field: other?.field },
    { location: "Platform 1", entry: 5001, field: "squat.1" },
  );
  platform.setPresence(null);
  await until(() => desk.presence().length === 0);
});

test("a key for displays is made, listed and revoked", async () => {
  const relay = await Relay.start();
  const { desk } = await twoLocations(relay);
  const { id, key } = await desk.addDisplayKey("Overlay");
  assert.match(key, /^[\w-]{43}$/);
  const keys = await desk.displayKeys();
  assert.deepEqual(
    keys.map(({ id, label, location }) => ({ id, label, location })),
    [{ id, label: "Overlay", location: "Registration" }],
  );
  await desk.revokeDisplayKey(id);
  assert.deepEqual(await desk.displayKeys(), []);
});

test("a wrong password is refused by a code, and the right one lets in", async () => {
  const relay = await Relay.start();
  const { meetId } = await twoLocations(relay);
  const jury = await open();
  const join = (password: string) => jury.join({ relay: relay.url, meetId, location: "Jury", password });
  await assert.rejects(join("wrong horse"), { name: "SpotterError", code: "wrong-meet-or-password" });
  assert.equal(jury.holdsMeet, false);
  await join(PASSWORD);
  await jury.sync();
  assert.equal(jury.get("meet.name")?.text, "Spring Open");
  assert.deepEqual(jury.roster(), ROSTER);
});

test("a device that was shut out is asked for the password, and loses nothing meanwhile", async () => {
  const relay = await Relay.start();
  const { desk, platform } = await twoLocations(relay);
  const sessions = await desk.sessions();
  const theirs = sessions.find((session) => session.locationName === "Platform 1");
  assert.equal(theirs?.connected, true);
  await desk.revokeSession(theirs?.sessionId ?? "");
  await until(() => platform.status().passwordWanted);
  await platform.edit({ "entries.5001.notes": "kept" });
  await platform.password(PASSWORD);
  await platform.sync();
  await until(() => desk.get("entries.5001.notes")?.text === "kept");
});

test("a meet that was declared finished takes no more edits", async () => {
  const relay = await Relay.start();
  const { desk, platform } = await twoLocations(relay);
  await desk.finish();
  await until(() => platform.status().finished);
  await assert.rejects(platform.edit({ "meet.name": "Late" }), { code: "finished" });
});

test("what was written before the finish was heard of arrives after it, also at a device that is opened then", async () => {
  const relay = await Relay.start();
  const { desk, platform, meetId } = await twoLocations(relay);
  const store = memoryStore();
  const jury = await open({ store });
  await jury.join({ relay: relay.url, meetId, location: "Jury", password: PASSWORD });
  await jury.sync();
  await platform.stayConnected(false);
  await platform.edit({ "entries.5001.name": "Late" });
  await desk.finish();
  await until(() => jury.status().finished);
  await jury.close();
  await platform.stayConnected(true);
  await platform.sync();
  const again = await open({ store });
  await until(() => again.get("entries.5001.name")?.text === "Late");
  assert.equal(again.status().finished, true);
});

test("going live with a location that is not in the roster is refused before anything is sent", async () => {
  const desk = await open();
  await desk.importMeet(savedMeet());
  const o = { relay: "ws://127.0.0.1:9", location: "Nobody", roster: ROSTER, password: PASSWORD };
  await assert.rejects(desk.goLive(o), { code: "not-in-roster" });
});

test("a location and a password are the same however a keyboard spells them", async () => {
  const relay = await Relay.start();
  const desk = await open();
  await desk.importMeet(savedMeet());
  const [apart, whole] = ["Tischa\u0308lteste", "Tisch\u00e4lteste"];
  const seat = (location: string) => ({ location, priority: 10 });
  const [relayAt, roster] = [relay.url, [seat(apart), { location: "Jury", priority: 30 }]];
  const password = `${apart} und Waage`;
  const { meetId } = await desk.goLive({ relay: relayAt, location: whole, roster, password });
  await desk.sync();
  assert.equal(desk.roster()[0]?.location, whole);
  const other = await open();
  await other.join({
    relay: relay.url,
    meetId,
    location: apart,
    password: password.normalize("NFC"),
  });
  await other.sync();
  await other.edit({ "entries.5000.team": "North" });
  assert.equal(other.status().location, whole);
  assert.equal(other.get("entries.5000.team")?.location, whole);
  const carried = await other.exportBundle({ location: apart, priority: 10 });
  const third = await open();
  await third.importBundle(carried, { location: apart, priority: 10 });
  await third.edit({ "entries.5001.team": "South" });
  assert.equal(third.get("entries.5001.team")?.location, whole);
});
