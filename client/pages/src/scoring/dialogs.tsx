/** One attempt to look at and change, and calling somebody out of turn. */

import { useRef, useState } from "preact/hooks";
import type { PlatformView } from "spotter-client";
import { type App, attempt, troubleIn } from "../common/app.ts";
import { allSaved, Field } from "../common/fields.tsx";
import { attemptWeight, unit, valueText } from "../common/kinds.ts";
import { attemptDoubt } from "../common/validate.ts";
import { Choice, Dialog } from "../common/widgets.tsx";
import { clock } from "../common/words.ts";
import { attemptsOf, liftOf, pathOf, type Slot, slotWords } from "./attempts.ts";

/** How long a value that was saved takes to be on the screen. */
const DRAWN_MS = 30;

/** An attempt's weight, verdict and history. */
export function AttemptDialog(props: {
  app: App;
  view: PlatformView;
  slot: Slot;
  close: () => void;
  judge: (kg: number, good: boolean, seen: string) => void;
}) {
  const { app, view, slot, close } = props;
  const path = pathOf(slot);
  const row = view.lifters.find((lifter) => lifter.id === slot.id);
  const attempts = row === undefined ? [] : attemptsOf(row, slot.lift);
  const now = attempts[slot.slot - 1];
  const status = now?.status ?? 0;
  const kg = now?.kg ?? 0;
  const screen = { day: view.day, platform: view.platform };
  const seen = app.replica.get(path)?.write ?? "";
  const latest = useRef({ kg, seen });
  latest.current = { kg, seen };
  /** Does something with the attempt as it is shown once a weight that was being typed is saved. */
  const settled = (run: (shown: { kg: number; seen: string }) => void) => async () => {
    if (!(await allSaved())) return;
    await new Promise((resolve) => setTimeout(resolve, DRAWN_MS));
    close();
    run(latest.current);
  };
  const judge = (good: boolean) => settled((shown) => props.judge(shown.kg, good, shown.seen));
  if (row === undefined) return null;
  return (
    <Dialog title={slotWords(slot, row.name)} close={close}>
      <Field
        app={app}
        path={path}
        label={`${liftOf(slot.lift).title} ${slot.slot} (${unit(app)})`}
        kind={{
          ...attemptWeight(app, status),
          doubt: (value) => attemptDoubt(Array.isArray(value) ? Number(value[0]) : 0, slot.slot, attempts),
        }}
      />
      <div class="row tight">
        <button type="button" class="verdict-good" disabled={kg === 0 || status === 1} onClick={judge(true)}>
          Good lift
        </button>
        <button type="button" class="verdict-no" disabled={kg === 0 || status === -1} onClick={judge(false)}>
          No lift
        </button>
        <button
          type="button"
          disabled={status === 0}
          onClick={settled(
            (shown) =>
              void attempt(
                "Taking the verdict away",
                () => app.replica.edit({ [path]: [shown.kg, 0] }, { seen: { [path]: shown.seen } }),
                troubleIn(app),
              ),
          )}
        >
          Not lifted yet
        </button>
        <button
          type="button"
          disabled={kg === 0 || slot.lift !== view.lift}
          onClick={settled(() => call("Calling the lifter", app, view, slot.slot, slot.id))}
        >
          Call this attempt now
        </button>
      </div>
      <History app={app} path={path} />
      <p class="hint">
        Day {screen.day}, platform {screen.platform}. Weights are saved as the box is left.
      </p>
      <div class="row">
        <button type="button" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function History(props: { app: App; path: string }) {
  const { app, path } = props;
  const items = app.replica.get(path) === null ? [] : app.replica.history(path);
  if (items.length < 2) return null;
  return (
    <details>
      <summary>Everything written here</summary>
      <ol>
        {items.map((item) => (
          <li key={item.write}>
            <strong>{valueText(app, path, item.value) || "nothing"}</strong> by {item.location},{" "}
            {clock(item.time, app.now.value)}
            {item.shown ? " (stands)" : item.standing ? " (overruled)" : ""}
          </li>
        ))}
      </ol>
    </details>
  );
}

/** Calls an attempt, or a lifter, out of turn; one good lift or no lift later the order holds again. */
export function OverrideDialog(props: { app: App; view: PlatformView; close: () => void }) {
  const { app, view, close } = props;
  const [number, setNumber] = useState("");
  const [who, setWho] = useState("");
  const numbers = Array.from(
    { length: view.meet.allow4thAttempts ? 4 : 3 },
    (_, index) => [String(index + 1), `attempt ${index + 1}`] as const,
  );
  return (
    <Dialog title="Call out of turn" close={close}>
      <p class="hint">Holds for one lift; then the order goes on as before.</p>
      <Choice
        label="Attempt"
        value={number}
        options={[["", `in turn (attempt ${view.attempt})`], ...numbers]}
        pick={setNumber}
      />
      <Choice
        label="Lifter"
        value={who}
        options={[["", "in turn"], ...view.lifters.map((row) => [String(row.id), row.name] as const)]}
        pick={setWho}
      />
      <div class="row">
        <button
          type="button"
          class="main"
          onClick={() => {
            close();
            call(
              "Calling out of turn",
              app,
              view,
              number === "" ? null : Number(number),
              who === "" ? null : Number(who),
            );
          }}
        >
          Call
        </button>
        {view.overridden ? (
          <button
            type="button"
            onClick={() => {
              close();
              call("Going back to the order", app, view, null, null);
            }}
          >
            Back to the order
          </button>
        ) : null}
        <button type="button" onClick={close}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}

function call(what: string, app: App, view: PlatformView, number: number | null, id: number | null): void {
  const path = `lifting.${view.day}.${view.platform}`;
  const value = { flight: view.flight, lift: view.lift, overrideAttempt: number, overrideEntryId: id };
  const seen = { [path]: app.replica.get(path)?.write ?? "" };
  void attempt(what, () => app.replica.edit({ [path]: value }, { seen }), troubleIn(app));
}
