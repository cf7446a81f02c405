// For tools that look for a file instead of reading `exports`.
export * from "./dist/inline.js";
