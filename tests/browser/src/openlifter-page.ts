/**
 * A page that stands in for OpenLifter: a store that behaves like its store, boxes that behave like its boxes, and what
 * its developer adds by the guide, which is the middleware, the notice and the tab. It runs in the browser.
 *
 * The address names the relay that the forms propose (`relay`), and the pause in milliseconds that ends an edit that is
 * typed (`pause`).
 */

import { Component, createElement as h, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import type { Replica } from "spotter-client";
import { LiveNotice, LiveTab, openInBrowser, spotterMiddleware } from "spotter-openlifter";
import type { Action, Entry, GlobalState } from "../../../client/openlifter/test/stand-in/state.ts";
import { openStore } from "../../../client/openlifter/test/stand-in/store.ts";

const asked = new URLSearchParams(location.search);

/** The replica that the middleware has opened, for the tests to look into. */
let replica: Replica | null = null;

const spotter = spotterMiddleware({
  open: async (name) => {
    replica = (await openInBrowser(name)) as Replica;
    return replica;
  },
  ...(asked.has("pause") ? { pauseMs: Number(asked.get("pause")) } : {}),
});

const store = openStore({
  middleware: [spotter],
  storage: {
    getItem: async (key) => localStorage.getItem(key),
    setItem: async (key, value) => localStorage.setItem(key, value),
    removeItem: async (key) => localStorage.removeItem(key),
  },
});

const dispatch = (action: Action) => void store.dispatch(action);

interface Typed {
  readonly currentTarget: { readonly value: string };
}

/** A controlled box: it shows what the store holds, and each keystroke is an action. */
function nameBox({ id, name }: Entry): ReactNode {
  const onChange = ({ currentTarget }: Typed) =>
    dispatch({ type: "UPDATE_REGISTRATION", entryId: id, changes: { name: currentTarget.value } });
  return h("input", { "aria-label": `Name of ${id}`, value: String(name), onChange });
}

interface WeightProps {
  readonly label: string;
  readonly kg: number;
  /** Whether every blur writes, changed or not. */
  readonly always: boolean;
  readonly write: (kg: number) => void;
}

/** A box with a copy of its own of the value it was mounted with, which it writes when it loses the focus. */
class WeightBox extends Component<WeightProps, { shown: string }> {
  override state = { shown: this.props.kg === 0 ? "" : String(this.props.kg) };

  override render(): ReactNode {
    return h("input", {
      "aria-label": this.props.label,
      inputMode: "decimal",
      value: this.state.shown,
      onChange: ({ currentTarget }: Typed) => this.setState({ shown: currentTarget.value }),
      onBlur: () => this.leave(),
    });
  }

  private leave(): void {
    const kg = this.state.shown === "" ? 0 : Number(this.state.shown);
    if (this.props.always || kg !== this.props.kg) this.props.write(kg);
  }
}

/** The box of the body weight, as OpenLifter has it: a blur compares with what the store holds now. */
function bodyWeightBox({ id, bodyweightKg }: Entry): ReactNode {
  const write = (kg: number) =>
    dispatch({ type: "UPDATE_REGISTRATION", entryId: id, changes: { bodyweightKg: kg } });
  const label = `Body weight of ${id}`;
  return h(WeightBox, { label, kg: bodyweightKg as number, always: false, write });
}

/** The box of a first attempt, as OpenLifter has it: every blur writes. */
function attemptBox({ id, squatKg, benchKg }: Entry, lift: "S" | "B"): ReactNode {
  const write = (weightKg: number) =>
    dispatch({ type: "ENTER_ATTEMPT", entryId: id, lift, attemptOneIndexed: 1, weightKg });
  const [label, kg] = lift === "S" ? ["Squat 1", squatKg[0] ?? 0] : ["Bench 1", benchKg[0] ?? 0];
  // The box of the squat is mounted anew with another value, as the guide has it; that of the bench press is left as it is.
  return h(WeightBox, {
    label: `${label} of ${id}`,
    kg,
    always: true,
    write,
    ...(lift === "S" ? { key: kg } : {}),
  });
}

function row(entry: Entry): ReactNode {
  const cells = [nameBox(entry), bodyWeightBox(entry), attemptBox(entry, "S"), attemptBox(entry, "B")];
  return h(
    "tr",
    { key: entry.id },
    h("th", { scope: "row" }, entry.id),
    ...cells.map((cell, at) => h("td", { key: at }, cell)),
  );
}

async function load(file: File | undefined): Promise<void> {
  if (file !== undefined) dispatch({ type: "OVERWRITE_STORE", store: JSON.parse(await file.text()) });
}

function save(state: GlobalState): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(state)]));
  link.download = "meet.openlifter";
  link.click();
}

class Page extends Component<object, { state: GlobalState }> {
  override state = { state: store.getState() };

  override componentDidMount(): void {
    store.subscribe(() => this.setState({ state: store.getState() }));
  }

  override render(): ReactNode {
    const { state } = this.state;
    const heads = ["Number", "Name", "Body weight", "Squat 1", "Bench 1"];
    return h(
      "main",
      null,
      h("h1", null, "A stand-in for OpenLifter"),
      h(LiveNotice, { live: spotter.live }),
      h("label", { htmlFor: "load" }, "Load from file"),
      h("input", {
        id: "load",
        type: "file",
        onChange: ({ currentTarget }: { currentTarget: HTMLInputElement }) =>
          void load(currentTarget.files?.[0]),
      }),
      h("button", { type: "button", onClick: () => save(store.getState()) }, "Save to file"),
      h("h2", null, "Lifters"),
      h(
        "table",
        null,
        h("thead", null, h("tr", null, ...heads.map((head) => h("th", { key: head, scope: "col" }, head)))),
        h("tbody", null, ...state.registration.entries.map(row)),
      ),
      h(LiveTab, { live: spotter.live, relay: asked.get("relay") ?? "" }),
    );
  }
}

/** What the tests look into, beside what a person sees. */
Object.assign(window, {
  openlifter: {
    state: () => store.getState(),
    replica: () => replica,
  },
});

void store.rehydrated.then(() => createRoot(document.getElementById("root") as HTMLElement).render(h(Page)));
