// A reporter for `node --test` that writes what failed and why, and nothing else: what a summary at the end of a long run
// can repeat.

/** Yields the name and the reason of every test that failed; of files and suites, only if they failed by themselves. */
export default async function* failures(events) {
  for await (const { type, data } of events) {
    if (type !== "test:fail") continue;
    const error = data.details?.error;
    if (error?.failureType === "subtestsFailed") continue;
    const reason = error?.cause?.message ?? error?.cause ?? error?.message ?? "no reason was given";
    yield `${data.name}: ${reason}\n`;
  }
}
