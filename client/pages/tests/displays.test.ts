import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { addressOf, missing, Options, SCENE_COUNT } from "../src/feed/address.ts";
import { type CheckInput, NEW_CHECKER, stepCheck } from "../src/feed/check.ts";
import { attemptsOf, type Frame, type Picture } from "../src/feed/display.ts";
import { SCENES } from "../src/feed/invented.ts";
import { operatorLines } from "../src/feed/operator.ts";
import { type Held, type Input, NEW, step } from "../src/feed/overlap.ts";
import { whole } from "../src/feed/parse.ts";
import { barWords, isDark } from "../src/feed/plates.ts";
import {
  classOf,
  competitionOf,
  displayWeight,
  refusalWords,
  upcoming,
  withUnit,
} from "../src/feed/shown.ts";
import { overlayOptions, PARTS, PLACES, THEMES } from "../src/overlay/options.ts";
import { verdictAfter, verdictKept } from "../src/overlay/verdict.ts";
import { COLUMNS, SORTS, scoreboardOptions } from "../src/scoreboard/options.ts";
import { NARROW_COLUMNS, sorted } from "../src/scoreboard/view.ts";
import { EPOCH, frameBetween } from "./feed-fixtures.ts";

const HOLD_MS = 6_000;
const ADDRESS = "?meet=123-456-789&day=2&platform=3";
const DOCUMENT = readFileSync("../../docs/overlay.md", "utf8");

function scene(about: string): Picture {
  const found = SCENES.find((one) => one.about === about)?.picture;
  assert.ok(found, about);
  return found;
}

const BEGUN = scene("the flight is about to begin");
const GOOD = scene("a good lift");
const BAD = scene("a no lift, of somebody with a long name");
const CORRECTED = scene("a mis-marked lift is corrected");
const COMPLETE = scene("the flight is complete");

test("an address names meet, day and platform, and has its key in the fragment only", () => {
  const address = addressOf(new Options(ADDRESS), "/", "#key=abc_-9");
  assert.equal(address.meet, "123456789");
  assert.deepEqual([address.day, address.platform, address.key], [2, 3, "abc_-9"]);
  assert.equal(missing(address), null);
  assert.equal(addressOf(new Options(`${ADDRESS}&key=abc`), "/", "").key, null);
});

test("the feed is found beside the page, also below a sub-path and at the meet's own address", () => {
  const at = (path: string) => {
    const { base, meet } = addressOf(new Options(""), path, "");
    return [base, meet];
  };
  assert.deepEqual(at("/overlay"), ["/", null]);
  assert.deepEqual(at("/spotter/scoreboard"), ["/spotter/", null]);
  assert.deepEqual(at("/live/123456789"), ["/", "123456789"]);
  assert.deepEqual(at("/spotter/live/123456789"), ["/spotter/", "123456789"]);
});

test("an address without meet or key says what is missing, and a test needs neither", () => {
  const lacking = (search: string, fragment: string) =>
    missing(addressOf(new Options(search), "/", fragment));
  assert.match(lacking("", "#key=abc") ?? "", /no meet/);
  assert.match(lacking("?meet=12", "#key=abc") ?? "", /no meet/);
  assert.match(lacking(ADDRESS, "") ?? "", /no key/);
  assert.equal(lacking("?test", ""), null);
});

test("an overlay without options has its defaults and nothing to remark", () => {
  const options = overlayOptions("/overlay", ADDRESS, "#key=abc");
  assert.deepEqual([...options.show], ["team", "plates", "lights", "next"]);
  assert.deepEqual(
    [
      options.align,
      options.theme,
      options.scale,
      options.units,
      options.next,
      options.holdMs,
      options.operator,
    ],
    ["bottom-left", "dark", 1, "meet", 2, 6_000, false],
  );
  assert.deepEqual(options.remarks, []);
});

test("every option of an overlay is read", () => {
  const search = `${ADDRESS}&show=attempts,lights&align=top&theme=plain&scale=1.5&units=both&next=4&hold=2.5&operator&rule=check`;
  const options = overlayOptions("/overlay", search, "#key=abc");
  assert.deepEqual([...options.show], ["attempts", "lights"]);
  assert.deepEqual(
    [
      options.align,
      options.theme,
      options.scale,
      options.units,
      options.next,
      options.holdMs,
      options.operator,
      options.rule,
    ],
    ["top", "plain", 1.5, "both", 4, 2_500, true, "check"],
  );
  assert.deepEqual(options.remarks, []);
});

test("every option of a scoreboard is read", () => {
  const options = scoreboardOptions(
    "/scoreboard",
    `${ADDRESS}&show=lot,total&sort=name&theme=light`,
    "#key=abc",
  );
  assert.deepEqual([...options.show], ["lot", "total"]);
  assert.deepEqual([options.sort, options.theme], ["name", "light"]);
  assert.deepEqual(options.remarks, []);
});

test("an option that is not understood is remarked on and does not get in the way", () => {
  const options = overlayOptions(
    "/overlay",
    `${ADDRESS}&theme=pink&scale=huge&next=1.5&show=plates,lamps&colour=red`,
    "#key=abc",
  );
  assert.deepEqual(
    [options.theme, options.scale, options.next, [...options.show]],
    ["dark", 1, 2, ["plates"]],
  );
  assert.equal(options.remarks.length, 5);
  for (const word of ["pink", "huge", "1.5", "lamps", "colour"]) {
    assert.ok(
      options.remarks.some((remark) => remark.includes(word)),
      word,
    );
  }
});

test("a list with nothing in it that is understood is as if it were not given, and is remarked on", () => {
  const search = `${ADDRESS}&show=nonsense,lamps`;
  const overlay = overlayOptions("/overlay", search, "#key=abc");
  assert.deepEqual(overlay.show, overlayOptions("/overlay", ADDRESS, "#key=abc").show);
  const scoreboard = scoreboardOptions("/scoreboard", search, "#key=abc");
  assert.deepEqual([...scoreboard.show], ["team", "class", "total", "place"]);
  for (const { remarks } of [overlay, scoreboard]) {
    assert.deepEqual(
      remarks.map((remark) => /^show="(\w+)" is not any of/.exec(remark)?.[1]),
      ["nonsense", "lamps"],
    );
  }
});

test("an operator can be switched off again, and an empty list shows nothing", () => {
  const options = overlayOptions("/overlay", "?test=3&operator=0&show=", "");
  assert.equal(options.operator, false);
  assert.equal(options.show.size, 0);
  assert.equal(options.test, 3);
});

test("weights are displayed as OpenLifter displays them", () => {
  assert.deepEqual(
    [182.5, 100, 62.25, 0.1 + 0.2].map((kg) => displayWeight(kg, "kg")),
    ["182.5", "100", "62.25", "0.3"],
  );
  // 150 kg are 330.693 lb, which is taken up to the next tenth; 350 lb come back although their kilograms are no round number.
  assert.equal(displayWeight(150, "lb"), "330.7");
  assert.equal(displayWeight(350 / 2.20462262, "lb"), "350");
});

test("weights have the meet's unit unless the address wants another, or both", () => {
  assert.equal(withUnit(100, true, "meet"), "100 kg");
  assert.equal(withUnit(100, false, "meet"), "220.46 lb");
  assert.equal(withUnit(100, false, "kg"), "100 kg");
  assert.equal(withUnit(100, true, "both"), "100 kg · 220.46 lb");
  assert.equal(withUnit(100, false, "both"), "220.46 lb · 100 kg");
});

test("a weight class keeps the meet's unit, and says so beside weights of the other", () => {
  const [row] = GOOD.lifters;
  assert.ok(row);
  const shown = (weightClass: string, inKg: boolean) =>
    (["meet", "kg", "lb", "both"] as const).map((units) => classOf({ ...row, weightClass }, inKg, units));
  assert.deepEqual(shown("82.5", true), ["82.5", "82.5", "82.5 kg", "82.5"]);
  assert.deepEqual(shown("275+", false), ["275+", "275+ lb", "275+", "275+"]);
  assert.deepEqual(shown("", false), ["", "", "", ""]);
});

test("where a lifter is in several competitions, what tells the shown one from the others is said", () => {
  const [row] = GOOD.lifters;
  assert.ok(row);
  const told = (...places: (readonly [event: string, division: string])[]) =>
    competitionOf({ ...row, places: places.map(([event, division]) => ({ event, division, place: "1" })) });
  assert.equal(told(["SBD", "Open"]), "");
  assert.equal(told(["SBD", "Open"], ["B", "Open"]), "SBD");
  assert.equal(told(["SBD", "Open"], ["SBD", "Masters"]), "Open");
  assert.equal(told(["SBD", "Open"], ["B", "Open"], ["SBD", "Masters"]), "Open, SBD");
  assert.equal(told(), "");
});

test("a scene that does not exist is remarked on, and all are played", () => {
  assert.equal(SCENES.length, SCENE_COUNT);
  const asked = (scene: string) => {
    const { test: played, remarks } = overlayOptions("/overlay", `?test=${scene}`, "");
    return [played, remarks.length];
  };
  assert.deepEqual(asked(String(SCENE_COUNT)), [SCENE_COUNT, 0]);
  assert.deepEqual(asked(""), ["all", 0]);
  for (const scene of [String(SCENE_COUNT + 1), "99", "0", "1.5", "x"])
    assert.deepEqual(asked(scene), ["all", 1], scene);
});

test("the page about displays names the columns that the style sheet drops on a narrow screen", () => {
  const sheet = readFileSync("src/scoreboard/scoreboard.css", "utf8");
  const dropping = /((?:[^{}]*,)?[^{},]*)\{\s*display: none/.exec(
    sheet.slice(sheet.indexOf("max-width: 760px")),
  );
  const dropped = [...(dropping?.[1] ?? "").matchAll(/\.board \.(\w+)/g)].map(([, column]) => column);
  assert.ok(dropped.length > 0);
  const said = /narrower than 760 pixels[^.]*\./.exec(DOCUMENT)?.[0] ?? "";
  assert.deepEqual(
    [...said.matchAll(/`(\w+)`/g)].map(([, column]) => column),
    dropped,
  );
  const kept = COLUMNS.filter((column) => !dropped.includes(column));
  assert.deepEqual(kept, NARROW_COLUMNS);
});

test("a verdict of whoever's turn it was appears, and stays while the next lifter is already called", () => {
  const verdict = verdictAfter(null, BEGUN, GOOD, 1_000, HOLD_MS);
  assert.deepEqual(verdict, { id: 1, lift: "S", attempt: 1, good: true, until: 7_000 });
  assert.equal(GOOD.platform.current, 2);
});

test("the verdict after it takes its place", () => {
  const first = verdictAfter(null, BEGUN, GOOD, 1_000, HOLD_MS);
  assert.deepEqual(verdictAfter(first, GOOD, BAD, 2_000, HOLD_MS), {
    id: 2,
    lift: "S",
    attempt: 1,
    good: false,
    until: 8_000,
  });
});

test("a correction turns the verdict on the screen", () => {
  const wrong = verdictAfter(null, GOOD, BAD, 1_000, HOLD_MS);
  assert.deepEqual(verdictAfter(wrong, BAD, CORRECTED, 3_000, HOLD_MS), {
    id: 2,
    lift: "S",
    attempt: 1,
    good: true,
    until: 9_000,
  });
});

test("a verdict that is taken back, or whose lifter is gone, leaves the screen", () => {
  const verdict = verdictAfter(null, BEGUN, GOOD, 1_000, HOLD_MS);
  assert.equal(verdictAfter(verdict, GOOD, BEGUN, 2_000, HOLD_MS), null);
  const without = { ...GOOD, lifters: GOOD.lifters.filter(({ id }) => id !== 1) };
  assert.equal(verdictAfter(verdict, GOOD, without, 2_000, HOLD_MS), null);
});

test("a change that judges nobody brings no verdict, and does not lengthen one", () => {
  assert.equal(verdictAfter(null, BEGUN, BEGUN, 1_000, HOLD_MS), null);
  const verdict = verdictAfter(null, BEGUN, GOOD, 1_000, HOLD_MS);
  assert.equal(verdictAfter(verdict, GOOD, GOOD, 5_000, HOLD_MS), verdict);
  assert.equal(verdictAfter(verdict, GOOD, GOOD, 7_000, HOLD_MS), null);
});

test("a correction of somebody else's earlier attempt brings no verdict", () => {
  assert.equal(verdictAfter(null, BAD, CORRECTED, 1_000, HOLD_MS), null);
});

/** Somebody is called to their first squat out of turn, which is how OpenLifter's tables judge an attempt anew. */
function calledAgain(picture: Picture, id: number): Picture {
  return { ...picture, platform: { ...picture.platform, current: id, overridden: true } };
}

/** What a page is shown. */
interface Told {
  readonly picture: Picture;
  readonly live: boolean;
}

/** What a reader of the overlap rule shows that fetches the first of these pictures, and is sent the others. */
function shownByOverlap([first, ...others]: readonly [Picture, ...Picture[]]): readonly Told[] {
  const whole = { revision: 0, epoch: EPOCH, generatedAt: 0, requestedAt: 0, picture: first };
  const inputs: Input[] = [
    { is: "begin" },
    { is: "snapshot", turn: 1, etag: '"0"', snapshot: whole },
    { is: "opened", turn: 1 },
    { is: "not modified", turn: 1 },
    ...framesOf(first, others).map((frame) => ({ is: "frame", turn: 1, frame }) as const),
  ];
  let reader = NEW;
  return inputs.flatMap((input) => {
    const [next, actions] = step(reader, input, 0);
    reader = next;
    return actions.flatMap((action) => (action.does === "show" ? toldBy(action) : []));
  });
}

/** The same for the version check. */
function shownByCheck([first, ...others]: readonly [Picture, ...Picture[]]): readonly Told[] {
  const inputs: CheckInput[] = [
    { is: "begin" },
    { is: "opened", turn: 1 },
    { is: "all", turn: 1, version: 0, at: 0, picture: first },
    ...framesOf(first, others).map((frame) => ({ is: "update", turn: 1, frame }) as const),
  ];
  let reader = NEW_CHECKER;
  return inputs.flatMap((input) => {
    const [next, actions] = stepCheck(reader, input, 0);
    reader = next;
    return actions.flatMap((action) => (action.does === "show" ? toldBy(action) : []));
  });
}

function framesOf(first: Picture, others: readonly Picture[]): readonly Frame[] {
  return others.map((picture, at) => frameBetween(others[at - 1] ?? first, picture, at + 1));
}

function toldBy({ held, live }: { readonly held: Held; readonly live: boolean }): Told {
  return { picture: held.picture, live };
}

test("a judged lifter who is called again, and not judged anew, gets no verdict", () => {
  const called = calledAgain(BAD, 2);
  assert.equal(verdictAfter(null, BAD, called, 1_000, HOLD_MS), null);
  // Back to the order.
  assert.equal(verdictAfter(null, called, BAD, 2_000, HOLD_MS), null);
  // Another weight, the same verdict.
  const heavier = BAD.lifters.map((row) =>
    row.id === 2 ? { ...row, squat: row.squat.map((slot) => ({ ...slot, kg: slot.kg + 2.5 })) } : row,
  );
  assert.equal(verdictAfter(null, called, { ...called, lifters: heavier }, 3_000, HOLD_MS), null);
});

test("a judged lifter who is called again and judged otherwise gets the new verdict, either way", () => {
  const [first, good] = [calledAgain(BAD, 2), CORRECTED];
  const verdict = { id: 2, lift: "S", attempt: 1, until: 7_000 };
  assert.deepEqual(verdictAfter(null, first, good, 1_000, HOLD_MS), { ...verdict, good: true });
  const second = calledAgain(CORRECTED, 2);
  assert.deepEqual(verdictAfter(null, second, BAD, 1_000, HOLD_MS), { ...verdict, good: false });
});

test("under either rule of the feed, an attempt that is called again and left alone brings no verdict", () => {
  const run: readonly [Picture, ...Picture[]] = [
    BEGUN,
    GOOD,
    BAD,
    calledAgain(BAD, 2),
    BAD,
    calledAgain(BAD, 2),
    CORRECTED,
  ];
  const expected = [null, true, false, null, null, null, true];
  for (const shown of [shownByOverlap(run), shownByCheck(run)]) {
    let before: Picture | null = null;
    const verdicts = shown.map(({ picture, live }) => {
      const verdict = live ? verdictAfter(null, before, picture, 0, HOLD_MS) : verdictKept(null, picture, 0);
      before = picture;
      return verdict?.good ?? null;
    });
    assert.deepEqual(verdicts, expected);
  }
});

test("a picture that was fetched whole brings no verdict, and keeps one only if it still holds", () => {
  const verdict = verdictAfter(null, GOOD, BAD, 1_000, HOLD_MS);
  assert.equal(verdictKept(verdict, BAD, 2_000), verdict);
  assert.equal(verdictKept(verdict, CORRECTED, 2_000), null);
  assert.equal(verdictKept(null, BAD, 2_000), null);
});

test("those who lift next are the rest of this attempt, then the next attempts called", () => {
  assert.deepEqual(
    upcoming(GOOD, 9).map(({ row, attempt }) => [row.id, attempt]),
    [
      [3, 1],
      [4, 1],
      [5, 1],
      [6, 1],
      [1, 2],
    ],
  );
  assert.deepEqual(upcoming(COMPLETE, 9), []);
  assert.equal(upcoming(GOOD, 2).length, 2);
});

test("the first of those who lift next is the relay's, in every scene", () => {
  for (const { picture } of SCENES) {
    if (picture === null) continue;
    const [first] = upcoming(picture, 1);
    if (first !== undefined && first.attempt === picture.platform.attempt)
      assert.equal(first.row.id, picture.platform.next);
  }
});

test("every invented scene is a whole picture, or has none", () => {
  assert.ok(SCENES.length >= 10);
  for (const { about, picture, refusal } of SCENES) {
    if (picture === null) continue;
    assert.equal(refusal, null, about);
    whole(picture);
    const current = picture.lifters.find(({ id }) => id === picture.platform.current);
    if (current === undefined) continue;
    const called = attemptsOf(current, picture.platform.lift)[picture.platform.attempt - 1];
    assert.ok(called !== undefined && called.kg > 0 && called.status === 0, about);
    assert.equal(picture.platform.loading?.targetKg, called.kg, about);
  }
});

test("the invented scenes cover every state of a display", () => {
  const pictures = SCENES.flatMap(({ picture }) => picture ?? []);
  assert.deepEqual([...new Set(pictures.map(({ platform }) => platform.lift))].sort(), ["B", "D", "S"]);
  assert.ok(pictures.some(({ platform }) => platform.current === null));
  assert.ok(pictures.some(({ platform }) => platform.attempt === 4));
  assert.ok(pictures.some(({ platform }) => !platform.meet.inKg));
  assert.ok(pictures.some(({ platform }) => (platform.loading?.shortKg ?? 0) > 0));
  assert.ok(SCENES.some(({ picture, refusal }) => picture === null && refusal === null));
  assert.ok(SCENES.some(({ refusal }) => refusal !== null));
});

test("the bar is described in words, with what cannot be loaded", () => {
  const words = (about: string) => {
    const { loading } = scene(about).platform;
    assert.ok(loading);
    return barWords(loading);
  };
  assert.equal(words("the flight is about to begin"), "On each side 25, 10, 2.5");
  assert.match(
    words("more than can be loaded with the plates there are"),
    /^On each side 7 × 25, .*cannot be loaded/,
  );
  assert.equal(
    barWords({ targetKg: 25, barKg: 25, plates: [], shortKg: 0, shown: "25" }),
    "Bar and collars alone",
  );
});

test("labels are white on dark plates and black on light ones", () => {
  assert.deepEqual(["#000000", "#575757", "#FFEF2A", "#FFFFFF"].map(isDark), [true, true, false, false]);
});

test("rows stay in lifting order unless the address wants another", () => {
  const ids = (sort: Parameters<typeof sorted>[1]) => sorted(GOOD.lifters, sort).map(({ id }) => id);
  assert.deepEqual(ids("order"), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(ids("lot"), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(ids("name").length, 6);
  assert.notDeepEqual(ids("name"), ids("order"));
  assert.equal(ids("total")[0], 1);
});

test("an operator reads the link, the age by the relay's clock, and remarks on the address", () => {
  const made = { revision: 7, generatedAt: 60_000 };
  const link = {
    by: "key",
    state: "live",
    refusal: null,
    heardAt: 98_000,
    offset: { aheadMs: 1_000, errorMs: 5 },
  } as const;
  assert.deepEqual(operatorLines({ link, made, remarks: ["x"] }, 101_000), [
    "Live · picture from 42 s ago · last heard 3 s ago · revision 7",
    "x",
  ]);
  assert.deepEqual(operatorLines({ link: null, made: null, remarks: [] }, 0), ["Not connected"]);
});

test("a refusal says in words what to do, with a key or a password", () => {
  const words = (status: number, code = "x", by: "key" | "password" = "key") =>
    refusalWords({ status, code, reason: "no such day" }, by);
  assert.match(words(403, "session-revoked"), /has been revoked/);
  for (const status of [401, 403]) {
    assert.match(words(status), /does not accept this.*Copy the whole address/);
    assert.match(words(status, "x", "password"), /does not accept this.*Type the password again/);
  }
  assert.match(words(404), /no such day/);
  assert.match(words(404, "x", "password"), /no such day/);
});

test("the page about displays names every option and every value of it", () => {
  for (const word of [
    ...PARTS,
    ...PLACES,
    ...THEMES,
    ...COLUMNS,
    ...SORTS,
    "overlap",
    "check",
    "meet",
    "kg",
    "lb",
    "both",
  ]) {
    assert.ok(DOCUMENT.includes(`\`${word}\``), `docs/overlay.md does not name \`${word}\``);
  }
  const named = [
    "meet",
    "day",
    "platform",
    "show",
    "next",
    "hold",
    "align",
    "theme",
    "units",
    "scale",
    "operator",
    "test",
    "rule",
    "sort",
  ];
  for (const option of named)
    assert.ok(DOCUMENT.includes(`\`${option}`), `docs/overlay.md does not name the option ${option}`);
});
