import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "spotter-client";
import {
  age,
  changeWords,
  isolated,
  linkWords,
  meetNumber,
  notSentWords,
  outOfSync,
  pathWords,
  replaces,
  undoneWords,
  whoWords,
} from "../src/common/words.ts";

test("a name keeps its direction to itself", () => {
  assert.equal(isolated("Zoë O’Brien"), "Zoë O’Brien");
  for (const name of ["\u202eeoZ", "יעל", "ليلى"]) assert.equal(isolated(name), `\u2068${name}\u2069`);
  assert.equal(
    pathWords("entries.7.lot", () => "\u202eeoZ"),
    "\u2068\u202eeoZ\u2069, lot",
  );
});

test("an undo of many values says so", () => {
  const name = () => "Zoë";
  assert.equal(undoneWords("entries.7.lot", 1, name), "Zoë, lot");
  assert.equal(undoneWords("entries.7.lot", 12, name), "Zoë, lot, and 11 other values of the same edit");
  assert.equal(undoneWords(undefined, 0, name), "the last edit");
});

const NOW = Date.parse("2026-11-29T12:00:00Z");

function status(differs: Partial<Status>): Status {
  return {
    link: { state: "live" },
    holdsMeet: true,
    draft: false,
    meetId: "123456789",
    root: "00",
    relay: "ws://relay",
    location: "Platform 1",
    priority: 30,
    initiator: false,
    sessionExpiresAt: null,
    editsNotSent: 0,
    oldestNotSent: null,
    whyNotSent: null,
    lastContact: null,
    inSync: true,
    needResync: false,
    cannotSave: null,
    passwordWanted: false,
    finished: false,
    peers: 0,
    changes: 10,
    conflicts: 0,
    setAside: 0,
    offers: [],
    ...differs,
  };
}

test("the link is told in words and in colour", () => {
  const cases: [Partial<Status>, boolean, string, string][] = [
    [{}, true, "good", "Live"],
    [{ editsNotSent: 1 }, true, "warn", "Live, sending 1 edit"],
    [{ needResync: true }, true, "warn", "Live, catching up"],
    [{ link: { state: "catching-up" } }, true, "warn", "Catching up"],
    [{ link: { state: "joining" } }, true, "warn", "Connecting"],
    [{ link: { state: "offline" } }, true, "bad", "Offline, saved here"],
    [{ link: { state: "offline" }, passwordWanted: true }, true, "bad", "Password wanted"],
    [{ meetId: null, draft: true }, true, "plain", "On this device only"],
    [{ meetId: null }, false, "plain", "No meet yet"],
    [{ cannotSave: "the disk is full" }, true, "bad", "Cannot save"],
    [{ finished: true }, true, "plain", "Finished"],
  ];
  for (const [differs, holds, tone, words] of cases) {
    assert.deepEqual(linkWords(status(differs), holds), { tone, words });
  }
});

test("out of sync clears only when catch-up is applied", () => {
  assert.equal(outOfSync(status({ link: { state: "offline" } })), true);
  assert.equal(outOfSync(status({ link: { state: "joining" } })), true);
  assert.equal(outOfSync(status({ link: { state: "catching-up" } })), true);
  assert.equal(outOfSync(status({ needResync: true })), true);
  assert.equal(outOfSync(status({})), false);
  assert.equal(outOfSync(status({ meetId: null, link: { state: "offline" } })), false);
});

test("a finished meet that is opened again is finished, not out of sync", () => {
  const link = { state: "offline", why: "told not to connect" } as const;
  const again = { finished: true, needResync: true, link };
  assert.equal(outOfSync(status(again)), false);
  assert.deepEqual(linkWords(status(again), true), { tone: "plain", words: "Finished" });
  for (const lacking of [{ link: { ...link, retryInMs: 500 } }, { editsNotSent: 1 }, { finished: false }]) {
    assert.equal(outOfSync(status({ ...again, ...lacking })), true);
  }
});

test("edits not sent are counted, with the age of the oldest", () => {
  assert.equal(notSentWords(status({}), NOW), null);
  const waiting = status({ editsNotSent: 3, oldestNotSent: "2026-11-29T11:57:30Z" });
  assert.equal(notSentWords(waiting, NOW), "3 edits not sent yet, oldest 2 min");
  assert.equal(notSentWords(status({ editsNotSent: 1 }), NOW), "1 edit not sent yet");
});

test("ages are rounded down and never negative", () => {
  const ago = (seconds: number) => age(new Date(NOW - seconds * 1000).toISOString(), NOW);
  assert.deepEqual([-60, 4, 5, 59, 60, 3599, 3600, 86400, 172800].map(ago), [
    "just now",
    "just now",
    "5 s",
    "59 s",
    "1 min",
    "59 min",
    "1 h",
    "1 day",
    "2 days",
  ]);
});

test("paths are told as people speak of them", () => {
  const name = (id: string) => (id === "5003" ? "Nora Quinn" : undefined);
  assert.equal(pathWords("entries.5003.squat.2", name), "Nora Quinn, squat 2");
  assert.equal(pathWords("entries.5003.bodyweightKg", name), "Nora Quinn, body weight");
  assert.equal(pathWords("entries.9.name", name), "lifter 9, name");
  assert.equal(pathWords("entries.@00112233aabbccdd.3.flight", name), "lifter @00112233aabbccdd.3, flight");
  assert.equal(pathWords("lifting.1.2", name), "day 1, platform 2: flight and lift");
  assert.equal(pathWords("meet.plates.2.5", name), "meet: plates 2 5");
});

test("a change tells what was there before", () => {
  assert.equal(changeWords("Nora, lot", "4", "3", "Weigh-in"), "Nora, lot: now 4, was 3, by Weigh-in");
  assert.equal(changeWords("Nora, lot", "", "3", "Weigh-in"), "Nora, lot: now nothing, was 3, by Weigh-in");
});

test("a meet's number is shown in threes", () => {
  assert.equal(meetNumber("123456789"), "123-456-789");
  assert.equal(meetNumber("123-456-789"), "123-456-789");
});

test("a verdict on a weight that was called replaces nothing; another weight or verdict does", () => {
  assert.equal(replaces([100, 0], [100, 1]), false);
  assert.equal(replaces([0, 0], [100, 0]), false);
  assert.equal(replaces([100, 0], [102.5, 0]), true);
  assert.equal(replaces([100, 1], [100, -1]), true);
  assert.equal(replaces(0, 82.5), false);
  assert.equal(replaces(82.5, 84), true);
  assert.equal(replaces([], ["Open"]), false);
  assert.equal(replaces(["Open", "Juniors"], ["Open"]), true);
  assert.equal(replaces(undefined, "x"), false);
});

test("another tab of this browser is told from another location", () => {
  assert.equal(whoWords({ location: "Jury" }), "Jury");
  assert.equal(whoWords({ location: "Jury", tab: "t1" }), "Jury, in another tab of this browser,");
  assert.equal(whoWords({ location: null }), "Somebody");
});
