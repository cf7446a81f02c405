/** Weights that lifters have to give after they lifted. */

import { useRef } from "preact/hooks";
import type { PlatformView } from "spotter-client";
import type { App } from "../common/app.ts";
import { Field } from "../common/fields.tsx";
import { useKeys } from "../common/keys.ts";
import { attemptWeight, unit } from "../common/kinds.ts";
import { attemptDoubt } from "../common/validate.ts";
import { Card, Key } from "../common/widgets.tsx";
import { isolated } from "../common/words.ts";
import { attemptsOf, liftOf, pathOf, type Slot } from "./attempts.ts";

/** One box for each weight that is wanted, or was given and is doubted. */
export function NextAttempts(props: { app: App; view: PlatformView; slots: readonly Slot[] }) {
  const { app, view, slots } = props;
  const box = useRef<HTMLDivElement>(null);
  const run = () => {
    const first = box.current?.querySelector("input");
    first?.focus();
    first?.select();
  };
  useKeys(
    slots.length === 0
      ? []
      : [{ key: "a", label: "Type the next attempt that is wanted; Enter saves it", run }],
  );
  if (slots.length === 0) return null;
  return (
    <Card
      title="Next attempts wanted"
      tools={
        <span class="hint next-key">
          <Key name="a" /> types the first, Enter saves it
        </span>
      }
    >
      <div class="fields narrow" ref={box}>
        {slots.map((slot) => {
          const row = view.lifters.find((lifter) => lifter.id === slot.id);
          if (row === undefined) return null;
          const attempts = attemptsOf(row, slot.lift);
          const kind = attemptWeight(app, 0);
          return (
            <Field
              key={pathOf(slot)}
              app={app}
              path={pathOf(slot)}
              label={`${isolated(row.name)}, ${liftOf(slot.lift).title.toLowerCase()} ${slot.slot} (${unit(app)})`}
              then="leave"
              hint={`after ${attempts[slot.slot - 2]?.shown ?? ""}`}
              kind={{
                ...kind,
                doubt: (value) =>
                  attemptDoubt(Array.isArray(value) ? Number(value[0]) : 0, slot.slot, attempts),
              }}
            />
          );
        })}
      </div>
    </Card>
  );
}
