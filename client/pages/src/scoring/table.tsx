/** The flight in lifting order, with every attempt. */

import { useState } from "preact/hooks";
import type { Lift, LifterRow, PlatformView } from "spotter-client";
import type { App } from "../common/app.ts";
import { useKeys } from "../common/keys.ts";
import { unit } from "../common/kinds.ts";
import { Card } from "../common/widgets.tsx";
import { isolated } from "../common/words.ts";
import {
  attemptsOf,
  LIFTS,
  pathOf,
  placeWords,
  type Slot,
  slotsShown,
  takesPart,
  totalEvent,
  verdictWords,
} from "./attempts.ts";

/** The table. */
export function FlightTable(props: {
  app: App;
  view: PlatformView;
  correcting: Slot | null;
  open: (slot: Slot) => void;
}) {
  const { app, view } = props;
  const [all, setAll] = useState(() => matchMedia("(min-width: 60rem)").matches);
  useKeys([{ key: "t", label: "Show all lifts, or this lift alone", run: () => setAll(!all) }]);
  const done = (letter: Lift) => letter === view.lift || view.lifters.some((row) => takesPart(row, letter));
  const lifts = LIFTS.filter((lift) => (all ? done(lift.letter) : lift.letter === view.lift));
  const disputed = new Set(app.conflicts.value.map((conflict) => conflict.path));
  if (view.lifters.length === 0) return null;
  return (
    <Card
      title={`Flight ${view.flight} in lifting order`}
      tools={
        <label class="check">
          <input type="checkbox" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />
          All lifts
        </label>
      }
    >
      <section class="scroll" aria-label="Flight">
        <table class="flight">
          <thead>
            <tr>
              <th scope="col">Lifter</th>
              <th scope="col" class="number fact">
                Body
              </th>
              <th scope="col" class="fact">
                Class
              </th>
              <th scope="col" class="number fact">
                Lot
              </th>
              {lifts.flatMap((lift) =>
                Array.from({ length: slotsShown(view, lift.letter) }, (_, index) => (
                  <th
                    scope="col"
                    class={`number ${lift.letter === view.lift ? "" : "other"}`}
                    key={`${lift.letter}${index}`}
                  >
                    {lift.letter} {index + 1}
                  </th>
                )),
              )}
              <th scope="col" class="number">
                {view.projected ? "Projected" : "Total"} ({unit(app)})
              </th>
              <th scope="col">Place</th>
            </tr>
          </thead>
          <tbody>
            {view.lifters.map((row) => (
              <tr
                key={row.id}
                class={row.id === view.current ? "current" : row.id === view.next ? "upcoming" : ""}
              >
                <th scope="row">
                  <bdi>{row.name}</bdi>
                  {row.id === view.current ? (
                    <span class="tag">now</span>
                  ) : row.id === view.next ? (
                    <span class="tag soft">next</span>
                  ) : null}
                  {row.guest ? <span class="tag soft">guest</span> : null}
                </th>
                <Fact
                  app={app}
                  row={row}
                  field="bodyweightKg"
                  text={row.bodyweightKg === 0 ? "" : app.replica.displayWeight(row.bodyweightKg)}
                  numeric
                />
                <td class="fact">{row.weightClass}</td>
                <Fact app={app} row={row} field="lot" text={row.lot === 0 ? "" : String(row.lot)} numeric />
                {lifts.flatMap((lift) =>
                  Array.from({ length: slotsShown(view, lift.letter) }, (_, index) => (
                    <Cell
                      key={`${lift.letter}${index}`}
                      app={app}
                      view={view}
                      row={row}
                      lift={lift.letter}
                      slot={index + 1}
                      correcting={props.correcting}
                      disputed={disputed}
                      open={props.open}
                    />
                  )),
                )}
                <td class="number">
                  <strong>{row.totalKg === 0 ? "" : app.replica.displayWeight(row.totalKg)}</strong>
                  {row.totalKg === 0 || totalEvent(row) === "" ? null : (
                    <>
                      {" "}
                      <span class="tag soft">{totalEvent(row)}</span>
                    </>
                  )}
                </td>
                <td>{placeWords(row.places)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  );
}

function Fact(props: { app: App; row: LifterRow; field: string; text: string; numeric?: boolean }) {
  const mark = props.app.marks.value.get(`entries.${props.row.id}.${props.field}`);
  return (
    <td
      class={`fact ${props.numeric ? "number" : ""} ${mark === undefined ? "" : mark.replaced ? "changed" : "arrived"}`}
      {...(mark?.replaced ? { title: mark.words } : {})}
    >
      {props.text}
    </td>
  );
}

function Cell(props: {
  app: App;
  view: PlatformView;
  row: LifterRow;
  lift: Lift;
  slot: number;
  correcting: Slot | null;
  disputed: ReadonlySet<string>;
  open: (slot: Slot) => void;
}) {
  const { app, view, row, lift, correcting } = props;
  const slot: Slot = { id: row.id, lift, slot: props.slot };
  if (!takesPart(row, lift)) return <td class="none" aria-label="does not take part" />;
  const attempt = attemptsOf(row, lift)[props.slot - 1];
  const path = pathOf(slot);
  const mark = app.marks.value.get(path);
  const status = attempt?.status ?? 0;
  const isNow = row.id === view.current && lift === view.lift && props.slot === view.attempt;
  const corrected =
    correcting !== null &&
    correcting.id === row.id &&
    correcting.lift === lift &&
    correcting.slot === props.slot;
  const looks = [
    "number",
    "attempt",
    lift === view.lift ? "" : "other",
    status === 1 ? "was-good" : status === -1 ? "was-no" : "",
    isNow ? "is-now" : "",
    corrected ? "is-corrected" : "",
    mark === undefined ? "" : mark.replaced ? "changed" : "arrived",
    props.disputed.has(path) ? "disputed" : "",
  ];
  const shown = attempt?.shown ?? "";
  return (
    <td class={looks.filter(Boolean).join(" ")}>
      <button
        type="button"
        class="cell"
        data-slot={`${row.id}.${lift}.${props.slot}`}
        aria-label={`${isolated(row.name)}, ${lift} ${props.slot}: ${shown === "" ? "no weight" : `${shown}, ${verdictWords(status)}`}${props.disputed.has(path) ? ", disputed" : ""}`}
        onClick={() => props.open(slot)}
        {...(mark?.replaced ? { title: mark.words } : {})}
      >
        {shown === "" ? "·" : shown}
        <span class="sign">
          {status === 1 ? "✓" : status === -1 ? "✗" : props.disputed.has(path) ? "!" : ""}
        </span>
      </button>
    </td>
  );
}
