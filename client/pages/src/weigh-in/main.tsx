/**
 * Weigh-in: who lifts, when and where, and what the scale says.
 */

import { startPage } from "../common/shell.tsx";
import { WeighIn } from "./weigh-in.tsx";

startPage("weigh-in", (app) => <WeighIn app={app} />);
