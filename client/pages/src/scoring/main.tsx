/**
 * Scoring: one platform's table. Who lifts now, what is on the bar, good lift or no lift.
 */

import { startPage } from "../common/shell.tsx";
import { Scoring } from "./scoring.tsx";

startPage("scoring", (app) => <Scoring app={app} />);
