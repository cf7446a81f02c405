/** The Scoring page of one day and platform. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Lift, PlatformView, Shown } from "spotter-client";
import { type App, attempt, codeOf, say, undoLast, unmark, wordsOf } from "../common/app.ts";
import { allSaved } from "../common/fields.tsx";
import { useKeys } from "../common/keys.ts";
import { unit, valueText } from "../common/kinds.ts";
import { numberOf } from "../common/schedule.ts";
import { NoMeet, pageAddress } from "../common/shell.tsx";
import { Act, Dialog } from "../common/widgets.tsx";
import { isolated } from "../common/words.ts";
import { Company, Differences, Rack, Upcoming } from "./around.tsx";
import {
  attemptsOf,
  doubted,
  LIFTS,
  lastJudged,
  liftOf,
  pathOf,
  restWords,
  type Slot,
  slotWords,
  verdictWords,
  wanted,
} from "./attempts.ts";
import { AttemptDialog, OverrideDialog } from "./dialogs.tsx";
import { NextAttempts } from "./next.tsx";
import { Plates } from "./plates.tsx";
import { Selectors } from "./selectors.tsx";
import { FlightSheet } from "./sheet.tsx";
import { FlightTable } from "./table.tsx";
import { useMovedOn } from "./turn.ts";

/** Two presses within this time are one press of a nervous hand. */
const AGAIN_MS = 500;

/** The page. */
export function Scoring(props: { app: App }) {
  const { app } = props;
  const asked = new URLSearchParams(location.search);
  const [day, setDay] = useState(numberOf(asked.get("day")));
  const [platform, setPlatform] = useState(numberOf(asked.get("platform")));
  if (app.meet.value === null) {
    return <NoMeet app={app} />;
  }
  const go = (nextDay: number, nextPlatform: number) => {
    setDay(nextDay);
    setPlatform(nextPlatform);
    history.replaceState(
      null,
      "",
      pageAddress("./scoring", { day: String(nextDay), platform: String(nextPlatform) }),
    );
  };
  return <Table key={`${day}.${platform}`} app={app} day={day} platform={platform} go={go} />;
}

/** What a press of good lift or no lift is about. */
interface Judging {
  readonly slot: Slot;
  readonly kg: number;
  readonly good: boolean;
}

function Table(props: {
  app: App;
  day: number;
  platform: number;
  go: (day: number, platform: number) => void;
}) {
  const { app, day, platform } = props;
  const screen = { day, platform };
  const view = app.replica.platform(screen);
  const [correcting, showCorrecting] = useState<Slot | null>(null);
  // What the keys are about, also before it is drawn: two keys may follow each other faster than that.
  const aim = useRef<Slot | null>(null);
  const setCorrecting = (slot: Slot | null) => {
    aim.current = slot;
    showCorrecting(slot);
  };
  const [opened, setOpened] = useState<Slot | null>(null);
  const [overriding, setOverriding] = useState(false);
  const [moved, setMoved] = useState<{ judging: Judging; theirs: Shown | null } | null>(null);
  const pressed = useRef(Number.NEGATIVE_INFINITY);
  const row = (id: number | null) => view.lifters.find((lifter) => lifter.id === id) ?? null;
  const current = row(view.current);
  const now: Slot | null = current === null ? null : { id: current.id, lift: view.lift, slot: view.attempt };
  const target = correcting ?? now;
  const targetRow = target === null ? null : row(target.id);
  const { moved: movedOn, latest: justMoved } = useMovedOn(app, now);
  const targetSeen = target === null ? "" : (app.replica.get(pathOf(target))?.write ?? "");

  useEffect(() => {
    app.replica.setPresence({ day, platform, ...(view.current === null ? {} : { entry: view.current }) });
  }, [app, day, platform, view.current]);
  useEffect(() => () => app.replica.setPresence(null), [app]);
  useTurned(app, view);

  const judge = async (judging: Judging, seen: string) => {
    const path = pathOf(judging.slot);
    const clears = view.overridden
      ? {
          [`lifting.${day}.${platform}`]: {
            flight: view.flight,
            lift: view.lift,
            overrideAttempt: null,
            overrideEntryId: null,
          },
        }
      : {};
    try {
      await app.replica.edit(
        { [path]: [judging.kg, judging.good ? 1 : -1], ...clears },
        { seen: { [path]: seen } },
      );
      unmark(app, path);
      setCorrecting(null);
      const words = `${slotWords(judging.slot, row(judging.slot.id)?.name ?? "")}: ${verdictWords(judging.good ? 1 : -1)}.`;
      say(judging.good ? "good" : "warn", words);
    } catch (why) {
      if (codeOf(why) === "moved") setMoved({ judging, theirs: app.replica.get(path) });
      else say("bad", `Not saved: ${wordsOf(why)}`);
    }
  };
  const press = (good: boolean) => {
    const at = aim.current ?? now;
    const lifter = at === null ? null : row(at.id);
    if (at === null || lifter === null) return say("note", "Nobody is to lift now.");
    if (performance.now() - pressed.current < AGAIN_MS)
      return say("note", "Two presses in half a second: the second was not taken.");
    if (aim.current === null && justMoved.current !== null) {
      const by = justMoved.current.by || "another location";
      return say(
        "note",
        `Not taken: ${by} has only just moved the table on to ${isolated(lifter.name)}. Press again if this lift is to be judged.`,
      );
    }
    pressed.current = performance.now();
    const kg = attemptsOf(lifter, at.lift)[at.slot - 1]?.kg ?? 0;
    const seen = at === target ? targetSeen : (app.replica.get(pathOf(at))?.write ?? "");
    void judge({ slot: at, kg, good }, seen);
  };
  const correct = () => {
    const focused = slotOfFocus();
    const judged =
      focused !== null && row(focused.id) !== null
        ? focused
        : lastJudged(view, (path) => app.replica.get(path)?.time);
    if (judged === null) return say("note", "No attempt has been judged yet in this flight.");
    pressed.current = Number.NEGATIVE_INFINITY;
    setCorrecting(judged);
  };
  const select = (flight: string, lift: Lift) => {
    setCorrecting(null);
    void attempt("Flight and lift", () =>
      app.replica.act({ type: "SET_LIFTING_GROUP", day, platform, flight, lift }, screen),
    );
  };
  const step = (by: 1 | -1) => stepCell(by);
  useKeys([
    { key: "ArrowRight", label: "Next attempt of the table; Enter opens it", run: () => step(1) },
    { key: "ArrowLeft", label: "Attempt before", run: () => step(-1) },
    ...(correcting === null
      ? []
      : [{ key: "Escape", label: "Stop correcting", run: () => setCorrecting(null) }]),
  ]);
  const printed = () => window.print();

  return (
    <>
      <div class="screen stack">
        <Selectors app={app} view={view} go={props.go} select={select} />
        <Company app={app} view={view} />
        <div class="stage">
          <section
            class={`card now ${correcting === null ? "" : "correcting"}`}
            aria-labelledby="now-title"
            data-moved-by={movedOn?.by}
          >
            <h2 id="now-title">{correcting === null ? "Lifting now" : "Correcting"}</h2>
            {target === null || targetRow === null ? (
              <p class="who">{restWords(view)}</p>
            ) : (
              <>
                <p class="who" id="current-lifter">
                  {targetRow.name}
                </p>
                <p class="what">
                  <strong>
                    {attemptsOf(targetRow, target.lift)[target.slot - 1]?.shown || "no weight"} {unit(app)}
                  </strong>
                  <span>
                    {liftOf(target.lift).title} {target.slot}
                  </span>
                  {correcting === null ? (
                    <Rack row={targetRow} lift={target.lift} />
                  ) : (
                    <span>
                      is {verdictWords(attemptsOf(targetRow, target.lift)[target.slot - 1]?.status ?? 0)}
                    </span>
                  )}
                </p>
                {correcting === null && view.loading !== null ? <Plates loading={view.loading} /> : null}
              </>
            )}
            {correcting === null ? null : <p>Press what is right, or Esc to leave it.</p>}
            <div class="verdicts">
              <Act
                label="Good lift"
                shortcut="g"
                class="verdict-good"
                run={() => press(true)}
                disabled={target === null}
              />
              <Act
                label="No lift"
                shortcut="n"
                class="verdict-no"
                run={() => press(false)}
                disabled={target === null}
              />
            </div>
            <div class="row tight">
              {correcting === null ? (
                <Act
                  label="Correct"
                  shortcut="c"
                  says="Correct a verdict: the last one, or the attempt that is focused; then G or N"
                  run={correct}
                />
              ) : (
                <button type="button" onClick={() => setCorrecting(null)}>
                  Stop correcting
                </button>
              )}
              <Act
                label="Undo"
                shortcut="u"
                says="Take back this page’s last edit"
                run={() => undoLast(app)}
              />
              <Act label="Call out of turn" shortcut="o" run={() => setOverriding(true)} />
              <Act label="Flight sheet" shortcut="p" says="Print the flight sheet" run={printed} />
            </div>
          </section>
          <Upcoming app={app} view={view} row={row(view.next)} />
        </div>
        <NextAttempts app={app} view={view} slots={[...wanted(view), ...doubted(view)]} />
        <Differences app={app} view={view} open={setOpened} />
        <FlightTable app={app} view={view} correcting={correcting} open={setOpened} />
      </div>
      <FlightSheet app={app} view={view} />
      {opened === null ? null : (
        <AttemptDialog
          app={app}
          view={view}
          slot={opened}
          close={() => void allSaved().then((well) => well && setOpened(null))}
          judge={(kg, good, seen) => void judge({ slot: opened, kg, good }, seen)}
        />
      )}
      {overriding ? <OverrideDialog app={app} view={view} close={() => setOverriding(false)} /> : null}
      {moved === null ? null : (
        <Dialog title="Somebody else wrote this attempt meanwhile" close={() => setMoved(null)}>
          <p>
            {slotWords(moved.judging.slot, row(moved.judging.slot.id)?.name ?? "")}:{" "}
            {moved.theirs?.location ?? "another location"} wrote{" "}
            <strong>
              {valueText(app, pathOf(moved.judging.slot), moved.theirs?.value ?? null) || "nothing"}
            </strong>
            .
          </p>
          <div class="row">
            <button type="button" onClick={() => setMoved(null)}>
              Keep that
            </button>
            <button
              type="button"
              onClick={() => {
                const { judging, theirs } = moved;
                const value = theirs?.value;
                const kg = Array.isArray(value) && typeof value[0] === "number" ? value[0] : judging.kg;
                setMoved(null);
                void judge({ ...judging, kg }, theirs?.write ?? "");
              }}
            >
              Write {verdictWords(moved.judging.good ? 1 : -1)}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

/** Says so when somebody else turns this platform to another flight or lift. */
function useTurned(app: App, view: PlatformView): void {
  const shown = useRef("");
  shown.current = `${view.flight} ${view.lift}`;
  const { day, platform } = view;
  useEffect(
    () =>
      app.replica.watch(`lifting.${day}.${platform}`, (changes) => {
        const last = changes[changes.length - 1];
        const to = last?.value as { flight?: string; lift?: Lift } | null | undefined;
        if (last === undefined || last.own || to?.flight === undefined || to.lift === undefined) return;
        if (`${to.flight} ${to.lift}` === shown.current) return;
        say(
          "note",
          `${last.location} turned this platform to flight ${to.flight}, ${liftOf(to.lift).title.toLowerCase()}.`,
        );
      }),
    [app, day, platform],
  );
}

function slotOfFocus(): Slot | null {
  const cell =
    document.activeElement instanceof HTMLElement ? document.activeElement.dataset.slot : undefined;
  const [id, lift, slot] = cell?.split(".") ?? [];
  const found = LIFTS.find((other) => other.letter === lift);
  return found === undefined ? null : { id: Number(id), lift: found.letter, slot: Number(slot) };
}

function stepCell(by: number): void {
  const cells = [...document.querySelectorAll<HTMLElement>("button[data-slot]")];
  const at = cells.indexOf(document.activeElement as HTMLElement);
  cells[Math.max(0, Math.min(cells.length - 1, at + by))]?.focus();
}
