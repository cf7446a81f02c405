/** Locations with their priorities, and the devices that are in. */

import { useEffect, useState } from "preact/hooks";
import type { SessionShown } from "spotter-client";
import { type App, attempt, refresh, say } from "../common/app.ts";
import { readWhole } from "../common/validate.ts";
import { Act, Card, Confirm, Input, useBusy, Working } from "../common/widgets.tsx";
import { clock } from "../common/words.ts";
import { nextPriority } from "./roster.ts";

/** The meet's locations. */
export function Locations(props: { app: App }) {
  const { app } = props;
  app.tick.value;
  app.status.value;
  const roster = app.replica.roster();
  const [name, setName] = useState("");
  const [priority, setPriority] = useState("");
  const [error, setError] = useState<string | null>(null);
  const { busy, run } = useBusy();
  const proposal = String(nextPriority(roster));
  const add = async () => {
    const read = readWhole(priority === "" ? proposal : priority, 0, 1_000_000, 0);
    if ("error" in read) return setError(read.error);
    setError(null);
    const well = await run("Changing the locations", () =>
      app.replica.setLocation({ location: name.trim(), priority: Number(read.value) }),
    );
    if (!well) return;
    refresh(app);
    setName("");
    setPriority("");
  };
  const { initiator } = app.status.value;
  const known = roster.some((place) => place.location === name.trim());
  return (
    <Card title="Locations and priorities">
      <table>
        <thead>
          <tr>
            <th scope="col">Location</th>
            <th scope="col" class="number">
              Priority
            </th>
            <th scope="col">
              <span class="unseen">Change</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {[...roster]
            .sort((a, b) => b.priority - a.priority)
            .map((place) => (
              <tr key={place.location}>
                <th scope="row">
                  {place.location}
                  {place.location === app.status.value.location ? " (this device)" : ""}
                </th>
                <td class="number">{place.priority}</td>
                <td class="number">
                  {initiator ? (
                    <button
                      type="button"
                      aria-label={`Change ${place.location}`}
                      onClick={() => {
                        setName(place.location);
                        setPriority(String(place.priority));
                      }}
                    >
                      Change
                    </button>
                  ) : null}
                </td>
              </tr>
            ))}
        </tbody>
      </table>
      {initiator ? (
        <form
          class="fields"
          onSubmit={(event) => {
            event.preventDefault();
            void add();
          }}
        >
          <Input label="Location" value={name} set={setName} required />
          <Input
            label="Priority"
            value={priority}
            set={setPriority}
            numeric
            error={error}
            hint={`Proposed: ${proposal}`}
          />
          <div class="row wide">
            <button type="submit" disabled={busy !== null}>
              {known ? "Change its priority" : "Add the location"}
            </button>
          </div>
        </form>
      ) : (
        <p class="hint">Only the device that made the meet live can change this list.</p>
      )}
      <p class="hint">A new priority holds for what a location writes after it joins the next time.</p>
      <Working what={busy} />
    </Card>
  );
}

/** The devices that are in the meet. */
export function Sessions(props: { app: App }) {
  const { app } = props;
  const [sessions, setSessions] = useState<readonly SessionShown[] | null>(null);
  const [asked, setAsked] = useState<SessionShown | null>(null);
  const live = app.status.value.link.state === "live";
  // The relay tells nobody else, so nobody else asks.
  const { initiator } = app.status.value;
  const alike = namesakes(sessions ?? []);
  const load = () => attempt("The list of devices", async () => setSessions(await app.replica.sessions()));
  useEffect(() => {
    if (live && initiator && sessions === null) void load();
  }, [live, initiator]);
  if (!initiator) {
    return (
      <Card title="Devices">
        <p class="hint">Only the device that made the meet live can list the devices and shut one out.</p>
      </Card>
    );
  }
  return (
    <Card
      title="Devices"
      tools={
        <Act
          label="Show again"
          shortcut="d"
          says="Show the devices again"
          run={() => void load()}
          disabled={!live}
        />
      }
    >
      {sessions === null ? (
        <p class="hint">
          {live ? "Asking the relay …" : "The relay tells which devices are in; it cannot be reached now."}
        </p>
      ) : (
        <ul class="plain-list">
          {sessions.map((session) => (
            <li key={session.sessionId} class="row between">
              <span>
                <strong>{session.locationName}</strong>
                {alike.has(session.sessionId) ? `, device ${alike.get(session.sessionId)}` : ""}
                {session.thisOne ? " (this device)" : ""}
                <br />
                <span class="hint">
                  since{" "}
                  {alike.has(session.sessionId)
                    ? exactly(session.issuedAt)
                    : clock(session.issuedAt, app.now.value)}
                  {session.connected ? "" : ", not connected now"}
                </span>
              </span>
              {session.thisOne ? null : (
                <button type="button" class="danger" onClick={() => setAsked(session)}>
                  Shut out this device
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {asked === null ? null : (
        <Confirm
          title={`Shut out ${asked.locationName}?`}
          words="That device can no longer exchange with the relay until somebody types the meet’s password on it. What it has sent stays; if it was stolen, change the password, too."
          yes="Shut it out"
          close={() => setAsked(null)}
          run={() =>
            void attempt("Shutting out the device", async () => {
              await app.replica.revokeSession(asked.sessionId);
              say("good", `${asked.locationName} is shut out.`);
              await load();
            })
          }
        />
      )}
    </Card>
  );
}

/** Devices at the same location, numbered as they joined, so that one can be told from the other. */
function namesakes(sessions: readonly SessionShown[]): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const session of sessions) {
    const same = sessions.filter((other) => other.locationName === session.locationName);
    if (same.length < 2) continue;
    const joined = [...same].sort((a, b) => Date.parse(a.issuedAt) - Date.parse(b.issuedAt));
    numbers.set(session.sessionId, joined.indexOf(session) + 1);
  }
  return numbers;
}

/** A time to the second. */
function exactly(time: string): string {
  return new Date(time).toLocaleTimeString([], { hourCycle: "h23" });
}
