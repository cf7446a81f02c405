/** Opening replicas in a browser. */

import type { LiveReplica } from "./replica.js";

/**
 * Opens a replica in this browser's storage. The replica's program is loaded now, and not before: whoever never goes
 * live does not pay for it.
 */
export async function openInBrowser(name: string): Promise<LiveReplica> {
  const [{ openReplica }, { loadInlineCore }] = await Promise.all([
    import("spotter-client"),
    import("spotter-client/inline"),
  ]);
  return openReplica({ core: await loadInlineCore(), name });
}
