/** Joins a meet that is live already. */

import { useState } from "preact/hooks";
import { type App, refresh, say } from "../common/app.ts";
import { readMeetNumber, readRelay, relayOfPage } from "../common/validate.ts";
import { Card, Input, useBusy, Working } from "../common/widgets.tsx";
import { meetNumber } from "../common/words.ts";
import { RelayInput } from "./relay.tsx";

/** The form. */
export function Join(props: { app: App }) {
  const { app } = props;
  const { busy, run } = useBusy();
  const asked = new URLSearchParams(location.search);
  const [number, setNumber] = useState(asked.get("meet") ?? "");
  const [place, setPlace] = useState(asked.get("location") ?? "");
  const [password, setPassword] = useState("");
  const [relay, setRelay] = useState(asked.get("relay") ?? relayOfPage(location));
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const join = async () => {
    const meetId = readMeetNumber(number);
    const address = readRelay(relay);
    const errors: Record<string, string> = {};
    if ("error" in meetId) errors.number = meetId.error;
    if ("error" in address) errors.relay = address.error;
    if (place.trim() === "") errors.place = "Say where this device stands, such as Weigh-in or Platform 1.";
    setWrong(errors);
    if ("error" in meetId || "error" in address || errors.place !== undefined) return;
    const well = await run("Joining the meet", async () => {
      await app.replica.join({
        relay: String(address.value),
        meetId: String(meetId.value),
        location: place.trim(),
        password,
      });
      refresh(app);
      say("good", `Joined meet ${meetNumber(String(meetId.value))} as ${place.trim()}.`);
    });
    if (well) setPassword("");
  };
  return (
    <Card title="Join a meet">
      <p class="hint">
        Whoever made the meet live tells you its number, its password and the name of your location.
      </p>
      <form
        class="fields"
        id="join"
        onSubmit={(event) => {
          event.preventDefault();
          void join();
        }}
      >
        <Input
          label="Number of the meet"
          name="meet"
          value={number}
          set={setNumber}
          error={wrong.number ?? null}
          numeric
          required
          hint="Nine digits, such as 123-456-789"
        />
        <Input
          label="This location"
          name="location"
          value={place}
          set={setPlace}
          error={wrong.place ?? null}
          required
          hint="Exactly as you were told, such as Weigh-in; capitals count"
        />
        <Input
          label="Password"
          name="password"
          type="password"
          value={password}
          set={setPassword}
          required
          autocomplete="current-password"
        />
        <RelayInput value={relay} set={setRelay} error={wrong.relay ?? null} />
        <div class="row wide">
          <button type="submit" class="main" disabled={busy !== null}>
            Join
          </button>
        </div>
        <div class="wide">
          <Working what={busy} />
        </div>
      </form>
    </Card>
  );
}
