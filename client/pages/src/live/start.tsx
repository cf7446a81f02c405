/** Ways to begin: from a file of OpenLifter's, from nothing, from a bundle. */

import { useId, useRef, useState } from "preact/hooks";
import { type App, refresh, say } from "../common/app.ts";
import { useKeys } from "../common/keys.ts";
import { readDate, readWhole } from "../common/validate.ts";
import { Card, Input, Key, useBusy, Working } from "../common/widgets.tsx";
import { counted } from "../common/words.ts";
import { wrongFile } from "./files.ts";

/** Starts a meet on this device. */
export function Start(props: { app: App }) {
  const { app } = props;
  const { busy, run } = useBusy();
  const [name, setName] = useState("");
  const [date, setDate] = useState(today());
  const [unit, setUnit] = useState("kg");
  const [error, setError] = useState<string | null>(null);
  const create = async () => {
    const read = readDate(date);
    if ("error" in read || date === "") return setError("error" in read ? read.error : "A meet has a date.");
    setError(null);
    await run("Starting the meet", async () => {
      await app.replica.newMeet(date);
      if (name.trim() !== "") await app.replica.edit({ "meet.name": name.trim() });
      if (unit === "lb") await app.replica.act({ type: "SET_IN_KG", inKg: false });
      refresh(app);
    });
  };
  return (
    <Card title="Start a meet">
      <FilePick
        label="Open an OpenLifter file"
        shortcut="o"
        accept=".openlifter,.txt,application/json"
        hint="The file that OpenLifter saves: lifters, rules, results so far."
        picked={(name, text) =>
          void run("Reading the file", async () => {
            const wrong = wrongFile(name, text, "openlifter");
            if (wrong !== null) throw new Error(wrong);
            await app.replica.importMeet(text);
            refresh(app);
            say(
              "good",
              `${counted(app.replica.state().registration.entries.length, "lifter")} read from the file.`,
            );
          })
        }
      />
      <Working what={busy} />
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <p class="wide hint">Or begin with an empty one:</p>
        <Input label="Name of the meet" value={name} set={setName} />
        <Input label="First day" type="date" value={date} set={setDate} error={error} required />
        <div class="field">
          <label for="unit">Weights in</label>
          <select id="unit" value={unit} onChange={(event) => setUnit(event.currentTarget.value)}>
            <option value="kg">kilograms</option>
            <option value="lb">pounds</option>
          </select>
        </div>
        <div class="row wide">
          <button type="submit" class="main" disabled={busy !== null}>
            Start an empty meet
          </button>
        </div>
      </form>
    </Card>
  );
}

/** Takes in what another device put on a stick. */
export function OpenBundle(props: { app: App }) {
  const { app } = props;
  const { busy, run } = useBusy();
  const named = app.status.value.location !== null;
  const [place, setPlace] = useState("Registration");
  const [priority, setPriority] = useState("10");
  return (
    <Card title="Bring a bundle">
      {named ? null : (
        <Seat place={place} setPlace={setPlace} priority={priority} setPriority={setPriority} />
      )}
      <FilePick
        label="Open a bundle"
        shortcut="b"
        accept=".bundle,.spotter,.json,.txt"
        hint="What another device exported, for instance onto a stick. It brings everything that device knows; nothing here is lost."
        picked={(name, text) =>
          void run("Reading the file", async () => {
            const wrong = wrongFile(name, text, "bundle");
            if (wrong !== null) throw new Error(wrong);
            const { brought } = await app.replica.importBundle(
              text,
              named ? undefined : seatOf(place, priority),
            );
            refresh(app);
            say(
              "good",
              brought === 0
                ? "The bundle held nothing new."
                : `${counted(brought, "change")} brought by the bundle.`,
            );
          })
        }
      />
      <Working what={busy} />
    </Card>
  );
}

/** Where this device stands, for a meet that no relay has told it. */
export function Seat(props: {
  place: string;
  setPlace: (place: string) => void;
  priority: string;
  setPriority: (priority: string) => void;
}) {
  return (
    <div class="fields">
      <Input
        label="This device stands at"
        value={props.place}
        set={props.setPlace}
        hint="Edits made here carry this name"
      />
      <Input
        label="With priority"
        value={props.priority}
        set={props.setPriority}
        numeric
        hint="Of two different values the one with the higher priority stands"
      />
    </div>
  );
}

/** A location as it was typed. */
export function seatOf(place: string, priority: string): { location: string; priority: number } {
  const read = readWhole(priority, 0, 1_000_000, 0);
  if ("error" in read) throw new Error(read.error);
  if (place.trim() === "") throw new Error("say where this device stands");
  return { location: place.trim(), priority: Number(read.value) };
}

/** Lets a person pick a file, and reads it as text. */
export function FilePick(props: {
  label: string;
  shortcut: string;
  accept: string;
  hint: string;
  picked: (name: string, text: string) => void;
}) {
  const box = useRef<HTMLInputElement>(null);
  const id = useId();
  useKeys([{ key: props.shortcut, label: props.label, run: () => box.current?.click() }]);
  return (
    <div class="field">
      <label for={id}>
        {props.label} <Key name={props.shortcut} />
      </label>
      <input
        ref={box}
        id={id}
        type="file"
        accept={props.accept}
        aria-describedby={`${id}-hint`}
        onChange={async (event) => {
          const input = event.currentTarget;
          const file = input.files?.[0];
          if (file === undefined) return;
          const text = await file.text();
          input.value = "";
          props.picked(file.name, text);
        }}
      />
      <p class="says hint" id={`${id}-hint`}>
        {props.hint}
      </p>
    </div>
  );
}

function today(): string {
  const now = new Date();
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`;
}
