/** The flight sheet, which is seen on paper only: for the table, the loaders and the announcer when screens are dark. */

import { useEffect, useState } from "preact/hooks";
import type { LifterRow, PlatformView, FlightSheet as Sheets } from "spotter-client";
import type { App } from "../common/app.ts";
import { unit } from "../common/kinds.ts";
import { isolated } from "../common/words.ts";
import { attemptsOf, liftOf, takesPart } from "./attempts.ts";

/** How long the table must be quiet before the sheet is made anew. */
const QUIET_MS = 800;

/** One table a lift, for the flight that is shown. */
export function FlightSheet(props: { app: App; view: PlatformView }) {
  const { app, view } = props;
  const tick = app.tick.value;
  const [made, setMade] = useState(-1);
  useEffect(() => {
    const timer = setTimeout(() => setMade(tick), QUIET_MS);
    return () => clearTimeout(timer);
  }, [tick]);
  return made < 0 ? null : <Sheet key={`${made} ${view.flight}`} app={app} view={view} />;
}

function Sheet(props: { app: App; view: PlatformView }) {
  const { app, view } = props;
  const [made] = useState(() =>
    app.replica.flightSheet({ day: view.day, platform: view.platform, flight: view.flight }),
  );
  const { meet } = view;
  const sheets = made.sheets.filter((sheet) => sheet.flight === view.flight && sheet.lifters.length > 0);
  return (
    <div class="sheet">
      {sheets.map((sheet) => (
        <section key={sheet.lift} class="page">
          <h2>
            <bdi>{meet.name || "Unnamed meet"}</bdi>: {liftOf(sheet.lift).title.toLowerCase()}, flight{" "}
            {sheet.flight}
          </h2>
          <p>
            {meet.date}, day {view.day}, platform {view.platform}. Weights in {unit(app)}. Printed{" "}
            {printed(app.now.value)}.
          </p>
          <LiftTable view={view} sheet={sheet} />
          <Unopened view={view} sheet={sheet} />
        </section>
      ))}
      {sheets.length === 0 ? <p>Nobody of flight {view.flight} has an opener yet.</p> : null}
    </div>
  );
}

type OneSheet = Sheets["sheets"][number];

function LiftTable(props: { view: PlatformView; sheet: OneSheet }) {
  const { view, sheet } = props;
  const rows = new Map(view.lifters.map((row) => [row.id, row]));
  const later = view.meet.allow4thAttempts ? [1, 2, 3] : [1, 2];
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Lifter</th>
          <th scope="col">Team</th>
          <th scope="col">Class</th>
          <th scope="col">Lot</th>
          {sheet.lift === "D" ? null : <th scope="col">Rack</th>}
          <th scope="col" class="box">
            1
          </th>
          {later.map((slot) => (
            <th scope="col" key={slot} class="box">
              {slot + 1}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {sheet.lifters.map((lifter) => {
          const row = rows.get(lifter.id);
          return (
            <tr key={lifter.id}>
              <th scope="row">{lifter.name}</th>
              <td>{row?.team}</td>
              <td>{row?.weightClass}</td>
              <td>{lifter.lot === 0 ? "" : lifter.lot}</td>
              {sheet.lift === "D" ? null : <td>{lifter.rackInfo}</td>}
              <td class="box">
                {lifter.shown}
                {sign(row, sheet, 0)}
              </td>
              {later.map((slot) => (
                <td key={slot} class="box">
                  {row === undefined ? "" : attemptsOf(row, sheet.lift)[slot]?.shown}
                  {sign(row, sheet, slot)}
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Those who take part and have given no opener, so that nobody is forgotten. */
function Unopened(props: { view: PlatformView; sheet: OneSheet }) {
  const { view, sheet } = props;
  const there = new Set(sheet.lifters.map((lifter) => lifter.id));
  const names = view.lifters
    .filter((row) => takesPart(row, sheet.lift) && !there.has(row.id))
    .map((row) => row.name);
  return names.length === 0 ? null : <p>Without an opener: {names.map(isolated).join(", ")}.</p>;
}

function sign(row: LifterRow | undefined, sheet: OneSheet, slot: number): string {
  const status = row === undefined ? 0 : attemptsOf(row, sheet.lift)[slot]?.status;
  return status === 1 ? " ✓" : status === -1 ? " ✗" : "";
}

function printed(now: number): string {
  const local = new Date(now - new Date(now).getTimezoneOffset() * 60_000).toISOString();
  return `${local.slice(0, 10)} ${local.slice(11, 16)}`;
}
