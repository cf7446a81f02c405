/** The Live page: what it shows depends on how far the meet has come. */

import type { App } from "../common/app.ts";
import { daysOf, screensOf } from "../common/schedule.ts";
import { NoMeet, pageAddress } from "../common/shell.tsx";
import { Conflicts, Offers } from "./conflicts.tsx";
import { DisplayKeys } from "./displays.tsx";
import { GoLive } from "./golive.tsx";
import { Join } from "./join.tsx";
import { Export, Finish, OtherMeets } from "./keep.tsx";
import { Locations, Sessions } from "./members.tsx";
import { MeetNumber } from "./number.tsx";
import { Settings } from "./settings.tsx";
import { OpenBundle, Start } from "./start.tsx";

/** The page. */
export function Live(props: { app: App }) {
  const { app } = props;
  const { meetId } = app.status.value;
  if (app.meet.value === null && meetId !== null) return <NoMeet app={app} />;
  if (app.meet.value === null) {
    return (
      <>
        <p class="hint">
          Spotter keeps a powerlifting meet running when the network does not. Every location works on its own
          copy; copies agree as soon as they reach each other. Join a meet that somebody has made live, or
          start one.
        </p>
        <div class="columns">
          <div class="stack">
            <Join app={app} />
            <OpenBundle app={app} />
          </div>
          <div class="stack">
            <Start app={app} />
            <OtherMeets app={app} />
          </div>
        </div>
      </>
    );
  }
  return (
    <>
      <nav aria-label="Work on the meet" class="row">
        <a class="button" href={pageAddress("./weigh-in")}>
          Register and weigh in
        </a>
        <Platforms app={app} />
      </nav>
      <div class="columns">
        <div class="stack">
          {meetId === null ? <GoLive app={app} /> : <MeetNumber app={app} />}
          {meetId === null ? null : <Locations app={app} />}
          {meetId === null ? null : <Sessions app={app} />}
          <OtherMeets app={app} />
        </div>
        <div class="stack">
          <Conflicts app={app} />
          <Offers app={app} />
          {meetId === null ? null : <DisplayKeys app={app} />}
          <Settings app={app} />
          <Export app={app} />
          <OpenBundle app={app} />
          {meetId === null ? null : <Finish app={app} />}
        </div>
      </div>
    </>
  );
}

function Platforms(props: { app: App }) {
  const state = props.app.meet.value;
  if (state === null) return null;
  const days = daysOf(state);
  return (
    <>
      {screensOf(state).map(({ day, platform }) => (
        <a
          class="button"
          key={`${day}.${platform}`}
          href={pageAddress("./scoring", { day: String(day), platform: String(platform) })}
        >
          {days > 1 ? `Score day ${day}, platform ${platform}` : `Score platform ${platform}`}
        </a>
      ))}
    </>
  );
}
