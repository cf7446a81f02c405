/**
 * What a page says about itself: out of sync, edits not sent, the password that is wanted, messages in the corner.
 */

import { useEffect, useState } from "preact/hooks";
import { type App, say, toasts, unsay, wordsOf } from "./app.ts";
import { useKeys } from "./keys.ts";
import { Key, useBusy } from "./widgets.tsx";
import { age, atRest, clock, notSentWords, outOfSync } from "./words.ts";

/** How long something must last before it is announced. */
const LASTING_MS = 700;

/** Everything that has to be said above the content. */
export function Notices(props: { app: App }) {
  const { app } = props;
  const status = app.status.value;
  const now = app.now.value;
  const waiting = notSentWords(status, now);
  const apart = useLasting(outOfSync(status));
  return (
    <div class="out-of-sync">
      {status.cannotSave === null ? null : (
        <div class="notice bad" role="alert">
          <p>
            <strong>This device cannot save:</strong> {status.cannotSave.replace(/\.+$/, "")}. Nothing can be
            edited here until it can: free some space or allow this address to store data, and go on with
            another device meanwhile. What was saved is not lost.
          </p>
        </div>
      )}
      {status.finished ? (
        <div class="notice note" role="status" data-notice="finished">
          <p>
            <strong>The meet is finished.</strong> Everything can be looked at and exported; nothing can be
            edited any more.
            {atRest(status) ? " This page has not asked the relay whether anything is missing here." : ""}
          </p>
          {atRest(status) ? <TryNow app={app} /> : null}
        </div>
      ) : null}
      {status.passwordWanted ? <PasswordNotice app={app} waiting={waiting} /> : null}
      {apart && !status.passwordWanted ? (
        <div
          class={`notice ${status.link.state === "offline" ? "bad" : "warn"}`}
          role="status"
          data-notice="out-of-sync"
        >
          <p>
            <strong>Out of sync.</strong> {linkSentence(app)} Go on working: every edit is saved on this
            device.
            {waiting === null ? "" : ` ${waiting}.`}
            {status.lastContact === null ? "" : ` Last contact ${clock(status.lastContact, now)}.`}
          </p>
          <TryNow app={app} />
        </div>
      ) : null}
      {!apart && waiting !== null && isLate(status.oldestNotSent, now) ? (
        <div class="notice warn" role="status">
          <p>
            {waiting}
            {status.whyNotSent === null ? "" : `, because ${status.whyNotSent.reason}`}. They are saved on
            this device.
          </p>
        </div>
      ) : null}
    </div>
  );
}

/** Whether something is true and has been for a moment: what a page that opens goes through need not be announced. */
function useLasting(now: boolean): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLasting(now), now ? LASTING_MS : 0);
    return () => clearTimeout(timer);
  }, [now]);
  return now && lasting;
}

/** Whether the oldest edit not sent has waited longer than an acknowledgement takes. */
function isLate(oldest: string | null, now: number): boolean {
  return oldest !== null && now - Date.parse(oldest) > 10_000 && age(oldest, now) !== "just now";
}

function linkSentence(app: App): string {
  const { link } = app.status.value;
  switch (link.state) {
    case "joining":
      return "Connecting to the relay.";
    case "catching-up":
      return "Catching up with what the others did.";
    case "live":
      return "Catching up: something of the others is still missing here.";
    case "offline": {
      const why = link.why === undefined ? "" : ` (${link.why})`;
      return link.retryInMs === undefined
        ? `This device is not connected${why}.`
        : `The relay cannot be reached${why}, trying again by itself.`;
    }
  }
}

function TryNow(props: { app: App }) {
  const run = () => {
    props.app.replica.stayConnected(true).catch((why: unknown) => say("bad", wordsOf(why)));
    props.app.replica.sync().catch(() => undefined);
  };
  useKeys([{ key: "Shift+R", label: "Try to reach the relay now", run }]);
  return (
    <button type="button" onClick={run} aria-keyshortcuts="Shift+R">
      Try now <Key name="Shift+R" />
    </button>
  );
}

function PasswordNotice(props: { app: App; waiting: string | null }) {
  const { busy, run } = useBusy();
  const [text, setText] = useState("");
  return (
    <form
      class="notice bad"
      data-notice="password"
      onSubmit={(event) => {
        event.preventDefault();
        run("Rejoining the meet", () => props.app.replica.password(text)).then((well) => well && setText(""));
      }}
    >
      <p>
        <strong>The password is wanted again.</strong> The relay has ended this device’s stay. Nothing is
        lost: edits are saved here and are sent once the meet’s password is given.
        {props.app.status.value.peers === 0
          ? ""
          : " Meanwhile this tab exchanges with the other tabs of this browser."}{" "}
        {props.waiting === null ? "" : `${props.waiting}.`}
      </p>
      <div class="row">
        <div class="field">
          <label for="again">Password of the meet</label>
          <input
            id="again"
            type="password"
            autocomplete="current-password"
            required
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </div>
        <button type="submit" class="main" disabled={busy !== null}>
          Rejoin
        </button>
      </div>
    </form>
  );
}

/** The messages in the corner. */
export function Toasts() {
  return (
    <div class="toasts" aria-live="polite" role="log" aria-label="Messages">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={`notice ${toast.tone}`}>
          <p>{toast.words}</p>
          {toast.act === undefined ? null : (
            <button
              type="button"
              onClick={() => {
                toast.act?.run();
                unsay(toast.id);
              }}
            >
              {toast.act.label}
            </button>
          )}
          <button
            type="button"
            aria-label={`Close the message: ${toast.words}`}
            onClick={() => unsay(toast.id)}
          >
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}
