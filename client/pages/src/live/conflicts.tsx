/** What was written by two locations that did not know of each other, until somebody settles it. */

import { useState } from "preact/hooks";
import { type App, attempt, nameIn } from "../common/app.ts";
import { Dispute } from "../common/fields.tsx";
import { valueText } from "../common/kinds.ts";
import { Act, Card } from "../common/widgets.tsx";
import { clock, counted, pathWords } from "../common/words.ts";

/** The list of conflicts. */
export function Conflicts(props: { app: App }) {
  const { app } = props;
  const conflicts = app.conflicts.value;
  return (
    <Card title={`Conflicts${conflicts.length === 0 ? "" : ` (${conflicts.length})`}`}>
      {conflicts.length === 0 ? (
        <p class="hint">
          None. If two locations write the same thing without having seen each other, both values are listed
          here until somebody says which is right.
        </p>
      ) : (
        conflicts.map((conflict) => (
          <div key={conflict.path}>
            <Dispute
              app={app}
              conflict={conflict}
              text={(value) => valueText(app, conflict.path, value)}
              title={<h3>{pathWords(conflict.path, nameIn(app))}</h3>}
            />
            <History app={app} path={conflict.path} />
          </div>
        ))
      )}
    </Card>
  );
}

/** Edits of others that a refused change took with it. */
export function Offers(props: { app: App }) {
  const { app } = props;
  const { offers } = app.status.value;
  if (offers.length === 0) return null;
  return (
    <Card title="Edits that left with a refused one">
      <p>
        The relay refused a change, and {counted(offers.length, "edit")} made on top of it left with it. They
        were others’; they can be made again here, in this location’s name.
      </p>
      <div class="row">
        <Act
          label="Make them again"
          shortcut="m"
          run={() =>
            void attempt("Making edits again", async () => {
              for (const offer of offers) await app.replica.makeAgain(offer);
            })
          }
        />
      </div>
    </Card>
  );
}

function History(props: { app: App; path: string }) {
  const { app, path } = props;
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Everything written there</summary>
      {open ? (
        <ol>
          {app.replica.history(path).map((item) => (
            <li key={item.write}>
              <strong>{valueText(app, path, item.value) || "nothing"}</strong> by {item.location}, priority{" "}
              {item.priority}, {clock(item.time, app.now.value)}
              {item.reason === undefined ? "" : `: ${item.reason}`}
              {item.shown ? " (stands)" : item.standing ? " (overruled)" : " (replaced)"}
            </li>
          ))}
        </ol>
      ) : null}
    </details>
  );
}
