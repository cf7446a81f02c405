/** Makes the meet live at a relay, with its locations and a password. */

import { useState } from "preact/hooks";
import { type App, refresh, say } from "../common/app.ts";
import { PASSWORD_MIN, readNewPassword, readRelay, relayOfPage } from "../common/validate.ts";
import { Card, Input, useBusy, Working } from "../common/widgets.tsx";
import { meetNumber } from "../common/words.ts";
import { RelayInput } from "./relay.tsx";
import {
  equalPriorities,
  nextPriority,
  proposed,
  readRoster,
  rosterError,
  type TypedPlace,
  typed,
} from "./roster.ts";

/** The form. */
export function GoLive(props: { app: App; again?: boolean }) {
  const { app, again: anew = false } = props;
  const { busy, run } = useBusy();
  const platforms = app.meet.value?.meet.platformsOnDays;
  const [roster, setRoster] = useState<readonly TypedPlace[]>(() =>
    typed(
      anew
        ? app.replica.roster()
        : proposed(Math.max(1, ...(Array.isArray(platforms) ? (platforms as number[]) : [1]))),
    ),
  );
  const places = readRoster(roster);
  const [own, setOwn] = useState(app.status.value.location ?? "Registration");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [relay, setRelay] = useState(relayOfPage(location));
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const change = (index: number, place: Partial<TypedPlace>) =>
    setRoster(roster.map((other, at) => (at === index ? { ...other, ...place } : other)));
  const go = async () => {
    const address = readRelay(relay);
    const secret = readNewPassword(password, again);
    const list = rosterError(places, own);
    const errors: Record<string, string> = {};
    if ("error" in address) errors.relay = address.error;
    if ("error" in secret) errors.password = secret.error;
    if (list !== null) errors.roster = list;
    setWrong(errors);
    if ("error" in address || "error" in secret || list !== null) return;
    const well = await run("Going live: handing the meet to the relay", async () => {
      const { meetId } = await app.replica.goLive({
        relay: String(address.value),
        location: own.trim(),
        roster: places,
        password,
        ...(anew ? { again: true } : {}),
      });
      refresh(app);
      say("good", `The meet is live. Its number is ${meetNumber(meetId)}.`);
      // The form was at the end of a long list; what comes next stands above it.
      scrollTo({ top: 0 });
    });
    if (well) {
      setPassword("");
      setAgain("");
    }
  };
  const { editsNotSent, changes } = app.status.value;
  return (
    <Card title={anew ? "Go live again, as a new meet" : "Go live"}>
      <p class="hint">
        {anew
          ? "If the relay has lost the meet for good, this hands it everything that is here under a new number. Everybody joins again with it; what they hold comes along."
          : "So far the meet is on this device only. Once it is live, other locations join it with its number and password."}
      </p>
      <form
        id={anew ? "golive-again" : "golive"}
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void go();
        }}
      >
        <fieldset>
          <legend class="label">Locations</legend>
          <p class="hint">
            If two locations change the same thing without having seen each other’s value, the higher priority
            stands; the other is shown as overruled and can be restored. “Here” is where this device stands.
          </p>
          <p class="row tight places-head" aria-hidden="true">
            <span>Location</span>
            <span class="priority">Priority</span>
          </p>
          <ol class="places">
            {roster.map((place, index) => (
              <li key={index} class="row tight">
                <input
                  aria-label={`Location ${index + 1}`}
                  value={place.location}
                  onInput={(event) => {
                    const name = event.currentTarget.value;
                    if (own === place.location) setOwn(name);
                    change(index, { location: name });
                  }}
                />
                <input
                  class="priority"
                  aria-label={`Priority of location ${index + 1}`}
                  inputMode="numeric"
                  value={place.priority}
                  onInput={(event) => change(index, { priority: event.currentTarget.value })}
                />
                <label class="check">
                  <input
                    type="radio"
                    name={anew ? "own-again" : "own"}
                    checked={own === place.location}
                    aria-label={`This device is ${place.location || `location ${index + 1}`}`}
                    onChange={() => setOwn(place.location)}
                  />
                  Here
                </label>
                <button
                  type="button"
                  aria-label={`Remove ${place.location || `location ${index + 1}`}`}
                  onClick={() => setRoster(roster.filter((_, at) => at !== index))}
                >
                  ✕
                </button>
              </li>
            ))}
          </ol>
          <button
            type="button"
            onClick={() => setRoster([...roster, { location: "", priority: String(nextPriority(places)) }])}
          >
            Add a location
          </button>
          {wrong.roster === undefined ? null : (
            <p class="bad" role="alert">
              {wrong.roster}
            </p>
          )}
          {equalPriorities(places) === null ? null : <p class="warn">{equalPriorities(places)}</p>}
        </fieldset>
        <div class="fields">
          <Input
            label="Password for the meet"
            name="password"
            type="password"
            autocomplete="new-password"
            value={password}
            set={setPassword}
            required
            error={wrong.password ?? null}
            hint={`At least ${PASSWORD_MIN} characters; everybody who joins types it`}
          />
          <Input
            label="Password again"
            name="again"
            type="password"
            autocomplete="new-password"
            value={again}
            set={setAgain}
            required
          />
          <RelayInput value={relay} set={setRelay} error={wrong.relay ?? null} />
        </div>
        <button type="submit" class="main" disabled={busy !== null}>
          {anew ? "Go live again" : "Go live"}
        </button>
        <Working
          what={busy}
          {...(busy !== null && editsNotSent > 0
            ? { done: Math.max(0, changes - editsNotSent), of: changes }
            : {})}
        />
      </form>
    </Card>
  );
}
