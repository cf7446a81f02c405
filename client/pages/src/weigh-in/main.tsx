/** Placeholder. */
import { startPage } from "../common/shell.tsx";

startPage("weigh-in", () => null);
