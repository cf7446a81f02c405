/** The flight sheet, which is seen on paper only: for the table, the loaders and the announcer when screens are dark. */

import { useEffect, useState } from "preact/hooks";
import type { Lift, PlatformView } from "spotter-client";
import type { App } from "../common/app.ts";
import { unit } from "../common/kinds.ts";
import { attemptsOf, LIFTS, takesPart } from "./attempts.ts";

/** How long the table must be quiet before the sheet is made anew. */
const QUIET_MS = 800;

/** One table a lift, for the flight that is shown. */
export function FlightSheet(props: { app: App; view: PlatformView }) {
  const { app, view } = props;
  const tick = app.tick.value;
  const [made, setMade] = useState(-1);
  useEffect(() => {
    const timer = setTimeout(() => setMade(tick), QUIET_MS);
    const at = () => setMade(tick);
    addEventListener("beforeprint", at);
    return () => {
      clearTimeout(timer);
      removeEventListener("beforeprint", at);
    };
  }, [tick]);
  return made < 0 ? null : <Sheet app={app} view={view} />;
}

function Sheet(props: { app: App; view: PlatformView }) {
  const { app, view } = props;
  const { meet } = view;
  const lifts = LIFTS.filter((lift) => view.lifters.some((row) => takesPart(row, lift.letter)));
  return (
    <div class="sheet">
      {lifts.map((lift) => (
        <section key={lift.letter} class="page">
          <h2>
            {meet.name || "Unnamed meet"}: {lift.title}, flight {view.flight}
          </h2>
          <p>
            {meet.date}, day {view.day}, platform {view.platform}. Weights in {unit(app)}. Printed{" "}
            {new Date(app.now.value).toLocaleString()}.
          </p>
          <LiftTable app={app} view={view} lift={lift.letter} />
        </section>
      ))}
    </div>
  );
}

function LiftTable(props: { app: App; view: PlatformView; lift: Lift }) {
  const { app, view, lift } = props;
  const rows = app.replica
    .platform({ day: view.day, platform: view.platform, flight: view.flight, lift })
    .lifters.filter((row) => takesPart(row, lift));
  const slots = view.meet.allow4thAttempts ? [0, 1, 2, 3] : [0, 1, 2];
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Lifter</th>
          <th scope="col">Team</th>
          <th scope="col">Body</th>
          <th scope="col">Class</th>
          <th scope="col">Lot</th>
          {lift === "D" ? null : <th scope="col">Rack</th>}
          {slots.map((slot) => (
            <th scope="col" key={slot} class="box">
              {slot + 1}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <th scope="row">{row.name}</th>
            <td>{row.team}</td>
            <td>{row.bodyweightKg === 0 ? "" : app.replica.displayWeight(row.bodyweightKg)}</td>
            <td>{row.weightClass}</td>
            <td>{row.lot === 0 ? "" : row.lot}</td>
            {lift === "D" ? null : <td>{lift === "S" ? row.squatRackInfo : row.benchRackInfo}</td>}
            {slots.map((slot) => {
              const attempt = attemptsOf(row, lift)[slot];
              return (
                <td key={slot} class="box">
                  {attempt?.shown ?? ""}
                  {attempt?.status === 1 ? " ✓" : attempt?.status === -1 ? " ✗" : ""}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
