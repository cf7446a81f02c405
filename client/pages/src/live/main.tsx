/**
 * Live: begin a meet, share it, see who takes part, settle conflicts, take it out again.
 */

import { startPage } from "../common/shell.tsx";
import { Live } from "./live.tsx";

startPage("live", (app) => <Live app={app} />);
