import assert from "node:assert/strict";
import { test } from "node:test";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { LiveNotice, LiveTab, MESSAGES, type Messages, spotterMiddleware } from "../src/index.js";
import { overlayAddress } from "../src/overlay.js";
import { watchFocus } from "../src/stale.js";
import { Recorder, STATUS, written } from "./recorder.js";
import { memory } from "./sites.js";
import { openStore } from "./stand-in/store.js";

async function live(status = STATUS) {
  const spotter = spotterMiddleware({ open: async () => replica, memory: memory() });
  const store = openStore({ middleware: [spotter] });
  await store.rehydrated;
  const replica = new Recorder(store.getState());
  replica.standing = status;
  const join = () => {
    const password = "long enough";
    return spotter.live.join({ relay: "ws://relay", meetId: "123-456-789", location: "Desk", password });
  };
  return { live: spotter.live, replica, join };
}

test("before anybody goes live the tab offers to go live with distinct priorities, and to join", async () => {
  const { live: one } = await live();
  const shown = renderToStaticMarkup(createElement(LiveTab, { live: one, relay: "wss://relay.example.org" }));
  const priorities = [...shown.matchAll(/type="number"[^>]*value="(\d+)"/g)].map((match) => match[1]);
  assert.deepEqual(priorities, ["10", "20"]);
  assert.match(shown, /wss:\/\/relay\.example\.org/);
  assert.ok(shown.includes(MESSAGES.join));
  assert.equal(renderToStaticMarkup(createElement(LiveNotice, { live: one })), "");
});

test("while the meet is shared the tab shows its parameters, and each conflict with a way to restore or to keep", async () => {
  const { live: one, replica, join } = await live({ ...STATUS, editsNotSent: 3, oldestNotSent: "12:00" });
  const write = (location: string, text: string) => written(text, { location });
  replica.conflicts = () =>
    [
      {
        path: "entries.5000.name",
        stands: write("Jury", "Ann"),
        overruled: [write("Desk", "Anne"), write("Door", "Anna")],
      },
    ] as never[];
  replica.get = (path) => (path === "entries.5000.name" ? written("Ann") : null);
  await join();
  const shown = renderToStaticMarkup(createElement(LiveTab, { live: one }));
  for (const part of [
    "Ann: name",
    "123-456-789",
    "Desk 10",
    "Ann (Jury)",
    "Anne (Desk)",
    "Anna (Door)",
    "12:00",
  ]) {
    assert.ok(shown.includes(part), part);
  }
  assert.match(shown, /<dd class="[^"]*spotter-editsNotSent">3</);
  const buttons = [...shown.matchAll(/<button[^>]*>((?:Keep|Restore)[^<]*)</g)].map((match) => match[1]);
  assert.deepEqual(buttons, ["Keep Ann", "Restore Anne", "Restore Anna"]);
  assert.deepEqual(replica.present, { day: 1, platform: 1 });
});

test("weights are said in the meet's unit and verdicts in words", async () => {
  const { live: one, replica, join } = await live();
  replica.displayWeight = (kg) => (kg * 2.2046226218).toFixed(1);
  replica.conflicts = () =>
    [
      ["entries.5000.squat.1", [158.7573296331324, 0], [0, 0], [160, 1], [160, -1]],
      ["entries.5000.bodyweightKg", 82.553811, 0],
      ["meet.weightClassesKgMen", [59.9, 67.5], [60]],
      ["entries.5000.team", "Reds", ""],
      ["entries.5000.flight", "A", null],
    ].map(([path, ...values]) => {
      const [stands, ...overruled] = values.map((value) => written(value, { text: value as string }));
      return { path, stands, overruled };
    }) as never[];
  await join();
  const shown = renderToStaticMarkup(createElement(LiveTab, { live: one }));
  const list = shown.slice(shown.indexOf("spotter-conflicts"));
  const said = [...list.matchAll(/<button[^>]*>(?:Keep|Restore) ([^<]*)</g)].map((match) => match[1]);
  assert.deepEqual(said, [
    ...["350.0", "no weight", "352.7 good lift", "352.7 no lift"],
    ...["182.0", "nothing"],
    ...["132.1, 148.8", "132.3"],
    ...["Reds", "nothing"],
    ...["A", "nothing"],
  ]);
});

test("the tab leaves the notice to the page, which has it above every tab", async () => {
  const { live: one, replica, join } = await live({ ...STATUS, conflicts: 1 });
  await join();
  const notices = (part: typeof LiveTab | typeof LiveNotice) =>
    renderToStaticMarkup(createElement(part, { live: one })).split("spotter-notice").length - 1;
  assert.deepEqual([notices(LiveNotice), notices(LiveTab)], [1, 0]);
  replica.status = () => {
    throw new Error("broken");
  };
  assert.deepEqual([notices(LiveNotice), notices(LiveTab)], [1, 0]);
});

test("the notice says that this browser is out of sync, and is gone once it is not", async () => {
  const away = { ...STATUS, link: { state: "offline" as const }, inSync: false, editsNotSent: 2 };
  const { live: one, replica, join } = await live(away);
  await join();
  const notice = () => renderToStaticMarkup(createElement(LiveNotice, { live: one }));
  assert.match(notice(), /role="alert".*Out of sync.*2/);
  replica.standing = { ...STATUS, needResync: true };
  assert.match(notice(), /Out of sync/);
  replica.standing = { ...STATUS, inSync: false, editsNotSent: 1 };
  assert.equal(notice(), "", "an edit under way to the relay is no news");
  replica.standing = { ...STATUS, cannotSave: "disk full", passwordWanted: true };
  assert.match(notice(), /password again.*disk full/);
  replica.standing = { ...STATUS, conflicts: 2 };
  assert.match(notice(), /Conflicts[^<]*: 2/);
  replica.standing = STATUS;
  assert.equal(notice(), "");
  replica.status = () => {
    throw new Error("broken");
  };
  assert.match(notice(), /has stopped/);
});

test("every word can be translated", async () => {
  const { live: one, join } = await live({ ...STATUS, inSync: false, passwordWanted: true });
  const messages = Object.fromEntries(Object.keys(MESSAGES).map((key) => [key, `«${key}»`])) as Messages;
  const tab = () => renderToStaticMarkup(createElement(LiveTab, { live: one, messages }));
  const words = (markup: string) => markup.replace(/<[^>]*>/g, "\n").split("\n");
  const foreign = (markup: string) =>
    words(markup).filter((word) => /[a-z]{3}/i.test(word) && !/^«/.test(word));
  assert.deepEqual(foreign(tab()), []);
  await join();
  assert.deepEqual(foreign(tab()), ["Desk 10", "Platform 1", "Desk 10"], "all but names of locations");
});

test("the overlay's address has its key where browsers send it to nobody", () => {
  const at = { meetId: "123-456-789", day: 1, platform: 2, key: "se_cret" };
  const address = new URL(overlayAddress({ ...at, relay: "wss://relay.example.org/spotter/" }));
  assert.equal(
    address.href,
    "https://relay.example.org/spotter/overlay?meet=123-456-789&day=1&platform=2#key=se_cret",
  );
});

test("only a write of a box that the focus leaves untouched may be a stale one", async () => {
  const page = new EventTarget();
  const passing = watchFocus(page as Document);
  const happens = (...names: string[]) => {
    for (const name of names) {
      page.dispatchEvent(new Event(name));
    }
    return passing();
  };
  assert.equal(happens("focusin", "blur"), true, "passed through");
  assert.equal(happens("focusin", "input", "blur"), false, "typed");
  assert.equal(happens("focusin", "blur", "focusin", "mousedown"), false, "pressed");
  assert.equal(happens("keydown", "blur"), true, "left by a key");
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(passing(), false, "left long ago");
});
