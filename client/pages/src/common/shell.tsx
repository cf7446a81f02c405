/**
 * What is around every page: the meet's name, the link's state, notices, messages, the list of keys.
 */

import { useSignal } from "@preact/signals";
import { type ComponentChildren, render } from "preact";
import { useEffect, useErrorBoundary, useState } from "preact/hooks";
import { type App, codeOf, copyName, openApp, say, toasts, unsay, wordsOf } from "./app.ts";
import { guardDrafts } from "./fields.tsx";
import { keyActs, keyShown, listenForKeys, singleKeys, switchSingleKeys, useKeys } from "./keys.ts";
import { Card, Key, useBusy, Working } from "./widgets.tsx";
import { age, clock, linkWords, notSentWords, outOfSync } from "./words.ts";

const PAGES = [
  { name: "live", address: "./", title: "Live", shortcut: "Shift+L" },
  { name: "weigh-in", address: "./weigh-in", title: "Weigh-in", shortcut: "Shift+W" },
  { name: "scoring", address: "./scoring", title: "Scoring", shortcut: "Shift+S" },
] as const;

/** How long something must last before it is announced. */
const LASTING_MS = 700;

/** The name of a page. */
export type PageName = (typeof PAGES)[number]["name"];

/** Opens the replica and draws the page; says in words why it cannot be opened. */
export async function startPage(name: PageName, page: (app: App) => ComponentChildren): Promise<void> {
  const root = document.getElementById("page");
  if (root === null) throw new Error("the page has no place for its content");
  try {
    const app = await openApp();
    listenForKeys();
    guardDrafts();
    root.replaceChildren();
    render(
      <Shell app={app} name={name}>
        {page(app)}
      </Shell>,
      root,
    );
  } catch (why) {
    root.replaceChildren();
    render(<Unopened why={wordsOf(why)} known={codeOf(why) !== ""} />, root);
  }
}

/** The address of another page that keeps to this page's copy of the meet. */
export function pageAddress(address: string, query: Readonly<Record<string, string>> = {}): string {
  const copy = copyName(location.search);
  const params = new URLSearchParams({ ...query, ...(copy === "meet" ? {} : { copy }) });
  return params.size === 0 ? address : `${address}?${params}`;
}

function Unopened(props: { why: string; known: boolean }) {
  return (
    <main>
      <div class="notice bad" role="alert">
        <p>
          <strong>The meet cannot be opened in this tab:</strong> {props.why}.
        </p>
        <button type="button" onClick={() => location.reload()}>
          Try again
        </button>
      </div>
      <p>Nothing that was saved is lost by this.</p>
      {props.known ? null : (
        <p>
          Private windows of some browsers, and browsers that block site data, cannot keep a meet: use an
          ordinary window, and allow this address to store data.
        </p>
      )}
    </main>
  );
}

function Shell(props: { app: App; name: PageName; children: ComponentChildren }) {
  const { app } = props;
  useKeys(
    PAGES.map((page) => ({
      key: page.shortcut,
      label: `Go to ${page.title}`,
      run: () => location.assign(pageAddress(page.address)),
    })),
  );
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Head app={app} name={props.name} />
      <Notices app={app} />
      <main id="content" tabIndex={-1}>
        <Content>{props.children}</Content>
      </main>
      <Foot app={app} />
      <Toasts />
    </>
  );
}

/** What stands on a page while there is no meet to work on. */
export function NoMeet(props: { app: App }) {
  const { app } = props;
  return app.status.value.meetId !== null ? (
    <Card title="The meet is on its way">
      <Working what="Fetching the meet from the relay" />
      <p class="hint">It opens by itself as soon as it is here.</p>
    </Card>
  ) : (
    <Card title="No meet yet">
      <p>This device holds no meet.</p>
      <div class="row">
        <a class="button" href={pageAddress("./")}>
          Start or join one
        </a>
      </div>
    </Card>
  );
}

/** Shows the content, or in words that a mistake of the program has ended it. */
function Content(props: { children: ComponentChildren }) {
  const [error] = useErrorBoundary((why) => console.error(why));
  if (error === undefined) return <>{props.children}</>;
  return (
    <div class="notice bad" role="alert">
      <p>
        <strong>This page has stopped because of a mistake in it.</strong> What was saved is saved.{" "}
        {wordsOf(error)}
      </p>
      <button type="button" onClick={() => location.reload()}>
        Reload the page
      </button>
    </div>
  );
}

function Head(props: { app: App; name: PageName }) {
  const { app } = props;
  const status = app.status.value;
  const said = linkWords(status, status.holdsMeet);
  const title = app.meet.value?.meet.name;
  const here = PAGES.find((page) => page.name === props.name)?.title ?? "";
  const meet =
    typeof title === "string" && title !== "" ? title : app.meet.value === null ? "Spotter" : "Unnamed meet";
  useEffect(() => {
    document.title = `${here} – ${meet}`;
  }, [here, meet]);
  return (
    <header class="head">
      <div class="brand">
        <img
          src={document.querySelector<HTMLLinkElement>("link[rel=icon]")?.href ?? ""}
          alt=""
          width="32"
          height="32"
        />
        <h1>
          {meet}
          <small>
            {here}
            {status.location === null ? "" : ` · ${status.location}`}
          </small>
        </h1>
      </div>
      <nav aria-label="Pages">
        <ul>
          {PAGES.map((page) => (
            <li key={page.name}>
              <a
                href={pageAddress(page.address)}
                aria-keyshortcuts={page.shortcut}
                {...(page.name === props.name ? { "aria-current": "page" as const } : {})}
              >
                {page.title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <span
        class={`pill ${said.tone}`}
        role="status"
        data-state={status.link.state}
        data-unsent={status.editsNotSent}
        data-insync={String(status.inSync)}
      >
        {said.words}
      </span>
    </header>
  );
}

function Notices(props: { app: App }) {
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
      {status.passwordWanted ? <PasswordNotice app={app} /> : null}
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
          <p>{waiting}. They are saved on this device.</p>
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
      const retry = link.retryInMs === undefined ? "" : ", trying again by itself";
      return `The relay cannot be reached${why}${retry}.`;
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

function PasswordNotice(props: { app: App }) {
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
        <strong>The password is wanted again.</strong> The relay has ended this device's stay. Nothing is
        lost: edits are saved here and are sent once the meet's password is given.
        {props.app.status.value.peers === 0
          ? ""
          : " Meanwhile this tab exchanges with the other tabs of this browser."}
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

function Toasts() {
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

function Foot(props: { app: App }) {
  const open = useSignal(matchMedia("(min-width: 60rem)").matches);
  useKeys([
    {
      key: "?",
      label: "Show or hide the list of keys",
      run: () => {
        open.value = !open.value;
        if (open.value) requestAnimationFrame(() => document.getElementById("keys")?.scrollIntoView());
      },
    },
  ]);
  const acts = keyActs.value.filter(
    (act, index, all) =>
      all.findIndex((other) => other.key === act.key && other.label === act.label) === index,
  );
  return (
    <footer class="foot">
      <details
        class="keys"
        id="keys"
        open={open.value}
        onToggle={(event) => {
          open.value = event.currentTarget.open;
        }}
      >
        <summary>Keys on this page</summary>
        <dl>
          {acts.map((act) => (
            <div key={`${act.key} ${act.label}`}>
              <dt>
                <kbd>{keyShown(act.key)}</kbd>
              </dt>
              <dd>{act.label}</dd>
            </div>
          ))}
        </dl>
        <label class="check">
          <input
            type="checkbox"
            checked={singleKeys.value}
            onChange={(event) => switchSingleKeys(event.currentTarget.checked)}
          />
          Keys without Ctrl or Alt are on
        </label>
      </details>
      <Device app={props.app} />
    </footer>
  );
}

/** What this device and browser promise, and what they withhold. */
function Device(props: { app: App }) {
  const worker = useSignal<"asking" | "kept" | "not kept">("asking");
  useEffect(() => {
    keepPages().then((kept) => {
      worker.value = kept ? "kept" : "not kept";
    });
  }, []);
  const kept = props.app.persistence.value;
  if (!isSecureContext) {
    return (
      <p data-device="plain-http">
        <strong>Plain HTTP.</strong> The browser withholds two things here: it cannot open this page again
        while the relay is down, and it does not promise to keep the meet when its disk is full. So leave this
        tab open, and keep a bundle (Live, Export). To be free of both, run <code>spotter serve</code> on this
        computer and use its address.
      </p>
    );
  }
  return (
    <p data-device={worker.value}>
      {worker.value === "kept"
        ? "This page opens again without the relay. "
        : worker.value === "not kept"
          ? "The browser did not keep this page: leave the tab open while the relay is down. "
          : ""}
      {kept === "granted"
        ? "The browser has promised to keep the meet."
        : kept === "refused"
          ? "The browser may remove the meet when its disk is full: keep a bundle (Live, Export)."
          : kept === "asking"
            ? "The browser has been asked to keep the meet."
            : kept === "unavailable"
              ? "The browser does not say whether it keeps the meet: keep a bundle (Live, Export)."
              : ""}
    </p>
  );
}

async function keepPages(): Promise<boolean> {
  if (!("serviceWorker" in navigator)) return false;
  try {
    await navigator.serviceWorker.register("./worker.js");
    await navigator.serviceWorker.ready;
    return true;
  } catch {
    return false;
  }
}
