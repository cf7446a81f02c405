/** Placeholder. */
import { startPage } from "../common/shell.tsx";

startPage("live", () => null);
