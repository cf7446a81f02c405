/** What is around the lifter on the platform: who is next, who else scores here, what others changed. */

import type { Lift, LifterRow, PlatformView } from "spotter-client";
import { type App, nameIn, unmark } from "../common/app.ts";
import { unit, valueText } from "../common/kinds.ts";
import { pageAddress } from "../common/shell.tsx";
import { Act, Card } from "../common/widgets.tsx";
import { pathWords, whoWords } from "../common/words.ts";
import { attemptsOf, LIFTS, liftOf, type Slot } from "./attempts.ts";

/** Another location at the same table. */
export function Company(props: { app: App; view: PlatformView }) {
  const { app, view } = props;
  const there = app.others.value.filter(
    (other) => other.day === view.day && other.platform === view.platform,
  );
  if (there.length === 0) return null;
  return (
    <div class="notice warn" role="status" data-notice="presence">
      <p>
        <strong>{there.map(whoWords).join(", ")}</strong> {there.length === 1 ? "has" : "have"} this
        platform’s table open, too. Agree who marks the lifts.
      </p>
    </div>
  );
}

/** The rack height that the lifter wants. */
export function Rack(props: { row: LifterRow; lift: Lift }) {
  const info =
    props.lift === "S" ? props.row.squatRackInfo : props.lift === "B" ? props.row.benchRackInfo : "";
  return info === "" ? null : <span>Rack {info}</span>;
}

/** Who lifts next. */
export function Upcoming(props: { app: App; view: PlatformView; row: LifterRow | null }) {
  const { app, view, row } = props;
  const attempts = row === null ? [] : attemptsOf(row, view.lift);
  const same = (attempts[view.attempt - 1]?.status ?? 0) === 0 && (attempts[view.attempt - 1]?.kg ?? 0) !== 0;
  const slot = same ? view.attempt : view.attempt + 1;
  return (
    <Card title="Next">
      {row === null ? (
        <p>Nobody.</p>
      ) : (
        <>
          <p class="next-who" id="next-lifter">
            {row.name}
          </p>
          <p class="what">
            <strong>
              {attempts[slot - 1]?.shown ?? ""} {unit(app)}
            </strong>
            <span>
              {liftOf(view.lift).title} {slot}
            </span>
            <Rack row={row} lift={view.lift} />
          </p>
        </>
      )}
    </Card>
  );
}

/** Values of this table that somebody else changed, or that are disputed. */
export function Differences(props: { app: App; view: PlatformView; open: (slot: Slot) => void }) {
  const { app, view } = props;
  const ids = new Set(view.lifters.map((lifter) => String(lifter.id)));
  const ours = (path: string) => path.startsWith("entries.") && ids.has(path.split(".")[1] ?? "");
  const changed = [...app.marks.value].filter(([path, mark]) => mark.replaced && ours(path));
  const disputed = app.conflicts.value.filter((conflict) => ours(conflict.path));
  if (changed.length === 0 && disputed.length === 0) return null;
  return (
    <div class="asks" role="status" data-notice="changed">
      {changed.length === 0 ? null : (
        <>
          <p>
            <strong>Changed by others on this table:</strong>
          </p>
          <ul>
            {changed.slice(0, 5).map(([path, mark]) => (
              <li key={path}>{mark.words}</li>
            ))}
            {changed.length > 5 ? <li>and {changed.length - 5} more</li> : null}
          </ul>
          <div class="row tight">
            <Act
              label="Seen"
              shortcut="s"
              says="What others changed is seen"
              run={() => unmark(app, ...changed.map(([path]) => path))}
            />
          </div>
        </>
      )}
      {disputed.map((conflict) => (
        <p key={conflict.path}>
          <strong>Disputed:</strong> {pathWords(conflict.path, nameIn(app))}.{" "}
          {valueText(app, conflict.path, conflict.stands.value) || "nothing"} by {conflict.stands.location}{" "}
          stands;{" "}
          {conflict.overruled
            .map((lost) => `${valueText(app, conflict.path, lost.value) || "nothing"} by ${lost.location}`)
            .join(", ")}{" "}
          was overruled. <DisputeLink path={conflict.path} open={props.open} />
        </p>
      ))}
    </div>
  );
}

function DisputeLink(props: { path: string; open: (slot: Slot) => void }) {
  const [, id, lift, slot] = props.path.split(".");
  const found = LIFTS.find((other) => other.lift === lift);
  if (found === undefined || id === undefined || slot === undefined)
    return <a href={pageAddress("./weigh-in")}>Settle it in Weigh-in</a>;
  return (
    <button
      type="button"
      onClick={() => props.open({ id: Number(id), lift: found.letter, slot: Number(slot) })}
    >
      Look
    </button>
  );
}
