/** Placeholder. */
import { startPage } from "../common/shell.tsx";

startPage("scoring", () => null);
