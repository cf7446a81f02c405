import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type CheckAction,
  type Checker,
  type CheckInput,
  NEW_CHECKER,
  stepCheck,
} from "../src/feed/check.ts";
import { REFUSED_MS, REFUSED_TIMES, REVOKED, type Refusal } from "../src/feed/overlap.ts";
import { frameTo, pictureAt } from "./feed-fixtures.ts";

function through(
  inputs: readonly CheckInput[],
  from: Checker = NEW_CHECKER,
): readonly [Checker, readonly CheckAction[]] {
  let reader = from;
  let actions: readonly CheckAction[] = [];
  for (const input of inputs) [reader, actions] = stepCheck(reader, input, 0);
  return [reader, actions];
}

function all(turn: number, version: number): CheckInput {
  return { is: "all", turn, version, at: version, picture: pictureAt(version) };
}

function update(turn: number, version: number): CheckInput {
  return { is: "update", turn, frame: frameTo(version) };
}

function open(version: number): Checker {
  return through([{ is: "begin" }, { is: "opened", turn: 1 }, all(1, version)])[0];
}

/** Turned away as often as that, one try after another, and what the last of them led to. */
function turnedAway(
  times: number,
  refusal: Refusal,
  from: Checker,
): readonly [Checker, readonly CheckAction[]] {
  let reader = from;
  let actions: readonly CheckAction[] = [];
  for (let time = 0; time < times; time += 1) {
    if (reader.at === "resting") [reader] = through([{ is: "woken", turn: reader.turn }], reader);
    [reader, actions] = through([{ is: "closed", turn: reader.turn, refusal }], reader);
  }
  return [reader, actions];
}

const words = (actions: readonly CheckAction[]) => actions.map((action) => action.does);
const checks = (actions: readonly CheckAction[]) => actions.filter((action) => action.does === "check");

test("the first words on a connection are a version check, which asks for everything while nothing is held", () => {
  const [, actions] = through([{ is: "begin" }, { is: "opened", turn: 1 }]);
  assert.deepEqual(checks(actions), [{ does: "check", version: null }]);
});

test("every new connection begins with a check of the version held", () => {
  const [resting] = through([{ is: "closed", turn: 1, refusal: null }], open(5));
  const [, actions] = through(
    [
      { is: "woken", turn: 2 },
      { is: "opened", turn: 3 },
    ],
    resting,
  );
  assert.deepEqual(checks(actions), [{ does: "check", version: 5 }]);
});

test("everything replaces what was there, whichever version it has", () => {
  for (const version of [2, 5, 9]) {
    assert.deepEqual(through([all(1, version)], open(5))[0].held?.picture, pictureAt(version));
  }
});

test("an update that follows is applied: destroyed, created, updated, in that order", () => {
  let reader = open(0);
  for (let version = 1; version < 24; version += 1) {
    [reader] = through([update(1, version)], reader);
    assert.deepEqual(reader.held?.picture, pictureAt(version));
  }
});

test("an update that is known changes nothing", () => {
  const before = open(5);
  for (const version of [3, 4, 5])
    assert.deepEqual(through([update(1, version)], before)[0].held, before.held);
});

test("an update that leaves a gap, or does not fit, makes the reader check its version again", () => {
  assert.deepEqual(checks(through([update(1, 8)], open(5))[1]), [{ does: "check", version: 5 }]);
  const broken: CheckInput = {
    is: "update",
    turn: 1,
    frame: { ...frameTo(6), platform: null, create: [99] },
  };
  assert.deepEqual(checks(through([broken], open(5))[1]), [{ does: "check", version: null }]);
  assert.deepEqual(checks(through([{ is: "misshapen", turn: 1 }], open(5))[1]), [
    { does: "check", version: null },
  ]);
});

test("silence leads to a new connection, and so to a new check", () => {
  const [reader, actions] = through([{ is: "woken", turn: 1 }], open(5));
  assert.deepEqual(words(actions), ["close", "open", "wake"]);
  assert.equal(reader.held?.revision, 5);
});

test("a reader that is turned away says why, keeps its picture for a while, and asks at leisure", () => {
  for (const status of [401, 403, 404]) {
    const refusal = { status, code: "x", reason: "why" };
    for (let times = 1; times <= 5; times += 1) {
      const [reader, actions] = turnedAway(times, refusal, open(5));
      assert.deepEqual([reader.at, reader.refusal], ["resting", refusal]);
      const gone = status === 403 && times >= REFUSED_TIMES;
      assert.equal(reader.held === null, gone, `${status}, ${times}`);
      assert.equal(words(actions).includes("clear"), gone && times === REFUSED_TIMES);
      const afterMs = gone ? Math.min(REFUSED_MS * 2 ** (times - REFUSED_TIMES + 1), 120_000) : REFUSED_MS;
      assert.deepEqual(actions.at(-1), { does: "wake", turn: reader.turn, afterMs });
    }
  }
});

test("a relay that refuses and then knows the key again has forgotten nothing on the screen", () => {
  const [refused] = turnedAway(REFUSED_TIMES - 1, { status: 403, code: "x", reason: "why" }, open(5));
  const [reader, actions] = through(
    [
      { is: "woken", turn: refused.turn },
      { is: "opened", turn: refused.turn + 1 },
    ],
    refused,
  );
  assert.deepEqual(checks(actions), [{ does: "check", version: 5 }]);
  assert.deepEqual([reader.refusals, reader.refusal], [0, null]);
});

test("a key that is revoked takes the picture away at once, and the reader asks for everything should it be let in again", () => {
  const revoked: CheckInput = { is: "closed", turn: 1, refusal: REVOKED };
  const [reader, actions] = through([revoked], open(5));
  assert.deepEqual(words(actions), ["close", "clear", "wake"]);
  assert.deepEqual([reader.held, reader.refusal], [null, REVOKED]);
  const [, again] = through(
    [
      { is: "woken", turn: 2 },
      { is: "opened", turn: 3 },
    ],
    reader,
  );
  assert.deepEqual(checks(again), [{ does: "check", version: null }]);
});

test("a key that was revoked while the reader was away takes the picture away at once", () => {
  const [away] = through([{ is: "closed", turn: 1, refusal: null }], open(5));
  assert.deepEqual(words(turnedAway(1, REVOKED, away)[1]), ["close", "clear", "wake"]);
});

test("a picture that is still on the screen after a message that was not understood goes with the key, too", () => {
  const inputs: CheckInput[] = [
    { is: "misshapen", turn: 1 },
    { is: "closed", turn: 1, refusal: REVOKED },
  ];
  assert.deepEqual(words(through(inputs, open(5))[1]), ["close", "clear", "wake"]);
});

test("a reader whose key was revoked asks once in two minutes, and looks for a missing relay in less than a second", () => {
  let [reader, actions] = turnedAway(1, REVOKED, open(5));
  const waits: unknown[] = [actions.at(-1)];
  for (let times = 0; times < 40; times += 1) {
    [reader, actions] = turnedAway(1, REVOKED, reader);
    waits.push(actions.at(-1));
  }
  const afterMs = waits.map((wait) => (wait as { afterMs: number }).afterMs);
  assert.deepEqual(afterMs, [60_000, ...Array(40).fill(120_000)]);
  const [, missing] = through(
    [
      { is: "woken", turn: reader.turn },
      { is: "closed", turn: reader.turn + 1, refusal: null },
    ],
    reader,
  );
  assert.ok((missing.at(-1) as { afterMs: number }).afterMs < 1_000, JSON.stringify(missing));
});

// All interleavings of small runs, as in the test of the other rule.

type Carried =
  | { readonly is: "opened" }
  | { readonly is: "closed" }
  | { readonly is: "all" | "update"; readonly version: number };

interface World {
  readonly version: number;
  readonly reader: Checker;
  readonly socket: {
    readonly turn: number;
    readonly accepted: boolean;
    readonly mute: boolean;
    readonly up: readonly (number | null)[];
    readonly down: readonly Carried[];
  } | null;
  readonly wake: number | null;
  readonly edits: number;
  readonly restarts: number;
  readonly mutes: number;
  readonly alarms: number;
}

function told(world: World, input: CheckInput): World {
  const [reader, actions] = stepCheck(world.reader, input, 0);
  let next: World = { ...world, reader };
  for (const action of actions) {
    switch (action.does) {
      case "open":
        next = { ...next, socket: { turn: action.turn, accepted: false, mute: false, up: [], down: [] } };
        break;
      case "close":
        next = { ...next, socket: null };
        break;
      case "check":
        assert.ok(next.socket?.accepted);
        next = { ...next, socket: { ...next.socket, up: [...next.socket.up, action.version] } };
        break;
      case "wake":
        next = { ...next, wake: action.turn };
        break;
      case "show":
        assert.deepEqual(action.held.picture, pictureAt(action.held.revision));
        assert.ok(action.held.revision <= next.version);
        break;
      case "clear":
        assert.fail("nobody was turned away");
    }
  }
  return next;
}

function sent(world: World, ...more: Carried[]): World {
  const { socket } = world;
  return socket === null || socket.mute
    ? world
    : { ...world, socket: { ...socket, down: [...socket.down, ...more] } };
}

function choices(world: World): [string, () => World][] {
  const { socket } = world;
  const may: [string, () => World][] = [];
  if (socket !== null && !socket.accepted) {
    may.push(["accept", () => sent({ ...world, socket: { ...socket, accepted: true } }, { is: "opened" })]);
  }
  const check = socket?.up[0];
  if (socket !== null && !socket.mute && check !== undefined) {
    const read: World = { ...world, socket: { ...socket, up: socket.up.slice(1) } };
    may.push([
      "check",
      () => (check === world.version ? read : sent(read, { is: "all", version: world.version })),
    ]);
  }
  const head = socket?.down[0];
  if (socket !== null && head !== undefined) {
    const { turn } = socket;
    const input: CheckInput =
      head.is === "all"
        ? all(turn, head.version)
        : head.is === "update"
          ? update(turn, head.version)
          : head.is === "closed"
            ? { is: "closed", turn, refusal: null }
            : { is: "opened", turn };
    may.push(["carry", () => told({ ...world, socket: { ...socket, down: socket.down.slice(1) } }, input)]);
  }
  if (world.edits > 0) {
    const version = world.version + 1;
    const edited = { ...world, version, edits: world.edits - 1 };
    may.push(["edit", () => (socket?.accepted ? sent(edited, { is: "update", version }) : edited)]);
  }
  if (world.restarts > 0) {
    may.push(["restart", () => ({ ...sent(world, { is: "closed" }), restarts: world.restarts - 1 })]);
  }
  if (world.mutes > 0 && socket?.accepted) {
    may.push([
      "mute",
      () => ({ ...world, socket: { ...socket, mute: true, down: [] }, mutes: world.mutes - 1 }),
    ]);
  }
  if (world.alarms > 0) may.push(["alarm", () => woken({ ...world, alarms: world.alarms - 1 })]);
  return may;
}

function woken(world: World): World {
  return world.wake === null ? world : told({ ...world, wake: null }, { is: "woken", turn: world.wake });
}

function calm(world: World): World {
  let now: World = { ...world, edits: 0, restarts: 0, mutes: 0, alarms: 0 };
  let quiet = 0;
  for (let steps = 0; steps < 200; steps += 1) {
    const [next] = choices(now);
    if (next === undefined) {
      quiet += 1;
      if (quiet > 4) return now;
      now = woken(now);
    } else {
      now = next[1]();
    }
  }
  return assert.fail("the calm never comes");
}

test("in every interleaving, the reader shows only what the relay had, and in the calm what it has", (context) => {
  const seen = new Set<string>();
  const walk = (world: World) => {
    const key = JSON.stringify(world, (name, value) => (name === "picture" ? undefined : value));
    if (seen.has(key)) return;
    seen.add(key);
    const end = calm(world);
    assert.deepEqual(end.reader.held?.picture, pictureAt(end.version));
    for (const [, go] of choices(world)) walk(go());
  };
  const start: World = {
    version: 3,
    reader: NEW_CHECKER,
    socket: null,
    wake: null,
    edits: 3,
    restarts: 1,
    mutes: 1,
    alarms: 1,
  };
  walk(told(start, { is: "begin" }));
  context.diagnostic(`${seen.size} states`);
  assert.ok(seen.size > 1_000);
});
