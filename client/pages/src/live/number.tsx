/** What the others need in order to join, and how the link is. */

import { useState } from "preact/hooks";
import { type App, attempt, refresh } from "../common/app.ts";
import { readNewPassword } from "../common/validate.ts";
import { Act, Card, Choice, Input, useBusy, Working } from "../common/widgets.tsx";
import { clock, counted, linkWords, meetNumber, notSentWords, whoWords } from "../common/words.ts";
import { GoLive } from "./golive.tsx";

/** The meet's number and the state of things. */
export function MeetNumber(props: { app: App }) {
  const { app } = props;
  const status = app.status.value;
  const now = app.now.value;
  const said = linkWords(status, true);
  const waiting = notSentWords(status, now);
  const wanted = status.link.state !== "offline" || status.link.retryInMs !== undefined;
  return (
    <Card title="This meet">
      <p class="big-id" id="meet-id">
        {meetNumber(status.meetId ?? "")}
      </p>
      <Invitation meetId={status.meetId ?? ""} places={placesOf(app)} />
      <dl class="facts">
        <div>
          <dt>Link</dt>
          <dd class={said.tone}>
            <strong>{said.words}</strong>
            {status.link.why === undefined ? "" : ` – ${status.link.why}`}
          </dd>
        </div>
        <div>
          <dt>This device is</dt>
          <dd>
            {status.location ?? "not named"}
            {status.priority === null ? "" : `, priority ${status.priority}`}
          </dd>
        </div>
        <div>
          <dt>Not sent</dt>
          <dd>{waiting ?? "Everything is sent and stored at the relay."}</dd>
        </div>
        <div>
          <dt>Last contact</dt>
          <dd>
            {status.lastContact === null ? "none since this page was opened" : clock(status.lastContact, now)}
          </dd>
        </div>
        <div>
          <dt>Holds</dt>
          <dd>{counted(status.changes, "change")}</dd>
        </div>
        {status.peers === 0 ? null : (
          <div>
            <dt>Tabs and peers</dt>
            <dd>{status.peers} exchange with this page directly</dd>
          </div>
        )}
      </dl>
      <Others app={app} />
      <div class="row">
        <Act
          label={wanted ? "Work offline" : "Connect again"}
          shortcut="x"
          run={() => void attempt("The link", () => app.replica.stayConnected(!wanted))}
        />
      </div>
      <Elsewhere app={app} />
      {status.initiator ? <NewPassword app={app} /> : null}
      {status.link.state === "offline" && !status.finished ? (
        <details>
          <summary>The relay has lost this meet</summary>
          <GoLive app={app} again />
        </details>
      ) : null}
    </Card>
  );
}

/** What the others type, and what to heed where this page's address means this computer only. */
function Invitation(props: { meetId: string; places: readonly string[] }) {
  const here = new URL(`./?meet=${props.meetId.replace(/\D/g, "")}`, location.href).href;
  const alone = /^(localhost|127\.|\[::1\])/.test(location.hostname);
  return (
    <>
      <p>
        Others open <strong class="address">{here}</strong> and give the password and the name of their
        location.
      </p>
      {alone ? (
        <p class="hint">
          That address works on this computer only. On other devices, use this computer’s address in the
          network in place of {location.hostname}, with a relay that listens there.
        </p>
      ) : null}
      <details>
        <summary>Addresses with the location filled in</summary>
        <ul>
          {props.places.map((place) => (
            <li key={place}>
              {place}: <strong class="address">{`${here}&location=${encodeURIComponent(place)}`}</strong>
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

function placesOf(app: App): string[] {
  app.tick.value;
  return app.replica.roster().map((place) => place.location);
}

function Others(props: { app: App }) {
  const others = props.app.others.value;
  if (others.length === 0) return null;
  return (
    <div>
      <h3>At work now</h3>
      <ul>
        {others.map((other) => (
          <li key={`${other.location} ${other.tab ?? ""}`}>
            {whoWords(other)}
            {other.platform === undefined ? "" : `, day ${other.day ?? 1}, platform ${other.platform}`}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Changes the meet’s password, which the initiator may. */
function NewPassword(props: { app: App }) {
  const { app } = props;
  const [open, setOpen] = useState(false);
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const [error, setError] = useState<string | null>(null);
  const { busy, run } = useBusy();
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Change the password</summary>
      <form
        class="fields"
        onSubmit={async (event) => {
          event.preventDefault();
          const read = readNewPassword(next, again);
          if ("error" in read) return setError(read.error);
          setError(null);
          const well = await run("Changing the password", () => app.replica.changePassword(old, next));
          if (!well) return;
          setOld("");
          setNext("");
          setAgain("");
          setOpen(false);
        }}
      >
        <Input
          label="Password so far"
          type="password"
          value={old}
          set={setOld}
          required
          autocomplete="current-password"
        />
        <Input
          label="New password"
          type="password"
          value={next}
          set={setNext}
          required
          autocomplete="new-password"
          error={error}
        />
        <Input
          label="New password again"
          type="password"
          value={again}
          set={setAgain}
          required
          autocomplete="new-password"
        />
        <div class="row wide">
          <button type="submit" disabled={busy !== null}>
            Change it
          </button>
        </div>
        <div class="wide">
          <Working what={busy} />
        </div>
      </form>
    </details>
  );
}

/** Joins the same meet again as another location. */
function Elsewhere(props: { app: App }) {
  const { app } = props;
  const status = app.status.value;
  const [open, setOpen] = useState(false);
  const [place, setPlace] = useState("");
  const [password, setPassword] = useState("");
  const { busy, run } = useBusy();
  const others = app.replica.roster().filter((other) => other.location !== status.location);
  const chosen = place === "" ? (others[0]?.location ?? "") : place;
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>This device is somewhere else</summary>
      <form
        class="fields"
        onSubmit={async (event) => {
          event.preventDefault();
          const well = await run("Joining as another location", async () => {
            await app.replica.join({
              relay: status.relay ?? "",
              meetId: status.meetId ?? "",
              location: chosen,
              password,
            });
            refresh(app);
          });
          if (!well) return;
          setPassword("");
          setOpen(false);
        }}
      >
        <Choice
          label="Where it is"
          value={chosen}
          options={others.map((other) => [other.location, other.location] as const)}
          pick={setPlace}
        />
        <Input
          label="Password of the meet"
          type="password"
          value={password}
          set={setPassword}
          required
          autocomplete="current-password"
        />
        <div class="row wide">
          <button type="submit" disabled={busy !== null || chosen === ""}>
            Join as {chosen}
          </button>
        </div>
        <div class="wide">
          <Working what={busy} />
        </div>
      </form>
    </details>
  );
}
