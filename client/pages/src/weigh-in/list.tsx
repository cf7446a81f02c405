/** The list of lifters: a table, or cards on a narrow screen. */

import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import type { App, Mark } from "../common/app.ts";
import { useKeys } from "../common/keys.ts";
import { unit } from "../common/kinds.ts";
import { Card } from "../common/widgets.tsx";
import { counted } from "../common/words.ts";
import { type Entry, LIFTS, missing } from "./lifters.ts";

/** The list. */
export function List(props: {
  app: App;
  entries: readonly Entry[];
  all: number;
  open: number | null;
  pick: (id: number) => void;
}) {
  const { app, entries, open } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const step = (by: number) => {
    const rows = [...(body.current?.querySelectorAll<HTMLButtonElement>("button[data-entry]") ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLButtonElement);
    rows[Math.max(0, Math.min(rows.length - 1, at + by))]?.focus();
  };
  useKeys([
    { key: "ArrowDown", label: "Next line of the list; Enter opens it", run: () => step(1) },
    { key: "ArrowUp", label: "Line before", run: () => step(-1) },
  ]);
  const pick = useRef(props.pick);
  pick.current = props.pick;
  const kept = useRef(new Map<number, { looks: string; row: VNode }>());
  const disputed = app.conflicts.value.map((conflict) => conflict.path);
  const row = (entry: Entry): VNode => {
    const mine = (path: string) => path.startsWith(`entries.${entry.id}.`);
    const facts: Facts = {
      entry,
      open: entry.id === open,
      marks: new Map([...app.marks.value].filter(([path]) => mine(path))),
      disputed: disputed.filter(mine),
      there: app.others.value
        .filter((other) => other.entry === entry.id)
        .map((other) => (other.tab === undefined ? (other.location ?? "Somebody") : "another tab")),
    };
    const looks = JSON.stringify([facts, [...facts.marks], unit(app)]);
    const known = kept.current.get(entry.id);
    if (known?.looks === looks) return known.row;
    const made = <Row key={entry.id} app={app} facts={facts} pick={() => pick.current(entry.id)} />;
    kept.current.set(entry.id, { looks, row: made });
    return made;
  };
  if (entries.length === 0) {
    return (
      <p class="hint">
        {props.all === 0
          ? "There are no lifters yet. Type a name above and press Enter."
          : "Nobody fits what is searched for."}
      </p>
    );
  }
  return (
    <Card
      title={
        entries.length === props.all
          ? counted(props.all, "lifter")
          : `${entries.length} of ${counted(props.all, "lifter")}`
      }
    >
      <section class="scroll" aria-label="List of lifters">
        <table class="lifters">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Day.Pl.Flight</th>
              <th scope="col">Event</th>
              <th scope="col" class="number">
                Lot
              </th>
              <th scope="col" class="number">
                Body ({unit(app)})
              </th>
              <th scope="col">Rack S</th>
              <th scope="col">Rack B</th>
              {LIFTS.map((lift) => (
                <th scope="col" class="number" key={lift.letter}>
                  {lift.letter} 1
                </th>
              ))}
              <th scope="col">Missing</th>
            </tr>
          </thead>
          <tbody ref={body}>{entries.map(row)}</tbody>
        </table>
      </section>
    </Card>
  );
}

/** What a line of the list shows. */
interface Facts {
  readonly entry: Entry;
  readonly open: boolean;
  readonly marks: ReadonlyMap<string, Mark>;
  readonly disputed: readonly string[];
  readonly there: readonly string[];
}

/** One line. It is drawn again only if its facts are others: with 200 lifters, that is what keeps typing quick. */
function Row(props: { app: App; facts: Facts; pick: () => void }) {
  const { app } = props;
  const { entry, open, marks, disputed, there } = props.facts;
  const lacks = missing(entry);
  const weight = (kg: number | undefined) =>
    kg === undefined || kg === 0 ? "" : app.replica.displayWeight(kg);
  const cell = (field: string, label: string, text: string, numeric = false) => {
    const path = `entries.${entry.id}.${field}`;
    const mark = marks.get(path);
    const odd = disputed.includes(path);
    const looks = `${numeric ? "number" : ""} ${mark === undefined ? "" : mark.replaced ? "changed" : "arrived"} ${odd ? "disputed" : ""}`;
    return (
      <td
        key={field}
        class={looks.trim()}
        data-cell={path}
        data-label={text === "" ? undefined : label}
        {...(mark?.replaced ? { title: mark.words } : {})}
      >
        {text}
        {odd ? <span class="unseen"> (disputed)</span> : null}
      </td>
    );
  };
  return (
    <tr class={open ? "open" : ""} onClick={props.pick}>
      <th scope="row" class={marks.get(`entries.${entry.id}.name`)?.replaced ? "changed" : ""}>
        <button type="button" class="link" data-entry={entry.id} aria-pressed={open}>
          <bdi>{entry.name || "(no name)"}</bdi>
        </button>
        {there.length === 0 ? null : <span class="there">{there.join(", ")} is here</span>}
      </th>
      <td>
        {entry.day}.{entry.platform}.{entry.flight}
      </td>
      {cell("events", "Event", entry.events.join(" "))}
      {cell("lot", "Lot", entry.lot === 0 ? "" : String(entry.lot), true)}
      {cell("bodyweightKg", "Body", weight(entry.bodyweightKg), true)}
      {cell("squatRackInfo", "Rack S", entry.squatRackInfo)}
      {cell("benchRackInfo", "Rack B", entry.benchRackInfo)}
      {LIFTS.map((lift) => cell(`${lift.lift}.1`, `${lift.letter} 1`, weight(entry[lift.kg][0]), true))}
      <td class={`lacks ${lacks.length === 0 ? "good" : "warn"}`}>
        {lacks.length === 0 ? (
          "complete"
        ) : (
          <>
            <span class="in-words">{lacks.join(", ")}</span>
            <span class="in-short">{lacks.length} missing</span>
          </>
        )}
      </td>
    </tr>
  );
}
