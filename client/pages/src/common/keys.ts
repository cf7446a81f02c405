/**
 * Keys: what each does on this page, in one list that is also shown on it.
 */

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

/** One key and what it does. */
export interface KeyAct {
  /** As [`keyName`] spells it: `g`, `Shift+L`, `ArrowDown`, `?`. */
  readonly key: string;
  /** What it does, for the list. */
  readonly label: string;
  readonly run: () => void;
  /** Whether it also works while something is being typed. */
  readonly whileTyping?: boolean;
}

/** The keys of what is on the page now, in the order in which it was put there. */
export const keyActs = signal<readonly KeyAct[]>([]);
/** Whether keys without Ctrl or Alt do anything: people who speak to their computer switch them off. */
export const singleKeys = signal(true);

const SWITCH = "spotter.singleKeys";

/** How a key press is called. */
export function keyName(
  press: Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey" | "shiftKey">,
): string {
  const letter = press.key.length === 1 && press.key.toLowerCase() !== press.key.toUpperCase();
  const key = letter ? (press.shiftKey ? press.key.toUpperCase() : press.key.toLowerCase()) : press.key;
  const shift = press.shiftKey && (letter || press.key.length > 1) ? "Shift+" : "";
  return `${press.ctrlKey || press.metaKey ? "Ctrl+" : ""}${press.altKey ? "Alt+" : ""}${shift}${key}`;
}

/** How a key is shown to people. */
export function keyShown(key: string): string {
  const names: Readonly<Record<string, string>> = {
    ArrowUp: "↑",
    ArrowDown: "↓",
    ArrowLeft: "←",
    ArrowRight: "→",
    Escape: "Esc",
    " ": "Space",
  };
  return key
    .split(/\+(?=.)/)
    .map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part))
    .join("+");
}

/** What a key press means here; undefined if nothing. */
export function actFor(
  acts: readonly KeyAct[],
  name: string,
  typing: boolean,
  single: boolean,
): KeyAct | undefined {
  const found = [...acts].reverse().find((act) => act.key === name);
  if (found === undefined || (typing && found.whileTyping !== true)) return undefined;
  return !single && name.length === 1 ? undefined : found;
}

/** Gives a widget's keys their meaning for as long as the widget is on the page. */
export function useKeys(acts: readonly KeyAct[]): void {
  const latest = useRef(acts);
  latest.current = acts;
  const listed = acts.map((act) => `${act.key} ${act.label} ${act.whileTyping}`).join("\n");
  useEffect(() => {
    const own = acts.map((act, index) => ({ ...act, run: () => latest.current[index]?.run() }));
    keyActs.value = [...keyActs.peek(), ...own];
    return () => {
      keyActs.value = keyActs.peek().filter((act) => !own.includes(act));
    };
  }, [listed]);
}

/** Begins to listen for keys on the page. */
export function listenForKeys(): void {
  singleKeys.value = localStorage.getItem(SWITCH) !== "off";
  document.addEventListener("keydown", (press) => {
    if (press.defaultPrevented || document.querySelector("dialog[open]") !== null) return;
    const name = keyName(press);
    const act = actFor(keyActs.peek(), name, isTyping(press.target), singleKeys.peek());
    if (act === undefined) return;
    press.preventDefault();
    if (!press.repeat || moves(name)) act.run();
  });
}

/** Whether a key that is held down goes on: it moves the focus; a letter held down would judge one lifter after the other. */
export function moves(name: string): boolean {
  return name.startsWith("Arrow") || name.startsWith("Page");
}

/** Switches the keys without Ctrl or Alt on or off, and remembers it. */
export function switchSingleKeys(on: boolean): void {
  singleKeys.value = on;
  try {
    localStorage.setItem(SWITCH, on ? "on" : "off");
  } catch {
    // A full disk: the choice holds until the page is left.
  }
}

function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(target.type);
}
