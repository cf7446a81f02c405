/**
 * What is around every page: the meet's name, the link's state, notices, messages, the list of keys.
 */

import { type ComponentChildren, render } from "preact";
import { useEffect, useErrorBoundary } from "preact/hooks";
import { type App, codeOf, copyName, openApp, wordsOf } from "./app.ts";
import { guardDrafts } from "./fields.tsx";
import { Foot } from "./foot.tsx";
import { listenForKeys, useKeys } from "./keys.ts";
import { Notices, Toasts } from "./notices.tsx";
import { Card, Working } from "./widgets.tsx";
import { linkWords } from "./words.ts";

const PAGES = [
  { name: "live", address: "./", title: "Live", shortcut: "Shift+L" },
  { name: "weigh-in", address: "./weigh-in", title: "Weigh-in", shortcut: "Shift+W" },
  { name: "scoring", address: "./scoring", title: "Scoring", shortcut: "Shift+S" },
] as const;

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
