/** Keys for scoreboards and overlays: read only, listed, revocable. A key is shown once. */

import { useEffect, useState } from "preact/hooks";
import { type App, attempt, say } from "../common/app.ts";
import { platformsPlanned, screensOf } from "../common/schedule.ts";
import { Card, Confirm, Input, useBusy, Working } from "../common/widgets.tsx";
import { clock } from "../common/words.ts";
import { displayAddress } from "./addresses.ts";

interface KeyShown {
  readonly id: string;
  readonly label: string;
  readonly since: string;
}

/** Makes, lists and revokes display keys. */
export function DisplayKeys(props: { app: App }) {
  const { app } = props;
  const [keys, setKeys] = useState<readonly KeyShown[] | null>(null);
  const [label, setLabel] = useState("Stream");
  const [made, setMade] = useState<string | null>(null);
  const [asked, setAsked] = useState<KeyShown | null>(null);
  const { busy, run } = useBusy();
  const live = app.status.value.link.state === "live";
  const load = () =>
    attempt("The list of display keys", async () => setKeys(await app.replica.displayKeys()));
  useEffect(() => {
    if (live && keys === null) void load();
  }, [live]);
  return (
    <Card title="Scoreboards and overlays">
      <p class="hint">
        A display key opens scoreboard and overlay, and nothing else: no birth dates, notes or member numbers.
        Give each screen its own, so that one can be revoked.
      </p>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          void run("Making a display key", async () => {
            setMade((await app.replica.addDisplayKey(label.trim())).key);
            await load();
          });
        }}
      >
        <Input label="What the key is for" value={label} set={setLabel} required />
        <button type="submit" class="main" disabled={busy !== null || !live}>
          Make a display key
        </button>
      </form>
      <Working what={busy} />
      {made === null ? null : <Made app={app} secret={made} close={() => setMade(null)} />}
      {keys === null ? (
        <p class="hint">
          {live
            ? "Asking the relay …"
            : "Keys are made and listed at the relay, which cannot be reached now."}
        </p>
      ) : keys.length === 0 ? (
        <p class="hint">There is none yet.</p>
      ) : (
        <ul class="plain-list">
          {keys.map((key) => (
            <li key={key.id} class="row between">
              <span>
                <strong>{key.label}</strong> <span class="hint">made {clock(key.since, app.now.value)}</span>
              </span>
              <button type="button" class="danger" onClick={() => setAsked(key)}>
                Revoke
              </button>
            </li>
          ))}
        </ul>
      )}
      {asked === null ? null : (
        <Confirm
          title={`Revoke the key “${asked.label}”?`}
          words="Screens that were opened with it stop at once."
          yes="Revoke it"
          close={() => setAsked(null)}
          run={() =>
            void attempt("Revoking the key", async () => {
              await app.replica.revokeDisplayKey(asked.id);
              say("good", `The key “${asked.label}” is revoked.`);
              await load();
            })
          }
        />
      )}
    </Card>
  );
}

function Made(props: { app: App; secret: string; close: () => void }) {
  const { app, secret } = props;
  const meetId = app.status.value.meetId ?? "";
  const state = app.meet.value;
  // The relay shows the days and platforms that the meet has.
  const screens =
    state === null
      ? []
      : screensOf(state).filter((screen) => screen.platform <= platformsPlanned(state, screen.day));
  return (
    <div class="asks">
      <p>
        <strong>Copy what you need now: the key is not shown again.</strong> It stands behind the # of the
        addresses, which browsers do not send to anybody.
      </p>
      <p class="secret" id="display-key">
        {secret}
      </p>
      <ul class="plain-list">
        {screens.map((screen) => (
          <li key={`${screen.day}.${screen.platform}`} class="row tight">
            <span>
              Day {screen.day}, platform {screen.platform}:
            </span>
            {(["scoreboard", "overlay"] as const).map((page) => (
              <a
                key={page}
                class="button"
                target="_blank"
                rel="noreferrer"
                href={displayAddress(page, { meetId, key: secret, ...screen })}
              >
                {page === "overlay" ? "Overlay" : "Scoreboard"}
                <span class="unseen"> (opens in a new tab)</span>
              </a>
            ))}
          </li>
        ))}
      </ul>
      <div class="row">
        <button type="button" onClick={props.close}>
          Done, hide the key
        </button>
      </div>
    </div>
  );
}
