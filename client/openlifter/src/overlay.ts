/** The part of the tab that opens overlays, and lists and revokes the keys of displays. */

import { Component, createElement as h, type ReactNode } from "react";
import type { Live } from "./live.js";
import type { LiveDisplayKey, LiveReplica, LiveStatus } from "./replica.js";
import type { Say } from "./words.js";

interface OverlayProps {
  live: Live;
  replica: LiveReplica;
  status: LiveStatus;
  say: Say;
  /** Makes a button of the tab, which shows what goes wrong. */
  button: (key: "openOverlay" | "revoke", act: () => Promise<void>) => ReactNode;
}

interface OverlayState {
  day: number;
  platform: number;
  /** Null until the relay has listed them. */
  keys: readonly LiveDisplayKey[] | null;
}

/** Overlays of this meet. */
export class Overlay extends Component<OverlayProps, OverlayState> {
  override state: OverlayState = { day: 1, platform: 1, keys: null };
  private mounted = false;

  override componentDidMount(): void {
    this.mounted = true;
    void this.list();
  }

  override componentDidUpdate(before: OverlayProps): void {
    if (before.status.link.state !== "live") {
      void this.list();
    }
  }

  override componentWillUnmount(): void {
    this.mounted = false;
  }

  override render(): ReactNode {
    const { say, button } = this.props;
    return h(
      "section",
      { className: "spotter-overlay" },
      h("h4", null, say("overlay")),
      this.numberBox("day"),
      this.numberBox("platform"),
      button("openOverlay", () => this.open()),
      h("p", { className: "mt-2" }, say("displayKeys")),
      this.keys(),
    );
  }

  private keys(): ReactNode {
    const { say, button } = this.props;
    const { keys } = this.state;
    if (keys === null || keys.length === 0) {
      return h("p", null, say(keys === null ? "displayKeysUnknown" : "noDisplayKeys"));
    }
    const items = keys.map(({ id, label, location }) =>
      h(
        "li",
        { key: id },
        `${label} (${location}) `,
        button("revoke", () => this.revoke(id)),
      ),
    );
    return h("ul", { className: "spotter-keys" }, ...items);
  }

  /** Opens a tab at the click, as browsers want it, and sends it to its address when the key is there. */
  private async open(): Promise<void> {
    const { live, status } = this.props;
    const { day, platform } = this.state;
    const tab = window.open("", "_blank");
    try {
      const key = await live.overlayKey({ day, platform });
      const { relay, meetId } = status;
      if (tab && relay !== null && meetId !== null) {
        tab.opener = null;
        tab.location.href = overlayAddress({ relay, meetId, day, platform, key });
      }
    } catch (error) {
      tab?.close();
      throw error;
    }
    await this.list();
  }

  private async revoke(id: string): Promise<void> {
    if (confirm(this.props.say("revokeSure"))) {
      await this.props.replica.revokeDisplayKey(id);
      await this.list();
    }
  }

  /** Asks the relay for the list, if it can be asked. */
  private async list(): Promise<void> {
    const { replica, status } = this.props;
    if (status.link.state !== "live") {
      return;
    }
    const keys = await replica.displayKeys().catch(() => null);
    if (this.mounted) {
      this.setState({ keys });
    }
  }

  private numberBox(name: "day" | "platform"): ReactNode {
    const id = `live-overlay-${name}`;
    const onChange = ({ currentTarget }: { currentTarget: { value: string } }) =>
      this.setState({ [name]: Number(currentTarget.value) } as Pick<OverlayState, typeof name>);
    const box = { id, type: "number", min: 1, className: "form-control", value: this.state[name], onChange };
    return h(
      "div",
      { className: "form-group" },
      h("label", { htmlFor: id }, this.props.say(name)),
      h("input", box),
    );
  }
}

/** Where the overlay of a platform is. The key is behind `#`, which browsers send to nobody. */
export function overlayAddress(of: {
  relay: string;
  meetId: string;
  day: number;
  platform: number;
  key: string;
}): string {
  const address = new URL("overlay", `${of.relay.replace(/^ws/, "http").replace(/\/+$/, "")}/`);
  address.search = new URLSearchParams({
    meet: of.meetId,
    day: String(of.day),
    platform: String(of.platform),
  }).toString();
  address.hash = new URLSearchParams({ key: of.key }).toString();
  return address.href;
}
