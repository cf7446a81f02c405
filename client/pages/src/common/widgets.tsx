/**
 * Small widgets that all pages use.
 */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { attempt, unsayAbout } from "./app.ts";
import { keyShown, useKeys } from "./keys.ts";

/** A part of a page with its heading. */
export function Card(props: {
  title: string;
  id?: string;
  tools?: ComponentChildren;
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <section class="card" aria-labelledby={id} id={props.id}>
      <header>
        <h2 id={id}>{props.title}</h2>
        {props.tools === undefined ? null : <div class="row tight">{props.tools}</div>}
      </header>
      {props.children}
    </section>
  );
}

/** A button with a key of its own, which is shown on it and listed on the page. */
export function Act(props: {
  label: string;
  run: () => void;
  shortcut?: string;
  /** What the key does, for the list, where the label alone does not say it. */
  says?: string;
  look?: "main" | "danger" | "";
  disabled?: boolean;
  class?: string;
  whileTyping?: boolean;
}) {
  const { shortcut, disabled = false } = props;
  useKeys(
    shortcut === undefined || disabled
      ? []
      : [
          {
            key: shortcut,
            label: props.says ?? props.label,
            run: props.run,
            ...(props.whileTyping === undefined ? {} : { whileTyping: props.whileTyping }),
          },
        ],
  );
  return (
    <button
      type="button"
      class={`${props.look ?? ""} ${props.class ?? ""}`.trim()}
      disabled={disabled}
      onClick={props.run}
      {...(shortcut === undefined ? {} : { "aria-keyshortcuts": shortcut === " " ? "Space" : shortcut })}
    >
      {props.label}
      {shortcut === undefined ? null : <Key name={shortcut} />}
    </button>
  );
}

/** A key as it is shown on a button; the list of keys tells it to those who hear the page. */
export function Key(props: { name: string }) {
  return (
    <span class="key" aria-hidden="true">
      {keyShown(props.name)}
    </span>
  );
}

/** A labelled input of a form. */
export function Input(props: {
  label: string;
  value: string;
  set: (text: string) => void;
  hint?: string;
  error?: string | null;
  type?: "text" | "password" | "date" | "url";
  name?: string;
  required?: boolean;
  autocomplete?: string;
  numeric?: boolean;
}) {
  const { label, hint, error } = props;
  const id = useId();
  const describes = [hint === undefined ? "" : `${id}-hint`, error ? `${id}-error` : ""]
    .filter(Boolean)
    .join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type={(props.type ?? "text") as "text"}
        value={props.value}
        required={props.required ?? false}
        autocomplete={props.autocomplete ?? "off"}
        {...(props.name === undefined ? {} : { name: props.name })}
        {...(props.numeric ? { inputMode: "decimal" as const } : {})}
        onInput={(event) => props.set(event.currentTarget.value)}
        aria-invalid={error ? "true" : "false"}
        {...(describes === "" ? {} : { "aria-describedby": describes })}
      />
      {hint === undefined ? null : (
        <p class="says hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error ? (
        <p class="says bad" id={`${id}-error`} role="alert">
          {error}
        </p>
      ) : null}
    </div>
  );
}

/** A labelled choice. */
export function Choice(props: {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  pick: (value: string) => void;
  disabled?: boolean;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select
        id={id}
        value={props.value}
        disabled={props.disabled ?? false}
        onChange={(event) => props.pick(event.currentTarget.value)}
      >
        {props.options.map(([value, words]) => (
          <option key={value} value={value} selected={value === props.value}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

/** A question in the middle of the page. Whoever closes it is where they were. */
export function Dialog(props: { title: string; close: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = box.current;
    const opener = document.activeElement;
    dialog?.showModal();
    return () => {
      // The browser gives focus back only while the dialog is on the page, where it may no longer be.
      dialog?.close();
      focusAgain(opener);
    };
  }, []);
  return (
    <dialog
      ref={box}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        props.close();
      }}
    >
      <div class="stack">
        <h2 id={id}>{props.title}</h2>
        {props.children}
      </div>
    </dialog>
  );
}

/** Gives focus back to what had it, or, if that is gone, to the content of the page. */
function focusAgain(opener: Element | null): void {
  if (!(opener instanceof HTMLElement) || opener === document.body) return;
  (opener.isConnected ? opener : document.getElementById("content"))?.focus({ preventScroll: true });
}

/** A question before something that cannot be taken back. */
export function Confirm(props: {
  title: string;
  words: string;
  yes: string;
  run: () => void;
  close: () => void;
}) {
  return (
    <Dialog title={props.title} close={props.close}>
      <p>{props.words}</p>
      <div class="row">
        <button
          type="button"
          class="danger"
          onClick={() => {
            props.close();
            props.run();
          }}
        >
          {props.yes}
        </button>
        <button type="button" onClick={props.close}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}

/** Work that takes a while: what is being done, and whether a button must wait for it. */
export function useBusy(): {
  busy: string | null;
  run: (what: string, work: () => Promise<unknown>) => Promise<boolean>;
} {
  const [busy, setBusy] = useState<string | null>(null);
  const last = useRef("");
  return {
    busy,
    run: async (what, work) => {
      // Whoever goes another way is done with what went wrong on this one.
      unsayAbout(last.current);
      last.current = what;
      setBusy(what);
      try {
        return await attempt(what, async () => {
          await painted();
          await work();
        });
      } finally {
        setBusy(null);
      }
    },
  };
}

/** Shows work in progress. */
export function Working(props: { what: string | null; done?: number; of?: number }) {
  return (
    <div role="status">
      {props.what === null ? null : (
        <>
          <p>{props.what} …</p>
          <progress
            aria-label={props.what}
            {...(props.of === undefined ? {} : { max: props.of, value: props.done ?? 0 })}
          />
        </>
      )}
    </div>
  );
}

/** Hands a text to the person as a file. */
export function download(name: string, text: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Waits until the browser has shown what was drawn so far, so that work that blocks it is announced first. */
function painted(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, 100);
  });
}
