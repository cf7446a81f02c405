/**
 * The tab "Live (Advanced)" and the notice that a browser is out of sync. Class components without JSX, hooks or style
 * sheets: they work with every React from 16.9 to 19, and look like the page they are in.
 */

import { Component, createElement as h, type ReactNode } from "react";
import type { Live, LiveView } from "./live.js";
import { MESSAGES, type Messages } from "./messages.js";
import { Overlay } from "./overlay.js";
import type { Question } from "./questions.js";
import type { LiveConflict, LiveReplica, LiveStatus, LiveWrite, LocationPriority } from "./replica.js";
import { describe, valueWords, wordsOf } from "./words.js";

/** What `LiveTab` and `LiveNotice` are given. */
export interface LiveTabProps {
  /** The `live` of the store's `spotterMiddleware`. */
  live: Live;
  /** Translated words; English where there are none. */
  messages?: Partial<Messages>;
  /** The relay that the forms propose. */
  relay?: string;
}

/** What the tab's forms hold. */
interface TabState {
  view: LiveView;
  relay: string;
  meetId: string;
  location: string;
  password: string;
  roster: LocationPriority[];
  /** Which of the roster this computer is. */
  here: number;
  error: string | null;
}

/** Bootstrap's class names, which OpenLifter has; elsewhere they do nothing. */
const BUTTON = "btn btn-secondary btn-sm";
const BOX = "form-control";

/** How far apart proposed priorities are: one fits another in between. */
const PRIORITY_STEP = 10;

/** The tab "Live (Advanced)". */
export class LiveTab extends Component<LiveTabProps, TabState> {
  private stop: (() => void) | undefined;

  /** React calls this. */
  constructor(props: LiveTabProps) {
    super(props);
    this.state = {
      view: props.live.view(),
      relay: props.relay ?? "",
      meetId: "",
      location: "",
      password: "",
      roster: [
        { location: "Registration", priority: PRIORITY_STEP },
        { location: "Platform 1", priority: 2 * PRIORITY_STEP },
      ],
      here: 0,
      error: null,
    };
  }

  override componentDidMount(): void {
    const show = () => this.setState({ view: this.props.live.view() });
    this.stop = this.props.live.subscribe(show);
    show();
  }

  override componentWillUnmount(): void {
    this.stop?.();
  }

  override render(): ReactNode {
    const { view, error } = this.state;
    return h(
      "div",
      { className: "spotter-live container mt-3" },
      h("h3", null, this.say("title")),
      error === null ? null : h("p", { role: "alert", className: "alert alert-danger" }, error),
      view.phase === "off" ? this.off(view) : null,
      view.phase === "opening" ? this.opening(view.status) : null,
      view.phase === "on" ? this.on(view) : null,
      this.problems(view),
    );
  }

  // Before the meet is shared.

  private off(view: LiveView): ReactNode {
    const comeBack = this.button("comeBack", () => this.props.live.comeBack());
    return h(
      "div",
      null,
      h("p", null, this.say("intro")),
      view.canReturn ? h("p", null, comeBack) : null,
      this.goLiveForm(),
      this.joinForm(),
    );
  }

  private goLiveForm(): ReactNode {
    const { roster, here, relay, password } = this.state;
    const go = async () => {
      const location = roster[here]?.location ?? "";
      const named = roster.filter((one) => one.location.trim() !== "");
      await this.props.live.goLive({ relay, location, roster: named, password });
    };
    return h(
      "form",
      { className: "spotter-go-live mb-4", onSubmit: this.submit(go) },
      h("h4", null, this.say("goLive")),
      h("p", null, this.say("goLiveHint")),
      this.box("relay", "live-relay"),
      this.box("password", "live-password", "password"),
      h("p", { className: "form-text" }, this.say("passwordHint")),
      this.rosterTable(),
      h("p", { className: "form-text" }, this.say("priorityHint")),
      h("button", { type: "submit", className: "btn btn-primary" }, this.say("goLive")),
    );
  }

  private rosterTable(): ReactNode {
    const { roster } = this.state;
    const heads = ["thisLocation", "location", "priority"] as const;
    return h(
      "div",
      null,
      h(
        "table",
        { className: "table table-sm spotter-roster" },
        h(
          "thead",
          null,
          h("tr", null, ...heads.map((key) => h("th", { key, scope: "col" }, this.say(key))), h("td")),
        ),
        h("tbody", null, ...roster.map((one, index) => this.rosterRow(one, index))),
      ),
      this.button("addLocation", () => this.addLocation()),
    );
  }

  private rosterRow(one: LocationPriority, index: number): ReactNode {
    const change = (part: Partial<LocationPriority>) =>
      this.setState(({ roster }) => ({
        roster: roster.map((old, at) => (at === index ? { ...old, ...part } : old)),
      }));
    const here = {
      type: "radio",
      name: "live-here",
      "aria-label": `${this.say("thisLocation")}: ${one.location}`,
      checked: this.state.here === index,
      onChange: () => this.setState({ here: index }),
    };
    const location = {
      className: BOX,
      "aria-label": this.say("location"),
      value: one.location,
      onChange: (event: Typed) => change({ location: event.currentTarget.value }),
    };
    const priority = {
      className: BOX,
      type: "number",
      min: 0,
      "aria-label": this.say("priority"),
      value: one.priority,
      onChange: (event: Typed) => change({ priority: Number(event.currentTarget.value) }),
    };
    return h(
      "tr",
      { key: index },
      h("td", null, h("input", here)),
      h("td", null, h("input", location)),
      h("td", null, h("input", priority)),
      h(
        "td",
        null,
        this.button("removeLocation", () => this.removeLocation(index)),
      ),
    );
  }

  /** Proposes a priority that no other location has. */
  private addLocation(): void {
    this.setState(({ roster }) => {
      const highest = Math.max(0, ...roster.map((one) => one.priority));
      return { roster: [...roster, { location: "", priority: highest + PRIORITY_STEP }] };
    });
  }

  private removeLocation(index: number): void {
    this.setState(({ roster, here }) => ({
      roster: roster.filter((_, at) => at !== index),
      here: here > index ? here - 1 : here === index ? 0 : here,
    }));
  }

  private joinForm(): ReactNode {
    const { relay, meetId, location, password } = this.state;
    const join = async () => {
      await this.props.live.join({ relay, meetId, location, password });
    };
    return h(
      "form",
      { className: "spotter-join", onSubmit: this.submit(join) },
      h("h4", null, this.say("join")),
      h("p", null, this.say("joinHint")),
      this.box("relay", "live-join-relay"),
      this.box("meetId", "live-join-meet"),
      this.box("location", "live-join-location"),
      this.box("password", "live-join-password", "password"),
      h("button", { type: "submit", className: "btn btn-primary mt-2" }, this.say("join")),
    );
  }

  private opening(status: LiveStatus | null): ReactNode {
    const words = [this.say("opening"), status?.link.why ?? ""].join(" ");
    return h(
      "div",
      null,
      h("p", { role: "status" }, words),
      this.button("cancel", () => this.props.live.cancel()),
    );
  }

  // While the meet is shared.

  private on(view: LiveView): ReactNode {
    const { status } = view;
    if (status === null) {
      // The notice, which is on every page, says what has happened.
      return null;
    }
    const replica = this.props.live.shared;
    return h(
      "div",
      null,
      status.passwordWanted ? this.passwordForm() : null,
      this.parameters(status),
      replica ? this.conflicts(replica) : null,
      replica ? this.overlay(replica, status) : null,
      h(
        "p",
        null,
        this.button("leave", () => this.leave(view)),
      ),
    );
  }

  private parameters(status: LiveStatus): ReactNode {
    const { shared } = this.props.live;
    const roster = shared?.roster() ?? [];
    const why = status.link.why === undefined ? "" : ` (${status.link.why})`;
    const rows: [keyof Messages, string][] = [
      ["meetId", status.meetId ?? ""],
      ["location", `${status.location ?? ""} ${status.priority ?? ""}`],
      ["state", this.say(`state.${status.link.state}`) + why],
      ["editsNotSent", String(status.editsNotSent)],
      ["lastContact", status.lastContact ?? this.say("never")],
      ["others", (shared?.presence() ?? []).map((one) => one.location ?? "–").join(", ")],
      ["locations", roster.map((one) => `${one.location} ${one.priority}`).join(", ")],
    ];
    if (status.oldestNotSent !== null) {
      rows.splice(4, 0, ["oldestNotSent", status.oldestNotSent]);
    }
    return h(
      "dl",
      { className: "spotter-parameters row" },
      ...rows.flatMap(([key, text]) => [
        h("dt", { key, className: "col-sm-3" }, this.say(key)),
        h("dd", { key: `${key}-is`, className: `col-sm-9 spotter-${key}` }, text),
      ]),
    );
  }

  private passwordForm(): ReactNode {
    const give = async () => {
      await this.props.live.shared?.password(this.state.password);
    };
    return h(
      "form",
      { className: "spotter-password", onSubmit: this.submit(give) },
      this.box("password", "live-again", "password"),
      h("button", { type: "submit", className: "btn btn-primary mt-2" }, this.say("join")),
    );
  }

  private conflicts(replica: LiveReplica): ReactNode {
    const conflicts = replica.conflicts();
    return h(
      "section",
      { className: "spotter-conflicts" },
      h("h4", null, this.say("conflicts")),
      conflicts.length === 0
        ? h("p", null, this.say("noConflicts"))
        : h("ul", null, ...conflicts.map((conflict) => this.conflict(replica, conflict))),
    );
  }

  private conflict(replica: LiveReplica, { path, stands, overruled }: LiveConflict): ReactNode {
    const text = (write: LiveWrite) => valueWords(replica, path, write, this.say);
    const line = (write: LiveWrite, key: "stands" | "overruled", act: "keep" | "restore") => [
      ` ${text(write)} (${write.location}) ${this.say(key)} `,
      this.button(act, () => replica.restore(path, write.write), text(write)),
    ];
    return h(
      "li",
      { key: path },
      h("strong", { title: path }, describe(replica, path)),
      ...line(stands, "stands", "keep"),
      ...overruled.map((write) => h("div", { key: write.write }, ...line(write, "overruled", "restore"))),
    );
  }

  private overlay(replica: LiveReplica, status: LiveStatus): ReactNode {
    const { live } = this.props;
    const button = (key: "openOverlay" | "revoke", act: () => Promise<void>) => this.button(key, act);
    return h(Overlay, { live, replica, status, say: this.say, button });
  }

  private async leave(view: LiveView): Promise<void> {
    const unsent = (view.status?.editsNotSent ?? 0) > 0;
    if (!unsent || confirm(this.say("leaveUnsent"))) {
      await this.props.live.leave();
    }
  }

  private problems({ problems }: LiveView): ReactNode {
    if (problems.length === 0) {
      return null;
    }
    const items = [...problems].reverse().map(({ words }, index) => h("li", { key: index }, words));
    return h(
      "section",
      { className: "spotter-problems" },
      h("h4", null, this.say("problems")),
      h("ul", null, ...items),
    );
  }

  // Small parts.

  private readonly say = (key: keyof Messages): string => this.props.messages?.[key] ?? MESSAGES[key];

  private box(name: "relay" | "meetId" | "location" | "password", id: string, type = "text"): ReactNode {
    const change = (event: Typed) => {
      const { value } = event.currentTarget;
      this.setState({ [name]: value } as Pick<TabState, typeof name>);
    };
    const box = { id, type, className: BOX, value: this.state[name], onChange: change, autoComplete: "off" };
    return h(
      "div",
      { className: "form-group" },
      h("label", { htmlFor: id }, this.say(name)),
      h("input", box),
    );
  }

  /** A button; `value` is what it writes, where that is something of the meet. */
  private button(key: keyof Messages, act: () => Promise<void> | void, value?: string): ReactNode {
    const onClick = () => void this.attempt(act);
    const words = value === undefined ? this.say(key) : `${this.say(key)} ${value}`;
    return h("button", { type: "button", className: BUTTON, onClick }, words);
  }

  private submit(act: () => Promise<void>): (event: { preventDefault(): void }) => void {
    return (event) => {
      event.preventDefault();
      void this.attempt(async () => {
        await act();
        this.setState({ password: "" });
      });
    };
  }

  private async attempt(act: () => Promise<void> | void): Promise<void> {
    this.setState({ error: null });
    try {
      await act();
    } catch (error) {
      this.setState({ error: wordsOf(error) });
    }
  }
}

interface Typed {
  currentTarget: { value: string };
}

/** How long something must last before the notice speaks of it: an acknowledgement is under way for a moment only. */
const LASTING_MS = 700;

/**
 * Says on every page of OpenLifter that this browser is out of sync, and asks what only the person here knows. It goes
 * by itself, once all is caught up with and answered.
 */
export class LiveNotice extends Component<LiveTabProps, { view: LiveView; lasts: boolean }> {
  private stop: (() => void) | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** React calls this. */
  constructor(props: LiveTabProps) {
    super(props);
    const view = props.live.view();
    this.state = { view, lasts: isApart(view) };
  }

  override componentDidMount(): void {
    const show = () => {
      const view = this.props.live.view();
      if (!isApart(view)) {
        this.forgetTimer();
        this.setState({ view, lasts: false });
        return;
      }
      this.timer ??= setTimeout(() => this.setState({ lasts: true }), LASTING_MS);
      this.setState({ view });
    };
    this.stop = this.props.live.subscribe(show);
    show();
  }

  override componentWillUnmount(): void {
    this.stop?.();
    this.forgetTimer();
  }

  override render(): ReactNode {
    const { view, lasts } = this.state;
    const words = view.phase === "on" ? this.words(view.status, lasts) : [];
    const items = [
      ...words.map((text) => h("div", { key: text }, text)),
      ...view.questions.map((question) => this.question(question)),
    ];
    return items.length === 0
      ? null
      : h("div", { role: "alert", className: "spotter-notice alert alert-warning mb-0" }, ...items);
  }

  private question(question: Question): ReactNode {
    const { live } = this.props;
    const { path, typed, stands } = question;
    if (live.shared === null) {
      return null;
    }
    const theirs = valueWords(live.shared, path, stands, this.say);
    const mine = String(typed.value ?? "") || this.say("nothing");
    const button = (key: "keep" | "write", value: string) =>
      h(
        "button",
        { type: "button", className: BUTTON, onClick: () => live.answer(question, key) },
        `${this.say(key)} ${value}`,
      );
    return h(
      "div",
      { key: path, className: "spotter-question" },
      h("strong", { title: path }, describe(live.shared, path)),
      ` ${theirs} (${stands.location}) ${this.say("typedMeanwhile")} ${mine} `,
      button("keep", theirs),
      " ",
      button("write", mine),
    );
  }

  private readonly say = (key: keyof Messages): string => this.props.messages?.[key] ?? MESSAGES[key];

  private forgetTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private words(status: LiveStatus | null, apart: boolean): string[] {
    const { say } = this;
    if (status === null) {
      return [say("stopped")];
    }
    const words = [];
    if (status.finished) {
      words.push(say("finished"));
    } else if (apart) {
      words.push(`${say("outOfSync")} ${say("editsNotSent")}: ${status.editsNotSent}`);
    }
    if (status.passwordWanted) {
      words.push(say("passwordWanted"));
    }
    if (status.conflicts > 0) {
      words.push(`${say("toSettle")}: ${status.conflicts}`);
    }
    if (status.cannotSave !== null) {
      words.push(`${say("cannotSave")}: ${status.cannotSave}`);
    }
    return words;
  }
}

/** Whether something of the others may be missing here. An edit that is on its way to the relay is nothing missing. */
function isApart({ phase, status }: LiveView): boolean {
  return phase === "on" && status !== null && (status.link.state !== "live" || status.needResync);
}
