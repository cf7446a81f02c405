/** The Weigh-in page: the list of lifters, and beside it the one that is open. */

import { useRef, useState } from "preact/hooks";
import { type App, attempt, say, undoLast, unmark } from "../common/app.ts";
import { allSaved } from "../common/fields.tsx";
import { useKeys } from "../common/keys.ts";
import { FLIGHTS } from "../common/kinds.ts";
import { screensOf, upTo } from "../common/schedule.ts";
import { NoMeet } from "../common/shell.tsx";
import { Act, Card, Choice, Confirm, Key } from "../common/widgets.tsx";
import { counted } from "../common/words.ts";
import { Editor } from "./editor.tsx";
import { drawn, type Entry, EVERYBODY, type Filter, narrowed, onScreen } from "./lifters.ts";
import { List } from "./list.tsx";

/** The page. */
export function WeighIn(props: { app: App }) {
  const { app } = props;
  const state = app.meet.value;
  const [filter, setFilter] = useState<Filter>(EVERYBODY);
  const [open, setOpened] = useState<number | null>(null);
  if (state === null) {
    return <NoMeet app={app} />;
  }
  const entries = state.registration.entries as unknown as Entry[];
  const shown = narrowed(entries, filter);
  const entry = entries.find((other) => other.id === open) ?? null;
  const place = shown.findIndex((other) => other.id === open);
  const setOpen = (id: number | null) => {
    if (id === open) return;
    void allSaved().then((well) => {
      if (!well) return;
      setOpened(id);
      if (id === null) requestAnimationFrame(() => focusLine(open, place));
    });
  };
  const step = (by: number) => {
    const next = shown[place < 0 ? 0 : place + by];
    if (next !== undefined) setOpen(next.id);
  };
  return (
    <div class={`weigh ${entry === null ? "" : "with-editor"}`}>
      <div class="stack">
        <Tools app={app} entries={entries} shown={shown} filter={filter} set={setFilter} open={setOpen} />
        <List app={app} entries={shown} all={entries.length} open={open} pick={setOpen} />
        <Withdrawn app={app} />
      </div>
      {entry === null ? null : (
        <Editor key={entry.id} app={app} entry={entry} close={() => setOpen(null)} step={step} />
      )}
    </div>
  );
}

/** Goes to a lifter's line of the list; if the lifter is gone, to the line that has its place, or to the search. */
function focusLine(id: number | null, place: number): void {
  const all = [...document.querySelectorAll<HTMLElement>("button[data-entry]")];
  const own = all.find((line) => line.dataset.entry === String(id));
  (own ?? all[Math.min(place, all.length - 1)] ?? document.getElementById("search"))?.focus();
}

function Tools(props: {
  app: App;
  entries: readonly Entry[];
  shown: readonly Entry[];
  filter: Filter;
  set: (filter: Filter) => void;
  open: (id: number) => void;
}) {
  const { app, filter, set, shown, entries } = props;
  const search = useRef<HTMLInputElement>(null);
  const name = useRef<HTMLInputElement>(null);
  const [draw, setDraw] = useState(false);
  const screens = app.meet.value === null ? [] : screensOf(app.meet.value);
  const days = Math.max(1, ...screens.map((screen) => screen.day));
  const platforms = Math.max(1, ...screens.map((screen) => screen.platform));
  useKeys([
    { key: "/", label: "Search", run: () => search.current?.focus() },
    { key: "n", label: "Add a lifter", run: () => name.current?.focus() },
  ]);
  const pick = (field: keyof Filter) => (value: string) => set({ ...filter, [field]: value });
  const numbers = (count: number, word: string) =>
    [["", `every ${word}`], ...upTo(count).map((number) => [String(number), String(number)])] as [
      string,
      string,
    ][];
  const add = async () => {
    const text = name.current?.value.trim() ?? "";
    if (text === "") return say("bad", "Type the lifter’s name first.");
    await attempt("Adding the lifter", async () => {
      const place = {
        ...(filter.day === "" ? {} : { day: Number(filter.day) }),
        ...(filter.platform === "" ? {} : { platform: Number(filter.platform) }),
        ...(filter.flight === "" ? {} : { flight: filter.flight }),
      };
      const { id } = await app.replica.addEntry({ name: text, ...place });
      if (name.current !== null) name.current.value = "";
      props.open(id);
    });
  };
  return (
    <Card title="Lifters">
      <div class="row">
        <div class="field grow">
          <label for="search">
            Search <Key name="/" />
          </label>
          <input
            id="search"
            ref={search}
            type="search"
            value={filter.text}
            onInput={(event) => pick("text")(event.currentTarget.value)}
            onKeyDown={(event) => {
              const first = shown[0];
              if (event.key === "Enter" && first !== undefined) {
                event.preventDefault();
                props.open(first.id);
              }
            }}
          />
        </div>
        {days > 1 ? (
          <Choice label="Day" value={filter.day} options={numbers(days, "day")} pick={pick("day")} />
        ) : null}
        {platforms > 1 ? (
          <Choice
            label="Platform"
            value={filter.platform}
            options={numbers(platforms, "platform")}
            pick={pick("platform")}
          />
        ) : null}
        <Choice
          label="Flight"
          value={filter.flight}
          options={[
            ["", "every flight"],
            ...FLIGHTS.filter((flight) => entries.some((entry) => entry.flight === flight)).map(
              (flight) => [flight, flight] as const,
            ),
          ]}
          pick={pick("flight")}
        />
        <Choice
          label="Show"
          value={filter.only}
          options={[
            ["", "everybody"],
            ["not weighed", "not weighed in"],
            ["incomplete", "something missing"],
          ]}
          pick={pick("only")}
        />
      </div>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <div class="field grow">
          <label for="new-name">
            New lifter <Key name="n" />
          </label>
          <input id="new-name" ref={name} autocomplete="off" />
        </div>
        <button type="submit">Add</button>
        <Act label="Undo" shortcut="u" says="Take back this page’s last edit" run={() => undoLast(app)} />
        <Act
          label="Draw lots"
          shortcut="Shift+D"
          says="Draw lots for those shown"
          run={() => setDraw(true)}
          disabled={shown.length === 0}
        />
      </form>
      <ChangedByOthers app={app} open={props.open} />
      {draw ? (
        <Confirm
          title={`Draw lots for ${counted(shown.length, "lifter")}?`}
          words="Lots that they have now are replaced by chance. The others keep theirs."
          yes="Draw them"
          close={() => setDraw(false)}
          run={() => void attempt("Drawing lots", () => drawLots(app, shown))}
        />
      ) : null}
    </Card>
  );
}

async function drawLots(app: App, shown: readonly Entry[]): Promise<void> {
  const lots = drawn(
    shown.map((entry) => entry.id),
    (below) => Math.floor(((crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32) * below),
  );
  const entries = app.replica.state().registration.entries as unknown as Entry[];
  await app.replica.act({
    type: "ASSIGN_LOT_NUMBERS",
    lotNumbers: entries.map((entry) => lots.get(entry.id) ?? entry.lot),
  });
  say("good", "Lots are drawn.");
}

function ChangedByOthers(props: { app: App; open: (id: number) => void }) {
  const { app } = props;
  const replaced = [...app.marks.value].filter(([path, mark]) => mark.replaced && onScreen(path));
  const run = () => {
    const id = Number(replaced[0]?.[0].split(".")[1]);
    if (Number.isFinite(id)) props.open(id);
  };
  useKeys(
    replaced.length === 0 ? [] : [{ key: "c", label: "Open the first lifter that others changed", run }],
  );
  if (replaced.length === 0) return null;
  return (
    <div class="asks" role="status" data-notice="changed">
      <p>
        <strong>Changed by others on this screen:</strong>
      </p>
      <ul>
        {replaced.slice(0, 5).map(([path, mark]) => (
          <li key={path}>{mark.words}</li>
        ))}
        {replaced.length > 5 ? <li>and {replaced.length - 5} more</li> : null}
      </ul>
      <div class="row tight">
        <button type="button" onClick={run}>
          Look at the first <Key name="c" />
        </button>
        <Act
          label="All seen"
          shortcut="s"
          says="What others changed is seen"
          run={() => unmark(app, "entries")}
        />
      </div>
    </div>
  );
}

function Withdrawn(props: { app: App }) {
  const { app } = props;
  app.tick.value;
  const [shown, setShown] = useState(false);
  const gone = shown ? app.replica.entries().filter((entry) => entry.withdrawn) : [];
  return (
    <details onToggle={(event) => setShown(event.currentTarget.open)}>
      <summary>Withdrawn lifters</summary>
      {gone.length === 0 ? (
        <p class="hint">None. A lifter who is withdrawn is kept and can be taken back.</p>
      ) : (
        <ul class="plain-list">
          {gone.map((entry) => (
            <li key={entry.key} class="row between">
              <bdi>{entry.name || `lifter ${entry.id}`}</bdi>
              <button
                type="button"
                onClick={() =>
                  void attempt("Taking the lifter back", () => app.replica.reinstateEntry(entry.id ?? 0))
                }
              >
                Take back
              </button>
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}
