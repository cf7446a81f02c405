/**
 * The foot of every page: its keys, and what this device and browser promise.
 */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { App } from "./app.ts";
import { keyActs, keyShown, singleKeys, switchSingleKeys, useKeys } from "./keys.ts";
import { relayOfPage } from "./validate.ts";

/** The foot. */
export function Foot(props: { app: App }) {
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
        tab open, and keep a bundle (Live, Export). To be free of both, use a relay that encrypts, or pages
        from this computer itself: run <code>spotter serve</code>, open the address it prints, and join there
        with the relay <code>{relayOfPage(location)}</code>, whose operator lists that address under{" "}
        <code>origins</code>.
      </p>
    );
  }
  return (
    <p data-device={worker.value}>
      {PAGE_KEPT[worker.value]} {MEET_KEPT[kept]}
    </p>
  );
}

const PAGE_KEPT = {
  asking: "",
  kept: "This page opens again without the relay.",
  "not kept": "The browser did not keep this page: leave the tab open while the relay is down.",
} as const;

const MEET_KEPT = {
  asking: "The browser has been asked to keep the meet.",
  granted: "The browser has promised to keep the meet.",
  refused: "The browser may remove the meet when its disk is full: keep a bundle (Live, Export).",
  unavailable: "The browser does not say whether it keeps the meet: keep a bundle (Live, Export).",
} as const;

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
