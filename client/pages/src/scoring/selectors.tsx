/** Which day, platform, flight and lift the table looks at. */

import { useState } from "preact/hooks";
import type { Lift, PlatformView } from "spotter-client";
import type { App } from "../common/app.ts";
import { useKeys } from "../common/keys.ts";
import { daysOf, platformsOf, upTo } from "../common/schedule.ts";
import { Choice, Confirm } from "../common/widgets.tsx";
import { after, LIFTS, liftOf } from "./attempts.ts";

/** The choices, each of which others see, too, but day and platform. */
export function Selectors(props: {
  app: App;
  view: PlatformView;
  go: (day: number, platform: number) => void;
  select: (flight: string, lift: Lift) => void;
}) {
  const { app, view, select, go } = props;
  const state = app.meet.value;
  const [asked, setAsked] = useState<{ flight: string; lift: Lift } | null>(null);
  const days = Math.max(view.day, state === null ? 1 : daysOf(state));
  const platforms = Math.max(view.platform, state === null ? 1 : platformsOf(state, view.day));
  const flights = view.flights.includes(view.flight) ? view.flights : [...view.flights, view.flight];
  const count = (most: number) => upTo(most).map((number) => [String(number), String(number)] as const);
  const change = (flight: string, lift: Lift) => {
    if (view.current === null) select(flight, lift);
    else setAsked({ flight, lift });
  };
  useKeys([
    {
      key: "f",
      label: "Next flight",
      run: () => change(after(flights, view.flight) ?? view.flight, view.lift),
    },
    {
      key: "l",
      label: "Next lift",
      run: () => change(flights[0] ?? "A", after(LIFTS, liftOf(view.lift))?.letter ?? view.lift),
    },
  ]);
  return (
    <div class="row selectors">
      {days > 1 ? (
        <Choice
          label="Day"
          value={String(view.day)}
          options={count(days)}
          pick={(value) => go(Number(value), 1)}
        />
      ) : null}
      {platforms > 1 ? (
        <Choice
          label="Platform"
          value={String(view.platform)}
          options={count(platforms)}
          pick={(value) => go(view.day, Number(value))}
        />
      ) : null}
      <Choice
        label="Flight"
        value={view.flight}
        options={flights.map((flight) => [flight, flight] as const)}
        pick={(flight) => change(flight, view.lift)}
      />
      <Choice
        label="Lift"
        value={view.lift}
        options={LIFTS.map((lift) => [lift.letter, lift.title] as const)}
        pick={(lift) => change(flights[0] ?? "A", lift as Lift)}
      />
      <p class="attempt-now">
        Attempt <strong>{view.attempt}</strong>
        {view.overridden ? <span class="warn"> called out of turn</span> : null}
      </p>
      {asked === null ? null : (
        <Confirm
          title={`Go to flight ${asked.flight}, ${liftOf(asked.lift).title.toLowerCase()}?`}
          words={`Flight ${view.flight} is not through with its ${liftOf(view.lift).title.toLowerCase()}. Nothing is lost; you can come back.`}
          yes="Go there"
          close={() => setAsked(null)}
          run={() => select(asked.flight, asked.lift)}
        />
      )}
    </div>
  );
}
