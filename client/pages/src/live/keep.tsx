/** Taking the meet out, ending it, and going to another one. */

import { useEffect, useState } from "preact/hooks";
import { type App, attempt, copyName, refresh, say } from "../common/app.ts";
import { Act, Card, Confirm, download } from "../common/widgets.tsx";
import { meetNumber } from "../common/words.ts";
import { copies, newCopy, noteCopy } from "./copies.ts";
import { Seat, seatOf } from "./start.tsx";

/** Files to take away. */
export function Export(props: { app: App }) {
  const { app } = props;
  const name = fileName(app);
  const named = app.status.value.location !== null;
  const [place, setPlace] = useState("Registration");
  const [priority, setPriority] = useState("10");
  return (
    <Card title="Export">
      <div class="row">
        <Act
          label="OpenLifter file"
          shortcut="e"
          says="Save the meet as an OpenLifter file"
          run={() =>
            void attempt("The OpenLifter file", async () =>
              download(`${name}.openlifter`, app.replica.exportMeet(), "application/json"),
            )
          }
        />
        <Act
          label="Bundle"
          shortcut="s"
          says="Save everything as a bundle"
          run={() =>
            void attempt("The bundle", async () => {
              const as = named ? undefined : seatOf(place, priority);
              download(`${name}.bundle`, await app.replica.exportBundle(as), "application/octet-stream");
              refresh(app);
            })
          }
        />
      </div>
      <p class="hint">
        The OpenLifter file opens in OpenLifter. A bundle holds every edit with who made it: another device
        takes it in without a network, and it is the safest copy to keep.
      </p>
      {named ? null : (
        <Seat place={place} setPlace={setPlace} priority={priority} setPriority={setPriority} />
      )}
    </Card>
  );
}

/** Declares the meet finished. */
export function Finish(props: { app: App }) {
  const { app } = props;
  const [asked, setAsked] = useState(false);
  const { finished, conflicts } = app.status.value;
  return (
    <Card title="Finish">
      {finished ? (
        <p>The meet is finished. The relay keeps it, and takes no more edits.</p>
      ) : (
        <>
          <p class="hint">
            When the last result is in. The relay then closes the meet for everybody; devices keep their
            copies.
          </p>
          {conflicts === 0 ? null : (
            <p class="warn">There are conflicts that nobody has settled: {conflicts}.</p>
          )}
          {app.status.value.initiator ? (
            <div class="row">
              <Act label="Finish the meet" shortcut="Shift+F" look="danger" run={() => setAsked(true)} />
            </div>
          ) : (
            <p class="hint">Only the device that made the meet live can do this.</p>
          )}
        </>
      )}
      {asked ? (
        <Confirm
          title="Finish the meet for everybody?"
          words={
            conflicts === 0
              ? "Nobody can send edits any more."
              : `Nobody can send edits any more, and conflicts not settled: ${conflicts}.`
          }
          yes="Finish it"
          close={() => setAsked(false)}
          run={() =>
            void attempt("Finishing the meet", async () => {
              await app.replica.finish();
              refresh(app);
              say("good", "The meet is finished.");
            })
          }
        />
      ) : null}
    </Card>
  );
}

/** The other meets in this browser. */
export function OtherMeets(props: { app: App }) {
  const { app } = props;
  const here = copyName(location.search);
  const meet = app.meet.value?.meet.name;
  const { meetId } = app.status.value;
  const [fresh] = useState(newCopy);
  const holds = app.meet.value !== null;
  useEffect(() => {
    const name = typeof meet === "string" ? meet : "";
    if (holds) noteCopy({ copy: here, name, meetId: meetId === null ? "" : meetNumber(meetId) });
  }, [here, holds, meet, meetId]);
  const others = copies().filter((other) => other.copy !== here);
  if (others.length === 0 && app.meet.value === null) return null;
  return (
    <Card title="Other meets on this device">
      {others.length === 0 ? null : (
        <ul class="plain-list">
          {others.map((other) => (
            <li key={other.copy}>
              <a class="button" href={`./?copy=${encodeURIComponent(other.copy)}`}>
                <bdi>{other.name || "Unnamed meet"}</bdi> {other.meetId}
              </a>
            </li>
          ))}
        </ul>
      )}
      {app.meet.value === null ? null : (
        <div class="row">
          <a class="button" href={`./?copy=${encodeURIComponent(fresh)}`}>
            Start or join another meet
          </a>
        </div>
      )}
      <p class="hint">This meet stays on the device.</p>
    </Card>
  );
}

function fileName(app: App): string {
  const name = app.meet.value?.meet.name;
  return typeof name === "string" && name !== "" ? name.replace(/[\s/\\:*?"<>|]+/g, "-") : "Unnamed-Meet";
}
