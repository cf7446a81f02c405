/**
 * A field bound to one register of the meet.
 *
 * It names the write that was shown when typing began: if somebody else's value has arrived since, nothing is written
 * and the person is asked. It points out what others changed, shows who overruled a value, and offers it again.
 */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Conflict, Shown } from "spotter-client";
import { type App, attempt, codeOf, say, unmark, valueAt, wordsOf } from "./app.ts";
import type { Read } from "./validate.ts";
import { clock } from "./words.ts";

/** Which values a field has and how they are typed. */
export interface FieldKind {
  readonly text: (value: unknown) => string;
  /** A value in full words, where what is typed is not all of it. */
  readonly said?: (value: unknown) => string;
  readonly read: (text: string) => Read;
  /** How an input of this kind is. */
  readonly input?: "text" | "date" | "decimal" | "area";
  /** What can be picked, if one is to pick rather than to type. */
  readonly options?: readonly (readonly [string, string])[];
  /** What is odd about a value though it may be saved. */
  readonly doubt?: (value: unknown) => string | null;
}

/** What a field needs to know. */
export interface FieldProps {
  readonly app: App;
  readonly path: string;
  readonly label: string;
  readonly kind: FieldKind;
  readonly hint?: string;
  readonly wide?: boolean;
  /** Where Enter leads: to the next field of the form, or out of it, so that the page's keys work again. */
  readonly then?: "next" | "leave";
  /** Told when the field is entered, for presence. */
  readonly entered?: () => void;
}

/** What somebody is asked: their text against what is shown by now. */
interface Asked {
  readonly value: unknown;
  readonly text: string;
  readonly theirs: Shown | null;
}

/** Fields with something typed that is not saved, and saves under way. */
const drafts = new Set<object>();
const saves = new Set<Promise<unknown>>();

/**
 * Leaves the field that is being typed into, and waits until what was typed is saved. False if something cannot be: the
 * person is told, and nothing that would take the field away may happen.
 */
export async function allSaved(): Promise<boolean> {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  await Promise.allSettled(saves);
  if (drafts.size === 0) return true;
  say(
    "bad",
    "Something typed here is not saved. Correct it, or press Esc in its box to leave the value as it was.",
  );
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>("[data-path][aria-invalid=true], .asks button")?.focus(),
  );
  return false;
}

/** Has the browser ask before a page is left on which something typed is not saved. */
export function guardDrafts(): void {
  addEventListener("beforeunload", (event) => {
    if (drafts.size > 0) event.preventDefault();
  });
}

/** The state of a field that is being typed into. */
export function useField(props: Pick<FieldProps, "app" | "path" | "kind">) {
  const { app, path, kind } = props;
  app.tick.value;
  const shown = app.replica.get(path);
  const state = app.meet.value;
  const value = shown === null && state !== null ? valueAt(state, path) : shown?.value;
  const shownText = kind.text(value ?? null);
  const [draft, setDraft] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [saved, setSaved] = useState(false);
  const from = useRef({ write: "", text: "" });
  const token = useRef({}).current;
  useEffect(() => () => void drafts.delete(token), [token]);

  const begin = (text: string) => {
    if (draft === null) from.current = { write: shown?.write ?? "", text: shownText };
    drafts.add(token);
    setSaved(false);
    setDraft(text);
  };
  const drop = () => {
    drafts.delete(token);
    setDraft(null);
    setError(null);
    setAsked(null);
  };
  const put = async (value: unknown, text: string, seen: string): Promise<boolean> => {
    const saving = app.replica.edit({ [path]: value }, { seen: { [path]: seen } });
    const settling = saving.catch(() => undefined).finally(() => saves.delete(settling));
    saves.add(settling);
    try {
      await saving;
      unmark(app, path);
      drop();
      setSaved(true);
      return true;
    } catch (why) {
      if (codeOf(why) === "moved") setAsked({ value, text, theirs: app.replica.get(path) });
      else {
        // What could not be saved is shown all the same, and saved as soon as the device can.
        if (app.replica.status().cannotSave !== null) drop();
        setError(`${wordsOf(why)}.`);
      }
      return false;
    }
  };
  /** Saves what was typed or picked; false if it cannot be, or somebody has to answer first. */
  const finish = async (text: string | null = draft): Promise<boolean> => {
    if (text === null) return true;
    if (asked !== null) return false;
    if (text === (draft === null ? shownText : from.current.text)) {
      drop();
      return true;
    }
    const read = kind.read(text);
    if ("error" in read) {
      setError(`${read.error} Not saved.`);
      return false;
    }
    setError(null);
    return put(read.value, text, draft === null ? (shown?.write ?? "") : from.current.write);
  };
  const answer = async (mine: boolean) => {
    if (asked === null) return;
    if (!mine) return drop();
    setAsked(null);
    await put(asked.value, asked.text, asked.theirs?.write ?? "");
  };
  const text = draft ?? shownText;
  /** What is odd about the value as it would be saved, or is. */
  const doubt = () => {
    const read = draft === null ? { value } : kind.read(draft);
    return error === null && "value" in read ? (kind.doubt?.(read.value ?? null) ?? null) : null;
  };
  const moved =
    draft !== null && asked === null && (shown?.write ?? "") !== from.current.write ? shown : null;
  return { shown, shownText, text, error, asked, saved, moved, doubt: doubt(), begin, finish, drop, answer };
}

/** A labelled field. */
export function Field(props: FieldProps) {
  const { app, path, label, kind, hint } = props;
  const field = useField(props);
  const id = useId();
  const { error } = field;
  const described = `${id}-says`;
  const mark = app.marks.value.get(path);
  const said = kind.said ?? kind.text;
  const common = {
    id,
    "aria-invalid": error === null ? ("false" as const) : ("true" as const),
    "aria-describedby": described,
    "data-path": path,
    class: mark?.replaced ? "changed" : "",
    onFocus: () => props.entered?.(),
  };
  const typed = {
    ...common,
    value: field.text,
    onInput: (event: { currentTarget: { value: string } }) => field.begin(event.currentTarget.value),
    onBlur: () => void field.finish(),
  };
  return (
    <div class={`field ${props.wide ? "wide" : ""}`}>
      <label for={id}>{label}</label>
      {kind.options !== undefined ? (
        <select
          {...common}
          value={field.text}
          onChange={(event) => void field.finish(event.currentTarget.value)}
        >
          {kind.options.map(([value, words]) => (
            <option key={value} value={value} selected={value === field.text}>
              {words}
            </option>
          ))}
        </select>
      ) : kind.input === "area" ? (
        <textarea {...typed} />
      ) : (
        <input
          {...typed}
          type={(kind.input === "date" ? "date" : "text") as "text"}
          inputMode={kind.input === "decimal" ? "decimal" : "text"}
          autocomplete="off"
          onKeyDown={(event) => {
            if (event.key === "Escape" && field.text !== field.shownText) {
              event.stopPropagation();
              event.preventDefault();
              field.drop();
            } else if (event.key === "Enter") {
              event.preventDefault();
              const box = event.currentTarget;
              if (props.then === "leave") box.blur();
              else void field.finish().then((well) => well && nextField(box));
            }
          }}
        />
      )}
      <div id={described}>
        {hint === undefined ? null : <p class="says hint">{hint}</p>}
        {error === null ? null : (
          <p class="says bad" role="alert">
            {error}
          </p>
        )}
        {field.doubt === null ? null : (
          <p class="says warn" {...(field.saved ? { role: "status" as const } : {})}>
            {field.doubt}
          </p>
        )}
        {field.saved && error === null ? (
          <p class="says good" role="status">
            Saved
          </p>
        ) : null}
        {field.moved === null ? null : (
          <p class="says warn">
            {field.moved.location} wrote {said(field.moved.value) || "nothing"} meanwhile.
          </p>
        )}
      </div>
      <Asks asked={field.asked} text={said} label={label} answer={(mine) => void field.answer(mine)} />
      {mark?.replaced && field.asked === null ? <Changed app={app} path={path} words={mark.words} /> : null}
      <Overruled app={app} path={path} text={said} />
    </div>
  );
}

/** The question whether to write over a value that arrived while one typed. */
export function Asks(props: {
  asked: Asked | null;
  text: (value: unknown) => string;
  label: string;
  answer: (mine: boolean) => void;
}) {
  const { asked } = props;
  if (asked === null) return null;
  const theirs = props.text(asked.theirs?.value ?? null) || "nothing";
  return (
    <div class="asks" role="alert" data-asks={props.label}>
      <p>
        While you typed <strong>{asked.text || "nothing"}</strong>,{" "}
        {asked.theirs?.location ?? "another location"} wrote <strong>{theirs}</strong>. Which one is right?
      </p>
      <div class="row tight">
        <button type="button" onClick={() => props.answer(false)}>
          Keep {theirs}
        </button>
        <button type="button" onClick={() => props.answer(true)}>
          Write {asked.text || "nothing"}
        </button>
      </div>
    </div>
  );
}

function Changed(props: { app: App; path: string; words: string }) {
  return (
    <div class="asks">
      <p>Changed: {props.words}</p>
      <div class="row tight">
        <button type="button" onClick={() => unmark(props.app, props.path)}>
          Seen
        </button>
      </div>
    </div>
  );
}

/** What a conflict about this register overruled, and how it is settled. */
export function Overruled(props: { app: App; path: string; text: (value: unknown) => string }) {
  const conflict = props.app.conflicts.value.find((other) => other.path === props.path);
  if (conflict === undefined) return null;
  return <Dispute app={props.app} conflict={conflict} text={props.text} />;
}

/** A conflict in words: who stands, who was overruled, and a button for each. */
export function Dispute(props: {
  app: App;
  conflict: Conflict;
  text: (value: unknown) => string;
  title?: ComponentChildren;
}) {
  const { app, conflict } = props;
  const own = app.status.value.location;
  const now = app.now.value;
  const settle = (write: string) =>
    void attempt("Settling the conflict", () => app.replica.restore(conflict.path, write));
  const said = (value: unknown) => props.text(value) || "nothing";
  return (
    <div class="asks" data-conflict={conflict.path}>
      {props.title}
      <p>
        <strong>{said(conflict.stands.value)}</strong> by {conflict.stands.location} stands (
        {clock(conflict.stands.time, now)}
        {conflict.stands.reason === undefined ? "" : `, ${conflict.stands.reason}`}).
      </p>
      {conflict.overruled.map((lost) => (
        <p key={lost.write}>
          {lost.location === own ? "Your" : `${lost.location}’s`} <strong>{said(lost.value)}</strong> was
          overruled ({clock(lost.time, now)}
          {lost.reason === undefined ? "" : `, ${lost.reason}`}).
        </p>
      ))}
      <div class="row tight">
        <button type="button" onClick={() => settle(conflict.stands.write)}>
          Keep {said(conflict.stands.value)}
        </button>
        {conflict.overruled.map((lost) => (
          <button key={lost.write} type="button" onClick={() => settle(lost.write)}>
            Restore {said(lost.value)}
          </button>
        ))}
      </div>
    </div>
  );
}

/** A box that is ticked or not. */
export function CheckField(props: { app: App; path: string; label: string }) {
  const kind: FieldKind = {
    text: (value) => (value === true ? "yes" : ""),
    read: (text) => ({ value: text === "yes" }),
  };
  const field = useField({ app: props.app, path: props.path, kind });
  return (
    <div class="field">
      <label class="check">
        <input
          type="checkbox"
          data-path={props.path}
          checked={field.text === "yes"}
          onChange={(event) => void field.finish(event.currentTarget.checked ? "yes" : "")}
        />
        {props.label}
      </label>
      <Asks
        asked={field.asked}
        text={kind.text}
        label={props.label}
        answer={(mine) => void field.answer(mine)}
      />
      <Overruled app={props.app} path={props.path} text={kind.text} />
    </div>
  );
}

/** What stands between the names of a list; commas may be part of a name. */
const BETWEEN = " | ";

/** Several of a list, each ticked or not; the list is one value. */
export function PickField(props: { app: App; path: string; label: string; options: readonly string[] }) {
  const { app, path } = props;
  const kind: FieldKind = {
    text: (value) => (Array.isArray(value) ? value.join(BETWEEN) : ""),
    read: (text) => ({ value: text === "" ? [] : text.split(BETWEEN) }),
  };
  const field = useField({ app, path, kind });
  const chosen = field.text === "" ? [] : field.text.split(BETWEEN);
  const offered = [...props.options, ...chosen.filter((one) => !props.options.includes(one))];
  const toggle = (one: string) => {
    const next = offered.filter((other) =>
      other === one ? !chosen.includes(other) : chosen.includes(other),
    );
    void field.finish(next.join(BETWEEN));
  };
  return (
    <fieldset class="field picks wide">
      <legend class="label">{props.label}</legend>
      <div class="row tight">
        {offered.map((one) => (
          <label class="check pick" key={one}>
            <input
              type="checkbox"
              checked={chosen.includes(one)}
              data-path={path}
              onChange={() => toggle(one)}
            />
            {one}
          </label>
        ))}
        {offered.length === 0 ? <span class="hint">None are set up on the Live page.</span> : null}
      </div>
      <Asks
        asked={field.asked}
        text={kind.text}
        label={props.label}
        answer={(mine) => void field.answer(mine)}
      />
      <Overruled app={app} path={path} text={kind.text} />
    </fieldset>
  );
}

/** Goes from a field to the next one of the same form. */
function nextField(from: HTMLElement): void {
  const all = [
    ...(from
      .closest("dialog, form, section, main")
      ?.querySelectorAll<HTMLElement>("input[data-path], select[data-path], textarea[data-path]") ?? []),
  ];
  const next = all[all.indexOf(from) + 1];
  next?.focus();
  if (next instanceof HTMLInputElement) next.select();
}
