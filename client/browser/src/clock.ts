/** The two clocks of a replica, and its alarm. */
export interface Clock {
  /** Milliseconds, only ever forwards. */
  monotonic(): number;
  /** Milliseconds since 1970, as people read them. */
  wall(): number;
  /** Calls back after so many milliseconds; returns what stops it. */
  alarm(ms: number, ring: () => void): () => void;
}

/** The browser's. */
export const clockHere: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  alarm: (ms, ring) => {
    const timer = setTimeout(ring, ms);
    return () => clearTimeout(timer);
  },
};
