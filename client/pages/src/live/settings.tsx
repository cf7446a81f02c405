/** The meet's own facts: what it is called, when it is, its rules, bars and plates. */

import type { App } from "../common/app.ts";
import { attempt } from "../common/app.ts";
import { CheckField, Field, type FieldKind } from "../common/fields.tsx";
import { DATE, oneNumber, oneOf, TEXT, unit, weightOf } from "../common/kinds.ts";
import { classesSuch, readBar, readClasses, readLines, readWhole } from "../common/validate.ts";
import { Card, Choice } from "../common/widgets.tsx";

const FORMULAS = [
  "AH",
  "Bodyweight Multiple",
  "Dots",
  "Glossbrenner",
  "IPF Points",
  "NASA",
  "Reshel",
  "Schwartz/Malone",
  "Total",
  "Wilks",
  "Wilks2020",
].map((name) => [name, name] as const);

const LINES: FieldKind = {
  text: (value) => (Array.isArray(value) ? value.join("\n") : ""),
  read: readLines,
  input: "area",
};

/** The settings. */
export function Settings(props: { app: App }) {
  const { app } = props;
  const meet = app.meet.value?.meet;
  const inKg = meet?.inKg !== false;
  const days = typeof meet?.lengthDays === "number" ? meet.lengthDays : 1;
  const classes: FieldKind = {
    text: (value) =>
      Array.isArray(value) ? value.map((kg) => app.replica.displayWeight(kg as number)).join(" ") : "",
    read: (text) => readClasses(text, weightOf(app), inKg),
  };
  const bar: FieldKind = {
    text: (value) => (typeof value === "number" ? app.replica.displayWeight(value) : ""),
    read: (text) => readBar(text, weightOf(app), (kg) => app.replica.displayWeight(kg)),
    input: "decimal",
  };
  const field = (name: string, label: string, kind: FieldKind, hint?: string) => (
    <Field
      app={app}
      path={`meet.${name}`}
      label={label}
      kind={kind}
      {...(hint === undefined ? {} : { hint })}
    />
  );
  return (
    <Card title="Settings of the meet">
      <div class="fields">
        {field("name", "Name of the meet", TEXT)}
        {field("date", "First day", DATE)}
        {field("federation", "Federation", TEXT)}
        {field("city", "Town", TEXT)}
        {field("country", "Country", TEXT)}
        {field(
          "lengthDays",
          "Days",
          oneNumber(14, (days) => String(days)),
        )}
        {Array.from({ length: days }, (_, day) => (
          <Field
            key={day}
            app={app}
            path={`meet.platformsOnDays.${day + 1}`}
            label={days > 1 ? `Platforms on day ${day + 1}` : "Platforms"}
            kind={oneNumber(20, (count) => String(count))}
          />
        ))}
      </div>
      <details>
        <summary>Divisions, weight classes, rules</summary>
        <div class="fields">
          {field("divisions", "Divisions", LINES, "One a line")}
          {field(
            "weightClassesKgWomen",
            `Classes, women (${unit(app)})`,
            classes,
            `Upper limits, such as ${classesSuch(inKg)}`,
          )}
          {field(
            "weightClassesKgMen",
            `Classes, men (${unit(app)})`,
            classes,
            "The class above the last is implied",
          )}
          {field("weightClassesKgMx", `Classes, Mx (${unit(app)})`, classes)}
          {field("formula", "Formula", oneOf(FORMULAS))}
          <CheckField app={app} path="meet.combineSleevesAndWraps" label="Rank sleeves with wraps" />
          <CheckField app={app} path="meet.combineSingleAndMulti" label="Rank single-ply with multi-ply" />
          <CheckField app={app} path="meet.allow4thAttempts" label="4th attempts" />
        </div>
      </details>
      <details>
        <summary>Unit, bars and plates</summary>
        <div class="fields">
          <Choice
            label="Weights in"
            value={meet?.inKg === false ? "lb" : "kg"}
            options={[
              ["kg", "kilograms"],
              ["lb", "pounds"],
            ]}
            pick={(value) =>
              void attempt("The unit", () => app.replica.act({ type: "SET_IN_KG", inKg: value === "kg" }))
            }
          />
          {field("squatBarAndCollarsWeightKg", `Squat bar and collars (${unit(app)})`, bar)}
          {field("benchBarAndCollarsWeightKg", `Bench bar and collars (${unit(app)})`, bar)}
          {field("deadliftBarAndCollarsWeightKg", `Deadlift bar and collars (${unit(app)})`, bar)}
        </div>
        <p class="hint">Changing the unit also sets bars and plates to what is usual in it.</p>
        <Plates app={app} />
      </details>
    </Card>
  );
}

function Plates(props: { app: App }) {
  const { app } = props;
  const plates = app.meet.value?.meet.plates;
  if (!Array.isArray(plates)) return null;
  return (
    <div class="fields narrow">
      {(plates as { weightKg: number; color: string }[]).map((plate) => (
        <Field
          key={plate.weightKg}
          app={app}
          path={`meet.plates.${plate.weightKg}`}
          label={`Pairs of ${app.replica.displayWeight(plate.weightKg)} ${unit(app)}`}
          kind={pairs(plate.color)}
        />
      ))}
    </div>
  );
}

function pairs(color: string): FieldKind {
  return {
    text: (value) => {
      const count = (value as { pairCount?: unknown } | null)?.pairCount;
      return typeof count === "number" ? String(count) : "";
    },
    read: (text) => {
      const read = readWhole(text, 0, 99, 0);
      return "error" in read ? read : { value: { pairCount: read.value, color } };
    },
    input: "decimal",
  };
}
