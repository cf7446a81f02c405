import assert from "node:assert/strict";
import { test } from "node:test";
import type { Frame, Picture } from "../src/feed/display.ts";
import {
  type Action,
  ANSWER_MS,
  type Input,
  NEW,
  REFUSED_MS,
  REFUSED_TIMES,
  type Reader,
  SILENCE_MS,
  step,
} from "../src/feed/overlap.ts";
import { EPOCH, frameTo, pictureAt } from "./feed-fixtures.ts";

/** How many updates the relay of these tests sends again to whoever connects. */
const OVERLAP = 2;

function snapshot(turn: number, revision: number): Input {
  const etag = `"${revision}"`;
  const whole = {
    revision,
    epoch: EPOCH,
    generatedAt: revision,
    requestedAt: 0,
    picture: pictureAt(revision),
  };
  return { is: "snapshot", turn, etag, snapshot: whole };
}

function frame(turn: number, revision: number): Input {
  return { is: "frame", turn, frame: frameTo(revision) };
}

/** Steps through inputs and returns the reader with what the last of them led to. */
function through(inputs: readonly Input[], from: Reader = NEW): readonly [Reader, readonly Action[]] {
  let reader = from;
  let actions: readonly Action[] = [];
  for (const input of inputs) [reader, actions] = step(reader, input, 0);
  return [reader, actions];
}

/** A reader that is live at a revision; its turn is 1. */
function live(revision: number): Reader {
  const [reader] = through([
    { is: "begin" },
    snapshot(1, revision),
    { is: "opened", turn: 1 },
    { is: "not modified", turn: 1 },
  ]);
  assert.deepEqual(reader.phase, { at: "live", checking: false });
  return reader;
}

const words = (actions: readonly Action[]) => actions.map((action) => action.does);

test("a reader fetches first, shows, and then opens the feed", () => {
  const [fetching, first] = through([{ is: "begin" }]);
  assert.deepEqual(words(first), ["close", "fetch", "wake"]);
  const [, second] = through([snapshot(1, 7)], fetching);
  assert.deepEqual(words(second), ["show", "open", "wake"]);
});

test("once the feed is open, the reader asks whether its snapshot still holds", () => {
  const [reader, actions] = through([{ is: "begin" }, snapshot(1, 7), { is: "opened", turn: 1 }]);
  assert.deepEqual(actions, [
    { does: "fetch", turn: 1, etag: '"7"' },
    { does: "wake", turn: 1, afterMs: ANSWER_MS },
  ]);
  assert.deepEqual(reader.phase, { at: "confirming", waiting: [] });
});

test("scenario 1 of the overlap rule: 121 is loaded, 123 arrives, the reader closes, keeps its picture, fetches and opens anew", () => {
  const [reader, actions] = through([frame(1, 123)], live(121));
  assert.deepEqual(words(actions), ["close", "fetch", "wake"]);
  assert.deepEqual(reader.held?.picture, pictureAt(121));
  const [again, after] = through([snapshot(2, 123)], reader);
  assert.deepEqual(words(after), ["show", "open", "wake"]);
  assert.deepEqual(again.held?.picture, pictureAt(123));
});

test("scenario 2 of the overlap rule: 52 is loaded, 52 and lower arrive, nothing changes", () => {
  for (const revision of [52, 51, 43]) {
    const before = live(52);
    const [reader, actions] = through([frame(1, revision)], before);
    assert.deepEqual(words(actions), ["wake"]);
    assert.deepEqual(reader.held, before.held);
  }
});

test("the snapshot may be behind the overlap, inside it, or ahead of it", () => {
  const overlap = [8, 9, 10];
  for (const [loaded, outcome] of [
    [6, "starts over"],
    [7, 10],
    [8, 10],
    [9, 10],
    [10, 10],
    [12, 12],
  ] as const) {
    const [reader, actions] = through([...overlap.map((revision) => frame(1, revision))], live(loaded));
    if (outcome === "starts over") {
      assert.equal(reader.phase.at, "fetching");
      assert.equal(reader.held?.revision, loaded);
    } else {
      assert.equal(reader.held?.revision, outcome);
      assert.deepEqual(reader.held?.picture, pictureAt(outcome));
      assert.equal(words(actions).includes("close"), false);
    }
  }
});

test("updates that come before the confirmation wait for it", () => {
  const [reader, actions] = through([
    { is: "begin" },
    snapshot(1, 7),
    { is: "opened", turn: 1 },
    frame(1, 8),
    frame(1, 9),
    snapshot(1, 8),
  ]);
  assert.deepEqual(words(actions), ["show", "wake", "wake", "show", "wake"]);
  assert.deepEqual(reader.held?.picture, pictureAt(9));
});

test("a first update that overtakes the news of the open feed is not lost", () => {
  const [reader] = through([
    { is: "begin" },
    snapshot(1, 7),
    frame(1, 8),
    { is: "opened", turn: 1 },
    snapshot(1, 7),
  ]);
  assert.deepEqual(reader.held?.picture, pictureAt(8));
});

test("after a relay's restart with nothing to send again, the confirmation brings what was missed", () => {
  const [resting] = through([{ is: "closed", turn: 1, revoked: false }], live(7));
  const [reader] = through(
    [{ is: "woken", turn: 2 }, { is: "not modified", turn: 3 }, { is: "opened", turn: 3 }, snapshot(3, 9)],
    resting,
  );
  assert.deepEqual(reader.held?.picture, pictureAt(9));
  assert.equal(reader.phase.at, "live");
});

test("a relay whose memory was put back may have a lower revision, and the reader follows it", () => {
  const [resting] = through([{ is: "closed", turn: 1, revoked: false }], live(9));
  const [reader] = through(
    [
      { is: "woken", turn: 2 },
      snapshot(3, 4),
      { is: "opened", turn: 3 },
      { is: "not modified", turn: 3 },
      frame(3, 5),
    ],
    resting,
  );
  assert.deepEqual(reader.held?.picture, pictureAt(5));
});

test("an update of another run of the relay makes the reader start over, whatever its revision", () => {
  for (const revision of [3, 8, 99]) {
    const other: Input = { is: "frame", turn: 1, frame: { ...frameTo(revision), epoch: EPOCH + 1 } };
    assert.equal(through([other], live(7))[0].phase.at, "fetching");
  }
});

test("a feed that says nothing is checked, and a check that finds another revision starts over", () => {
  const [checking, actions] = through([{ is: "woken", turn: 1 }], live(7));
  assert.deepEqual(actions, [
    { does: "fetch", turn: 1, etag: '"7"' },
    { does: "wake", turn: 1, afterMs: ANSWER_MS },
  ]);
  const [calm, calmly] = through([{ is: "not modified", turn: 1 }], checking);
  assert.deepEqual(calmly, [{ does: "wake", turn: 1, afterMs: SILENCE_MS }]);
  assert.deepEqual(calm.phase, { at: "live", checking: false });
  const [over] = through([snapshot(1, 9)], checking);
  assert.equal(over.phase.at, "fetching");
  assert.deepEqual(over.held?.picture, pictureAt(7));
});

test("a check without an answer means that the link is dead", () => {
  const [reader, actions] = through(
    [
      { is: "woken", turn: 1 },
      { is: "woken", turn: 1 },
    ],
    live(7),
  );
  assert.equal(reader.phase.at, "resting");
  assert.deepEqual(words(actions), ["close", "wake"]);
});

test("failures lead to another try, for ever, and the picture stays", () => {
  let reader = live(7);
  for (let count = 0; count < 1_000; count += 1) {
    [reader] = through([{ is: "closed", turn: reader.turn, revoked: false }], reader);
    const [woken, actions] = step(reader, { is: "woken", turn: reader.turn }, 1);
    assert.ok(words(actions).includes("fetch"));
    assert.deepEqual(woken.held?.picture, pictureAt(7));
    reader = woken;
  }
});

test("gaps in a row are not chased without a wait", () => {
  const [once] = through([frame(1, 99)], live(7));
  const [reader] = through(
    [snapshot(2, 8), { is: "opened", turn: 2 }, { is: "not modified", turn: 2 }, frame(2, 99)],
    once,
  );
  assert.equal(reader.phase.at, "resting");
});

test("a page that is looked at again, or a network that returns, asks at once", () => {
  const [checking, actions] = through([{ is: "begin" }], live(7));
  assert.deepEqual(words(actions), ["fetch", "wake"]);
  assert.deepEqual(checking.phase, { at: "live", checking: true });
  const [resting] = through([{ is: "closed", turn: 1, revoked: false }], live(7));
  assert.deepEqual(words(through([{ is: "begin" }], resting)[1]), ["close", "fetch", "wake"]);
});

test("a message that is not understood makes the reader start over", () => {
  const [reader] = through([{ is: "frame", turn: 1, frame: null }], live(7));
  assert.equal(reader.phase.at, "fetching");
});

test("a reader that is turned away keeps its picture for a while, and asks at leisure", () => {
  for (const status of [401, 403, 404]) {
    const refusal = { status, code: "x", reason: "why" };
    let [reader] = through([{ is: "closed", turn: 1, revoked: false }], live(7));
    for (let times = 1; times <= 5; times += 1) {
      const turn = reader.turn + 1;
      const [next, actions] = through(
        [
          { is: "woken", turn: turn - 1 },
          { is: "failed", turn, refusal },
        ],
        reader,
      );
      reader = next;
      assert.deepEqual(reader.phase, { at: "resting", refusal });
      const gone = status === 403 && times >= REFUSED_TIMES;
      assert.equal(reader.held === null, gone, `${status}, ${times}`);
      assert.equal(words(actions).includes("clear"), gone && times === REFUSED_TIMES);
      const afterMs = gone ? Math.min(REFUSED_MS * 2 ** (times - REFUSED_TIMES + 1), 120_000) : REFUSED_MS;
      assert.deepEqual(actions.at(-1), { does: "wake", turn: reader.turn, afterMs });
    }
  }
});

test("a reader whose key was revoked asks once in two minutes, and looks for a missing relay in less than a second", () => {
  const refusal = { status: 403, code: "session-revoked", reason: "why" };
  let [reader, actions] = through([{ is: "closed", turn: 1, revoked: true }], live(7));
  const waits: unknown[] = [actions.at(-1)];
  for (let times = 0; times < 40; times += 1) {
    const turn = reader.turn + 1;
    [reader, actions] = through(
      [
        { is: "woken", turn: turn - 1 },
        { is: "failed", turn, refusal },
      ],
      reader,
    );
    waits.push(actions.at(-1));
  }
  const afterMs = waits.map((wait) => (wait as { afterMs: number }).afterMs);
  assert.deepEqual(afterMs, [60_000, ...Array(40).fill(120_000)]);
  const [, missing] = through(
    [
      { is: "woken", turn: reader.turn },
      { is: "failed", turn: reader.turn + 1, refusal: null },
    ],
    reader,
  );
  assert.ok((missing.at(-1) as { afterMs: number }).afterMs < 1_000, JSON.stringify(missing));
});

test("a relay that refuses and then knows the key again has forgotten nothing on the screen", () => {
  const refusal = { status: 403, code: "x", reason: "why" };
  const [refused] = through(
    [
      { is: "closed", turn: 1, revoked: false },
      { is: "woken", turn: 2 },
      { is: "failed", turn: 3, refusal },
    ],
    live(7),
  );
  const [reader] = through([{ is: "woken", turn: 4 }, snapshot(5, 8)], refused);
  assert.deepEqual(reader.held?.picture, pictureAt(8));
  assert.equal(reader.refusals, 0);
});

test("a key that the relay knows to be revoked takes the picture away at once", () => {
  const refusal = { status: 403, code: "session-revoked", reason: "why" };
  const inputs: Input[] = [
    { is: "closed", turn: 1, revoked: false },
    { is: "woken", turn: 2 },
    { is: "failed", turn: 3, refusal },
  ];
  assert.equal(through(inputs, live(7))[0].held, null);
});

test("a key that is revoked while its feed is open takes the picture away at once", () => {
  const [reader, actions] = through([{ is: "closed", turn: 1, revoked: true }], live(7));
  assert.equal(reader.held, null);
  assert.deepEqual(words(actions), ["close", "clear", "wake"]);
});

test("answers to what was asked before starting over are ignored", () => {
  const [reader] = through([frame(1, 99)], live(7));
  for (const late of [
    snapshot(1, 8),
    frame(1, 8),
    { is: "closed", turn: 1, revoked: false },
    { is: "woken", turn: 1 },
  ] as const) {
    const [after, actions] = step(reader, late, 0);
    assert.deepEqual([after, actions], [reader, []]);
  }
});

// All interleavings of small runs: a relay that is edited, restarted, cut off; a network that carries everything in any
// order it can; timers that fire at any time. Whatever happens, each picture shown is one that the relay had, and in the
// calm that follows the reader shows the relay's.

/** What may still go wrong or be edited. */
interface Budget {
  readonly edits: number;
  readonly restarts: number;
  readonly mutes: number;
  readonly alarms: number;
}

type Carried =
  | { readonly is: "opened" }
  | { readonly is: "frame"; readonly revision: number }
  | { readonly is: "closed" };

/** The whole small world: it is plain data, so that any state can be gone back to. */
interface World {
  readonly revision: number;
  /** The oldest revision that the relay can send again. */
  readonly remembers: number;
  readonly reader: Reader;
  readonly socket: {
    readonly turn: number;
    readonly accepted: boolean;
    readonly mute: boolean;
    readonly carries: readonly Carried[];
  } | null;
  /** Requests on their way; with an answer once the relay has given one. */
  readonly requests: readonly {
    readonly turn: number;
    readonly etag: string | null;
    readonly answer: number | "failed" | null;
  }[];
  readonly wake: number | null;
  readonly budget: Budget;
}

const SOCKET = { accepted: false, mute: false, carries: [] };

function told(world: World, input: Input): World {
  const [reader, actions] = step(world.reader, input, 0);
  let next: World = { ...world, reader };
  for (const action of actions) {
    switch (action.does) {
      case "fetch":
        next = {
          ...next,
          requests: [...next.requests, { turn: action.turn, etag: action.etag, answer: null }],
        };
        break;
      case "open":
        next = { ...next, socket: { ...SOCKET, turn: action.turn } };
        break;
      case "close":
        next = { ...next, socket: null };
        break;
      case "wake":
        next = { ...next, wake: action.turn };
        break;
      case "show":
        assert.deepEqual(action.held.picture, pictureAt(action.held.revision));
        assert.ok(action.held.revision <= next.revision, "no picture is ahead of the relay");
        break;
      case "clear":
        assert.fail("nobody was turned away");
    }
  }
  return next;
}

function carried(socket: NonNullable<World["socket"]>, ...more: Carried[]): World["socket"] {
  return socket.mute ? socket : { ...socket, carries: [...socket.carries, ...more] };
}

/** Everything that could happen next, by name. */
function choices(world: World): [string, () => World][] {
  const { socket, budget } = world;
  const all: [string, () => World][] = [];
  world.requests.forEach((request, at) => {
    const others = world.requests.filter((_, other) => other !== at);
    if (request.answer === null) {
      const served = { ...request, answer: world.revision };
      all.push([`serve ${at}`, () => ({ ...world, requests: [...others, served] })]);
      return;
    }
    const { turn, answer } = request;
    const input: Input =
      answer === "failed"
        ? { is: "failed", turn, refusal: null }
        : request.etag === `"${answer}"`
          ? { is: "not modified", turn }
          : snapshot(turn, answer);
    all.push([`answer ${at}`, () => told({ ...world, requests: others }, input)]);
  });
  if (socket !== null && !socket.accepted) {
    const first = Math.max(world.remembers, world.revision - OVERLAP + 1);
    const again: Carried[] = [];
    for (let revision = first; revision <= world.revision; revision += 1)
      again.push({ is: "frame", revision });
    const accepted = { ...socket, accepted: true };
    all.push(["accept", () => ({ ...world, socket: carried(accepted, { is: "opened" }, ...again) })]);
  }
  const head = socket?.carries[0];
  if (socket !== null && head !== undefined) {
    const { turn } = socket;
    const input: Input =
      head.is === "frame" ? frame(turn, head.revision) : { is: head.is, turn, revoked: false };
    all.push([
      "carry",
      () => told({ ...world, socket: { ...socket, carries: socket.carries.slice(1) } }, input),
    ]);
  }
  if (budget.edits > 0) all.push(["edit", () => edited(world)]);
  if (budget.restarts > 0) all.push(["restart", () => restarted(world)]);
  if (budget.mutes > 0 && socket?.accepted === true && !socket.mute) {
    const silent = { ...socket, mute: true, carries: [] };
    all.push(["mute", () => ({ ...world, socket: silent, budget: { ...budget, mutes: budget.mutes - 1 } })]);
  }
  if (budget.alarms > 0) {
    all.push(["alarm", () => woken({ ...world, budget: { ...budget, alarms: budget.alarms - 1 } })]);
  }
  return all;
}

function edited(world: World): World {
  const revision = world.revision + 1;
  const { socket, budget } = world;
  const carries = socket?.accepted === true ? carried(socket, { is: "frame", revision }) : socket;
  return { ...world, revision, socket: carries, budget: { ...budget, edits: budget.edits - 1 } };
}

/** The relay ends and begins: it forgets its last updates, and connections and unanswered requests fail. */
function restarted(world: World): World {
  const { socket, budget } = world;
  return {
    ...world,
    remembers: world.revision + 1,
    socket: socket && carried({ ...socket, accepted: true }, { is: "closed" }),
    requests: world.requests.map((request) =>
      request.answer === null ? { ...request, answer: "failed" } : request,
    ),
    budget: { ...budget, restarts: budget.restarts - 1 },
  };
}

function woken(world: World): World {
  return world.wake === null ? world : told({ ...world, wake: null }, { is: "woken", turn: world.wake });
}

/** Trouble ends: everything arrives, and timers fire only when nothing else can happen. */
function calm(world: World): World {
  let now: World = { ...world, budget: { edits: 0, restarts: 0, mutes: 0, alarms: 0 } };
  let quiet = 0;
  for (let steps = 0; steps < 200; steps += 1) {
    const [next] = choices(now);
    if (next !== undefined) {
      now = next[1]();
      continue;
    }
    quiet += 1;
    if (quiet > 8) return now;
    now = woken(now);
  }
  return assert.fail("the calm never comes");
}

function explore(budget: Budget): { states: number; runs: Set<string> } {
  const seen = new Set<string>();
  const ends = new Set<string>();
  const walk = (world: World, path: readonly string[]) => {
    const key = JSON.stringify(world, (name, value) => (name === "picture" ? undefined : value));
    if (seen.has(key)) return;
    seen.add(key);
    try {
      const end = calm(world);
      assert.equal(end.reader.phase.at, "live");
      assert.deepEqual(end.reader.held?.picture, pictureAt(end.revision));
      ends.add(`${end.revision}`);
      for (const [name, go] of choices(world)) walk(go(), [...path, name]);
    } catch (error) {
      if (error instanceof assert.AssertionError && !error.message.startsWith("after ")) {
        error.message = `after ${path.join(", ")}: ${error.message}`;
      }
      throw error;
    }
  };
  const start: World = {
    revision: 3,
    remembers: 1,
    reader: NEW,
    socket: null,
    requests: [],
    wake: null,
    budget,
  };
  walk(told(start, { is: "begin" }), []);
  return { states: seen.size, runs: ends };
}

for (const [name, budget] of [
  ["edits alone, more than the relay sends again", { edits: 4, restarts: 0, mutes: 0, alarms: 0 }],
  ["edits and a restart of the relay", { edits: 2, restarts: 1, mutes: 0, alarms: 1 }],
  ["edits and a feed that falls silent", { edits: 2, restarts: 0, mutes: 1, alarms: 1 }],
  ["an edit, two restarts, and timers that fire early", { edits: 1, restarts: 2, mutes: 0, alarms: 2 }],
] as const) {
  test(`in every interleaving, the reader shows only what the relay had, and in the calm what it has: ${name}`, (context) => {
    const { states, runs } = explore(budget);
    context.diagnostic(`${states} states`);
    assert.ok(states > 100, `${states} states`);
    assert.ok(runs.size > budget.edits, "every number of edits was reached");
  });
}

test("the judge of interleavings catches a reader that does not ask again after the feed opened", () => {
  // Without the confirmation, a restart between snapshot and feed leaves the reader stale: the world can show it.
  const unconfirmed = (world: World): World => {
    const { reader } = world;
    return reader.phase.at === "confirming"
      ? { ...world, reader: { ...reader, phase: { at: "live", checking: false } }, requests: [], wake: null }
      : world;
  };
  let world: World = {
    revision: 3,
    remembers: 1,
    reader: NEW,
    socket: null,
    requests: [],
    wake: null,
    budget: { edits: 1, restarts: 1, mutes: 0, alarms: 0 },
  };
  world = told(world, { is: "begin" });
  for (const wanted of ["serve 0", "answer 0", "edit", "restart"]) {
    const found = choices(world).find(([name]) => name === wanted);
    assert.ok(found, wanted);
    world = found[1]();
  }
  // The restart closed nothing, since nothing was accepted yet: the feed opens at the new relay, which has forgotten.
  world = { ...world, socket: { ...SOCKET, turn: 1 } };
  for (const wanted of ["accept", "carry"]) {
    const found = choices(world).find(([name]) => name === wanted);
    assert.ok(found, wanted);
    world = unconfirmed(found[1]());
  }
  assert.equal(world.reader.phase.at, "live");
  assert.equal(choices(world).length, 0);
  assert.notDeepEqual(world.reader.held?.picture as Picture, pictureAt(world.revision));
});

test("a message is applied whole or not at all: a row without its creation starts over", () => {
  const broken: Frame = {
    ...frameTo(8),
    create: [],
    update: [{ ...pictureAt(8).lifters[0], id: 77 } as never],
  };
  const [reader, actions] = through([{ is: "frame", turn: 1, frame: broken }], live(7));
  assert.deepEqual(words(actions), ["close", "fetch", "wake"]);
  assert.deepEqual(reader.held?.picture, pictureAt(7));
});
