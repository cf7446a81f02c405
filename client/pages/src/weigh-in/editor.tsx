/** One lifter: what the scale and the rack say, who they are, when they lift. */

import { useEffect, useRef, useState } from "preact/hooks";
import { type App, attempt, say } from "../common/app.ts";
import { CheckField, Field, type FieldKind, PickField } from "../common/fields.tsx";
import {
  attemptWeight,
  bodyweight,
  DATE,
  EQUIPMENT,
  EVENTS,
  FLIGHTS,
  NAME,
  NOTE,
  oneNumber,
  oneOf,
  RACK,
  SEXES,
  TEXT,
  unit,
  whole,
} from "../common/kinds.ts";
import { daysPlanned, platformsPlanned } from "../common/schedule.ts";
import { Act, Card, Confirm } from "../common/widgets.tsx";
import { age, fieldWords, isolated, whoWords } from "../common/words.ts";
import { does, type Entry, LIFTS, missing } from "./lifters.ts";

/** The form of one lifter. Every field is saved on its own, as it is left. */
export function Editor(props: { app: App; entry: Entry; close: () => void; step: (by: number) => void }) {
  const { app, entry, close, step } = props;
  const box = useRef<HTMLDivElement>(null);
  const [asked, setAsked] = useState(false);
  const meet = app.meet.value?.meet;
  const state = app.meet.value;
  const days = state === null ? 1 : daysPlanned(state);
  const platforms = state === null ? 1 : platformsPlanned(state, entry.day);
  const divisions = Array.isArray(meet?.divisions) ? (meet.divisions as string[]) : [];
  const path = (field: string) => `entries.${entry.id}.${field}`;
  const field = (name: string, label: string, kind: FieldKind, hint?: string) => (
    <Field
      key={name}
      app={app}
      path={path(name)}
      label={label}
      kind={kind}
      entered={() => app.replica.setPresence({ entry: entry.id, field: name })}
      {...(hint === undefined ? {} : { hint })}
    />
  );
  useEffect(() => {
    app.replica.setPresence({ entry: entry.id });
    box.current?.scrollIntoView({ block: "nearest" });
    box.current
      ?.querySelector<HTMLInputElement>(
        entry.bodyweightKg === 0 ? "input[data-path$=bodyweightKg]" : "input[data-path]",
      )
      ?.focus();
    return () => app.replica.setPresence(null);
  }, [app, entry.id]);
  const lacks = missing(entry);
  const klass = weightClass(app, entry);
  return (
    <div class="editor" ref={box}>
      <Card
        title={entry.name || "(no name)"}
        tools={
          <>
            <Act label="Before" shortcut="PageUp" says="Lifter before" run={() => step(-1)} whileTyping />
            <Act label="Next" shortcut="PageDown" says="Next lifter" run={() => step(1)} whileTyping />
            <Act label="Close" shortcut="Escape" says="Close the lifter" run={close} whileTyping />
          </>
        }
      >
        <Here app={app} entry={entry} />
        <p class={lacks.length === 0 ? "good" : "warn"} role="status">
          {lacks.length === 0 ? "Complete." : `Missing: ${lacks.join(", ")}.`}
          {klass === "" ? "" : ` Weight class ${klass}.`}
        </p>
        <fieldset>
          <legend class="label">Weigh-in</legend>
          <div class="fields narrow">
            {field("bodyweightKg", `Body weight (${unit(app)})`, bodyweight(app))}
            {LIFTS.filter((lift) => does(entry, lift.letter)).map((lift) => (
              <>
                {lift.rack === null ? null : field(lift.rack, `${lift.title} rack`, RACK)}
                {field(
                  `${lift.lift}.1`,
                  `${lift.title} opener (${unit(app)})`,
                  attemptWeight(app, verdict(app, path(`${lift.lift}.1`))),
                )}
              </>
            ))}
            {field("lot", "Lot", whole(9999))}
          </div>
        </fieldset>
        <fieldset>
          <legend class="label">When and where</legend>
          <div class="fields narrow">
            {days > 1 || entry.day > 1 ? field("day", "Day", planned(days, entry.day)) : null}
            {platforms > 1 || entry.platform > 1
              ? field("platform", "Platform", planned(platforms, entry.platform))
              : null}
            {field("flight", "Flight", oneOf(FLIGHTS.map((flight) => [flight, flight] as const)))}
          </div>
        </fieldset>
        <fieldset>
          <legend class="label">Registration</legend>
          <div class="fields">
            {field("name", "Name", NAME)}
            {field("sex", "Sex", oneOf(SEXES))}
            {field("birthDate", "Birth date", DATE)}
            {field("equipment", "Equipment", oneOf(EQUIPMENT.map((name) => [name, name] as const)))}
            <PickField app={app} path={path("events")} label="Events" options={EVENTS} />
            <PickField app={app} path={path("divisions")} label="Divisions" options={divisions} />
            {field("team", "Team", TEXT)}
            {field("memberId", "Member number", TEXT)}
            {field("country", "Country", TEXT)}
            {field("state", "State", TEXT)}
            <CheckField app={app} path={path("guest")} label="Guest (takes no place)" />
            <Field app={app} path={path("notes")} label="Notes" kind={NOTE} wide />
          </div>
        </fieldset>
        <div class="row">
          <Act label="Withdraw this lifter" look="danger" shortcut="Shift+X" run={() => setAsked(true)} />
        </div>
        {asked ? (
          <Confirm
            title={`Withdraw ${isolated(entry.name) || "this lifter"}?`}
            words="The lifter disappears from every list and can be taken back under Withdrawn lifters."
            yes="Withdraw"
            close={() => setAsked(false)}
            run={() =>
              void attempt("Withdrawing the lifter", async () => {
                await app.replica.withdrawEntry(entry.id);
                say("good", `${isolated(entry.name)} is withdrawn.`);
                close();
              })
            }
          />
        ) : null}
      </Card>
    </div>
  );
}

/** Another location that has this lifter open. */
function Here(props: { app: App; entry: Entry }) {
  const { app, entry } = props;
  const there = app.others.value.filter((other) => other.entry === entry.id);
  if (there.length === 0) return null;
  return (
    <div class="notice warn" role="status" data-notice="presence">
      {there.map((other) => (
        <p key={`${other.location} ${other.tab ?? ""}`}>
          <strong>{whoWords(other)}</strong> has this lifter open, too ({age(other.since, app.now.value)}
          {other.field === undefined ? "" : `, at ${fieldWords(other.field.split("."))}`}).
        </p>
      ))}
    </div>
  );
}

/** A day or platform of the meet; one that it no longer has can be left, and is told from the others. */
function planned(count: number, now: number): FieldKind {
  return oneNumber(Math.max(count, now), (number) =>
    number > count ? `${number} (the meet has none)` : String(number),
  );
}

/** The verdict that an attempt has, which a new weight leaves alone. */
function verdict(app: App, path: string): number {
  const value = app.replica.get(path)?.value;
  return Array.isArray(value) && typeof value[1] === "number" ? value[1] : 0;
}

function weightClass(app: App, entry: Entry): string {
  if (entry.bodyweightKg === 0) return "";
  const view = app.replica.platform({ day: entry.day, platform: entry.platform, flight: entry.flight });
  return view.lifters.find((lifter) => lifter.id === entry.id)?.weightClass ?? "";
}
