import assert from "node:assert/strict";
import { test } from "node:test";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { LiveNotice, LiveTab } from "../src/index.js";
import { agree, arrives, cut, mend, openSites, type Site, sharedPart } from "./sites.js";
import { ControlledInput } from "./stand-in/boxes.js";
import type { Action, Entry } from "./stand-in/state.js";
import { openStore } from "./stand-in/store.js";

const ADD: Action = { type: "NEW_REGISTRATION", overwriteDefaults: {} };

test("two stores show one meet, and one that was cut off catches up", async (t) => {
  const [desk, table] = await openSites(t, ["Desk", "Table"], { log: [ADD, ADD] });
  assert.ok(desk && table);
  assert.equal(table.store.getState().registration.entries.length, 2);
  desk.store.dispatch({ type: "UPDATE_REGISTRATION", entryId: 5000, changes: { name: "Ann" } });
  table.store.dispatch({
    type: "ENTER_ATTEMPT",
    entryId: 5001,
    lift: "S",
    attemptOneIndexed: 1,
    weightKg: 100,
  });
  await agree([desk, table]);
  assert.deepEqual(sharedPart(desk), sharedPart(table));
  assert.deepEqual([table.entry(5000)?.name, desk.entry(5001)?.squatKg[0]], ["Ann", 100]);
  await cut(table);
  table.store.dispatch({ type: "MARK_LIFT", entryId: 5001, lift: "S", attemptOneIndexed: 1, success: true });
  desk.store.dispatch({ type: "UPDATE_MEET", changes: { city: "Oslo" } });
  await agree([desk, table]);
  assert.equal(desk.entry(5001)?.squatStatus[0], 0);
  await mend(table);
  await agree([desk, table]);
  assert.deepEqual([desk.entry(5001)?.squatStatus[0], table.store.getState().meet.city], [1, "Oslo"]);
  assert.deepEqual(sharedPart(desk), sharedPart(table));
});

/** A box that a hand types into, one key after another, with what else happens meanwhile. */
async function type(
  site: Site,
  entryId: number,
  keys: string,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const box = new ControlledInput(site.store, { entryId, field: "name" });
  for (const key of keys) {
    const before = box.shown;
    box.press(key);
    await meanwhile();
    assert.equal(box.shown, before + key, "what is being typed stays in the box");
  }
}

test("while somebody types a name, others' updates arrive everywhere else and the box keeps its text", async (t) => {
  const [desk, table] = await openSites(t, ["Desk", "Table"], { log: [ADD, ADD], live: { pauseMs: 60_000 } });
  assert.ok(desk && table);
  let weight = 100;
  await type(desk, 5000, "Annabel", async () => {
    weight += 2.5;
    const attempt = { entryId: 5000, lift: "S", attemptOneIndexed: 1, weightKg: weight };
    table.store.dispatch({ type: "ENTER_ATTEMPT", ...attempt });
    await arrives(desk, () => desk.entry(5000)?.squatKg[0] === weight);
  });
  assert.equal(table.entry(5000)?.name, "");
  await agree([desk, table]);
  assert.equal(table.entry(5000)?.name, "Annabel");
  assert.equal(desk.replica.history("entries.5000.name").length, 2, "one edit, not one for each key");
});

const NAME = "entries.5000.name";

/** What a site's store and replica show as the name. */
function names(...sites: Site[]): unknown[] {
  return sites.flatMap((site) => [site.entry(5000)?.name, site.replica.get(NAME)?.value]);
}

/** Somebody types a whole name, which ends as an edit. */
async function write(site: Site, name: string): Promise<void> {
  site.store.dispatch({ type: "UPDATE_REGISTRATION", entryId: 5000, changes: { name } });
  site.live.flush();
  await site.live.saved();
}

/** The one question of a site: what was typed there, and what stands. */
function question(site: Site) {
  const { questions } = site.live.view();
  assert.equal(questions.length, 1);
  const [one] = questions;
  assert.ok(one);
  assert.deepEqual(one.path, NAME);
  return { one, said: [one.typed.value, one.stands.value, one.stands.location] };
}

for (const rank of ["lower", "higher"] as const) {
  for (const choice of ["keep", "write"] as const) {
    test(`a value that came while the ${rank} priority typed is not written over unseen: its typist is asked, and may ${choice}`, async (t) => {
      const sites = await openSites(t, ["Desk", "Table"], { log: [ADD], live: { pauseMs: 60_000 } });
      const [typist, other] = (rank === "lower" ? sites : [...sites].reverse()) as [Site, Site];
      await type(typist, 5000, "Ann", async () => {});
      await write(other, "Hannah");
      await arrives(typist, () => typist.replica.get(NAME)?.value === "Hannah");
      assert.equal(typist.entry(5000)?.name, "Ann", "the hand goes on");
      await type(typist, 5000, "e", async () => {});
      await agree(sites);
      assert.deepEqual(names(typist, other), ["Hannah", "Hannah", "Hannah", "Hannah"]);
      const { one, said } = question(typist);
      assert.deepEqual(said, ["Anne", "Hannah", other.name]);
      const notice = renderToStaticMarkup(createElement(LiveNotice, { live: typist.live }));
      assert.match(
        notice,
        /Hannah \(\w+\) was written elsewhere while you typed Anne.*Keep Hannah.*Write Anne/,
      );
      typist.live.answer(one, choice);
      await agree(sites);
      const stands = choice === "write" ? "Anne" : "Hannah";
      assert.deepEqual(names(typist, other), [stands, stands, stands, stands]);
      assert.deepEqual([typist.live.view().questions, other.live.view().questions], [[], []]);
      assert.deepEqual(typist.replica.conflicts(), [], "whoever answered had seen both");
    });
  }

  test(`a value of which the ${rank} priority could not know meets the rule, and whoever loses is told`, async (t) => {
    const sites = await openSites(t, ["Desk", "Table"], { log: [ADD], live: { pauseMs: 60_000 } });
    const [first, second] = (rank === "lower" ? sites : [...sites].reverse()) as [Site, Site];
    await type(first, 5000, "Ann", async () => {});
    await cut(first);
    await write(second, "Hannah");
    first.live.flush();
    await mend(first);
    await agree(sites);
    const [stands, lost] = rank === "lower" ? ["Hannah", "Ann"] : ["Ann", "Hannah"];
    assert.deepEqual(names(first, second), [stands, stands, stands, stands]);
    const loser = rank === "lower" ? first : second;
    for (const { replica } of sites) {
      const [conflict] = replica.conflicts();
      assert.deepEqual(
        [conflict?.path, conflict?.stands.value, conflict?.overruled.map(({ value }) => value)],
        [NAME, stands, [lost]],
      );
    }
    const told = loser.live.view().problems.map(({ words }) => words);
    assert.deepEqual(told, [`${stands}: name: Desk's ${lost} was overruled by Table's ${stands}`]);
  });
}

test("who pauses over a value that came keeps the text in the box, and goes on with the question open", async (t) => {
  const pauses = new Set<() => void>();
  const timer = (act: () => void) => {
    pauses.add(act);
    return () => pauses.delete(act);
  };
  const sites = await openSites(t, ["Desk", "Table"], { log: [ADD], live: { timer } });
  const [desk, table] = sites as [Site, Site];
  const pause = () => {
    for (const act of [...pauses]) {
      act();
    }
  };
  await type(desk, 5000, "An", async () => {});
  await write(table, "Hannah");
  await arrives(desk, () => desk.replica.get(NAME)?.value === "Hannah");
  pause();
  assert.deepEqual(question(desk).said, ["An", "Hannah", "Table"]);
  await type(desk, 5000, "n", async () => assert.deepEqual(names(desk), ["Ann", "Hannah"]));
  assert.deepEqual(question(desk).said, ["Ann", "Hannah", "Table"]);
  await write(table, "Hanna");
  await arrives(desk, () => desk.replica.get(NAME)?.value === "Hanna");
  assert.deepEqual(question(desk).said, ["Ann", "Hanna", "Table"], "it shows what stands by now");
  const { one } = question(desk);
  await write(table, "Johanna");
  await arrives(desk, () => desk.replica.get(NAME)?.value === "Johanna");
  desk.live.answer(one, "write");
  assert.deepEqual(question(desk).said, ["Ann", "Johanna", "Table"], "an answer to what was shown");
  await desk.reload();
  await arrives(desk, () => desk.live.view().phase === "on");
  assert.deepEqual(question(desk).said, ["Ann", "Johanna", "Table"], "it outlasts the page");
  await write(desk, "Anna");
  await agree(sites);
  assert.deepEqual(names(desk, table), ["Anna", "Anna", "Anna", "Anna"]);
  assert.deepEqual(desk.live.view().questions, [], "who begins anew in the box has seen what stands");
});

test("nobody is asked where both wrote the same, or where the text is again what it was, or any more where others wrote it too", async (t) => {
  const sites = await openSites(t, ["Desk", "Table"], { log: [ADD], live: { pauseMs: 60_000 } });
  const [desk, table] = sites as [Site, Site];
  const box = new ControlledInput(desk.store, { entryId: 5000, field: "name" });
  box.press("B");
  await write(table, "B");
  await arrives(desk, () => desk.replica.get(NAME)?.value === "B");
  await agree(sites);
  assert.deepEqual(desk.live.view().questions, []);
  box.press("o");
  await write(table, "Bob");
  await arrives(desk, () => desk.replica.get(NAME)?.value === "Bob");
  desk.store.dispatch({ type: "UPDATE_REGISTRATION", entryId: 5000, changes: { name: "B" } });
  await agree(sites);
  assert.deepEqual(names(desk, table), ["Bob", "Bob", "Bob", "Bob"]);
  assert.deepEqual(desk.live.view().questions, []);
  box.press("b");
  await write(table, "Robert");
  await arrives(desk, () => desk.replica.get(NAME)?.value === "Robert");
  await agree(sites);
  assert.deepEqual(question(desk).said, ["Bobb", "Robert", "Table"]);
  await write(table, "Bobb");
  await agree(sites);
  await write(table, "Rob");
  await agree(sites);
  assert.deepEqual(desk.live.view().questions, [], "it was answered elsewhere");
});

test("in a meet in pounds conflicts and messages speak of pounds, and who keeps what stands settles it", async (t) => {
  const log = [{ type: "SET_IN_KG", inKg: false }, ADD];
  const sites = await openSites(t, ["Desk", "Table"], { log });
  const [desk, table] = sites as [Site, Site];
  await cut(desk);
  await cut(table);
  for (const [site, pounds] of [
    [desk, 330],
    [table, 350],
  ] as const) {
    const weightKg = pounds / 2.20462262;
    site.store.dispatch({ type: "ENTER_ATTEMPT", entryId: 5000, lift: "S", attemptOneIndexed: 1, weightKg });
  }
  table.store.dispatch({ type: "MARK_LIFT", entryId: 5000, lift: "S", attemptOneIndexed: 1, success: true });
  await mend(desk);
  await mend(table);
  await agree(sites);
  const told = desk.live.view().problems.map(({ words }) => words);
  assert.deepEqual(told, ["5000: squat 1: Desk's 330 was overruled by Table's 350 good lift"]);
  const tab = renderToStaticMarkup(createElement(LiveTab, { live: desk.live })).replace(/<[^>]*>/g, "|");
  assert.match(
    tab,
    /350 good lift \(Table\) stands \|Keep 350 good lift\|.*330 \(Desk\) overruled \|Restore 330\|/,
  );
  const [conflict] = desk.replica.conflicts();
  await desk.replica.restore(conflict?.path ?? "", conflict?.stands.write ?? "");
  await agree(sites);
  assert.deepEqual([desk.replica.status().conflicts, table.replica.status().conflicts], [0, 0]);
  assert.equal(table.entry(5000)?.squatStatus[0], 1);
});

test("a platform's overlay has one key, however often it is opened, until that is revoked", async (t) => {
  const [desk] = await openSites(t, ["Desk"]);
  assert.ok(desk);
  const first = { day: 1, platform: 1 };
  const opened = new Set(await Promise.all([desk.live.overlayKey(first), desk.live.overlayKey(first)]));
  for (let click = 0; click < 20; click++) {
    opened.add(await desk.live.overlayKey(first));
  }
  await desk.reload();
  await arrives(desk, () => desk.live.view().status?.link.state === "live");
  opened.add(await desk.live.overlayKey(first));
  assert.equal(opened.size, 1);
  assert.ok(!opened.has(await desk.live.overlayKey({ day: 1, platform: 2 })));
  const labels = async () => (await desk.replica.displayKeys()).map(({ label }) => label).sort();
  assert.deepEqual(await labels(), ["Overlay 1.1", "Overlay 1.2"]);
  const [key] = (await desk.replica.displayKeys()).filter(({ label }) => label === "Overlay 1.1");
  await desk.replica.revokeDisplayKey(key?.id ?? "");
  assert.ok(!opened.has(await desk.live.overlayKey(first)));
  assert.deepEqual(await labels(), ["Overlay 1.1", "Overlay 1.2"]);
});

test("two stores that type into one box while cut off end equal, with the higher priority's text and a conflict", async (t) => {
  const [desk, table] = await openSites(t, ["Desk", "Table"], { log: [ADD], live: { pauseMs: 60_000 } });
  assert.ok(desk && table);
  await cut(desk);
  await cut(table);
  const boxes = [desk, table].map(
    ({ store }) => new ControlledInput(store, { entryId: 5000, field: "name" }),
  );
  for (const [one, other] of ["AB", "no", "n!"]) {
    boxes[0]?.press(one as string);
    boxes[1]?.press(other as string);
  }
  desk.live.flush();
  table.live.flush();
  await mend(desk);
  await mend(table);
  await agree([desk, table]);
  assert.deepEqual([desk.entry(5000)?.name, table.entry(5000)?.name], ["Bo!", "Bo!"]);
  const [conflict] = desk.replica.conflicts();
  assert.deepEqual(
    [conflict?.path, conflict?.stands.location, conflict?.overruled.map(({ value }) => value)],
    ["entries.5000.name", "Table", ["Ann"]],
  );
  assert.ok(
    desk.live.view().problems.some(({ kind }) => kind === "news"),
    "the one who lost is told",
  );
  await desk.replica.restore("entries.5000.name", conflict?.overruled[0]?.write ?? "");
  await agree([desk, table]);
  assert.deepEqual([desk.entry(5000)?.name, table.entry(5000)?.name], ["Ann", "Ann"]);
});

test("two sites that add lifters while cut off keep both, under numbers on which store and meet agree", async (t) => {
  const sites = await openSites(t, ["Desk", "Table"], { log: [ADD] });
  const [desk, table] = sites;
  assert.ok(desk && table);
  for (const site of sites) {
    await cut(site);
    for (let count = 0; count < 3; count++) {
      site.store.dispatch({ type: "NEW_REGISTRATION", overwriteDefaults: { name: `${site.name} ${count}` } });
    }
    const [first, second] = site.store.getState().registration.entries.slice(-2) as [Entry, Entry];
    site.store.dispatch({ type: "UPDATE_REGISTRATION", entryId: first.id, changes: { team: site.name } });
    site.store.dispatch({ type: "DELETE_REGISTRATION", entryId: second.id });
  }
  for (const site of sites) {
    await mend(site);
  }
  await agree(sites);
  assert.deepEqual(sharedPart(desk), sharedPart(table));
  const { entries } = desk.store.getState().registration;
  const shown = entries.map(({ name, team }) => `${name}:${team}`).sort();
  assert.deepEqual(shown, [":", "Desk 0:", "Desk 1:Desk", "Table 0:", "Table 1:Table"]);
  assert.equal(new Set(entries.map(({ id }) => id)).size, 5);
  assert.deepEqual(
    desk.replica
      .entries()
      .filter(({ withdrawn }) => !withdrawn)
      .map(({ id }) => id),
    entries.map(({ id }) => id),
  );
});

test("lots that two sites assign while cut off are one site's lots, lifter by lifter", async (t) => {
  const sites = await openSites(t, ["Desk", "Table"], { log: [ADD, ADD, ADD] });
  const [desk, table] = sites;
  assert.ok(desk && table);
  await cut(desk);
  await cut(table);
  desk.store.dispatch({ type: "DELETE_REGISTRATION", entryId: 5000 });
  desk.store.dispatch({ type: "ASSIGN_LOT_NUMBERS", lotNumbers: [1, 2] });
  table.store.dispatch({ type: "ASSIGN_LOT_NUMBERS", lotNumbers: [6, 5, 4] });
  await mend(desk);
  await mend(table);
  await agree(sites);
  for (const site of sites) {
    assert.deepEqual(
      site.store.getState().registration.entries.map(({ id, lot }) => [id, lot]),
      [
        [5001, 5],
        [5002, 4],
      ],
    );
  }
});

test("two platforms do not fight over what they show, and two screens of one platform follow each other", async (t) => {
  const sites = await openSites(t, ["One", "Two", "Also two"], {
    log: [{ type: "SET_PLATFORM_COUNT", day: 1, count: 2 }, ADD, ADD],
  });
  const [one, two, also] = sites as [Site, Site, Site];
  const group = (platform: number, flight: string, lift: string): Action => ({
    type: "SET_LIFTING_GROUP",
    day: 1,
    platform,
    flight,
    lift,
  });
  const shown = ({ store }: Site) => {
    const { platform, flight, lift, overrideEntryId } = store.getState().lifting;
    return [platform, flight, lift, overrideEntryId];
  };
  two.store.dispatch(group(2, "A", "S"));
  also.store.dispatch(group(2, "A", "S"));
  one.store.dispatch(group(1, "B", "S"));
  two.store.dispatch(group(2, "A", "D"));
  two.store.dispatch({ type: "OVERRIDE_ENTRY_ID", entryId: 5001 });
  await agree(sites);
  assert.deepEqual(sites.map(shown), [
    [1, "B", "S", null],
    [2, "A", "D", 5001],
    [2, "A", "D", 5001],
  ]);
  also.store.dispatch({
    type: "MARK_LIFT",
    entryId: 5001,
    lift: "D",
    attemptOneIndexed: 1,
    success: true,
  });
  one.store.dispatch(group(2, "B", "S"));
  await agree(sites);
  assert.deepEqual(sites.map(shown), [
    [2, "A", "D", null],
    [2, "A", "D", null],
    [2, "A", "D", null],
  ]);
});

test("a meet that was left is returned to, with what others did meanwhile", async (t) => {
  const [desk, table] = await openSites(t, ["Desk", "Table"], { log: [ADD] });
  assert.ok(desk && table);
  desk.store.dispatch({ type: "NEW_REGISTRATION", overwriteDefaults: { name: "Bo" } });
  await desk.live.leave();
  assert.equal(desk.live.view().canReturn, true);
  desk.store.dispatch({ type: "OVERWRITE_STORE", store: openStore().getState() });
  assert.equal(desk.store.getState().registration.entries.length, 0);
  table.store.dispatch({ type: "UPDATE_REGISTRATION", entryId: 5000, changes: { country: "Norway" } });
  await table.live.saved();
  await desk.live.comeBack();
  await arrives(desk, () => desk.entry(5000)?.country === "Norway");
  desk.store.dispatch({ type: "NEW_REGISTRATION", overwriteDefaults: { name: "Cy" } });
  await agree([desk, table]);
  assert.deepEqual(sharedPart(desk), sharedPart(table));
  assert.deepEqual(
    table.store.getState().registration.entries.map(({ name }) => name),
    ["", "Bo", "Cy"],
  );
});

test("a page that is loaded anew without a network finds the meet, and loses nothing that is done at once", async (t) => {
  const [desk, table] = await openSites(t, ["Desk", "Table"], { log: [ADD] });
  assert.ok(desk && table);
  await cut(desk);
  desk.store.dispatch({ type: "NEW_REGISTRATION", overwriteDefaults: { name: "Bo" } });
  await desk.reload();
  desk.store.dispatch({ type: "UPDATE_REGISTRATION", entryId: 5000, changes: { country: "Norway" } });
  desk.store.dispatch({ type: "NEW_REGISTRATION", overwriteDefaults: { name: "Cy" } });
  table.store.dispatch({ type: "UPDATE_REGISTRATION", entryId: 5000, changes: { team: "Reds" } });
  await arrives(desk, () => desk.live.view().phase === "on");
  await mend(desk);
  await agree([desk, table]);
  assert.deepEqual(sharedPart(desk), sharedPart(table));
  const { entries } = table.store.getState().registration;
  assert.deepEqual(
    entries.map(({ name, country, team }) => [name, country, team]),
    [
      ["", "Norway", "Reds"],
      ["Bo", "", ""],
      ["Cy", "", ""],
    ],
  );
});
