/** The core in base64; written by the build. */
export const base64: string;
