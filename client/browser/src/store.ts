/** Where replicas are kept. A browser keeps one replica per tab, each in a slot that only that tab writes. */
export interface Store {
  /** Takes a free slot for this tab, rather one that holds something, and reads what all of them hold. */
  open(name: string): Promise<Slot>;
}

/** A slot, held by this tab until it is closed. */
export interface Slot {
  readonly number: number;
  /** The batches in this slot, in order; each is the text that was appended. */
  readonly own: readonly string[];
  /** The same of each other slot that holds anything. */
  readonly others: readonly (readonly string[])[];
  /** Appends a batch as a whole. Resolves once it is safe; rejects if nothing of it is kept. */
  append(records: string): Promise<void>;
  /** Gives the slot back. */
  close(): Promise<void>;
}

/** A store that lasts as long as the object: for tests, and for pages that keep nothing. Several replicas can share it. */
export function memoryStore(): Store {
  const names = new Map<string, { batches: string[]; taken: boolean }[]>();
  return {
    async open(name) {
      const slots = names.get(name) ?? [];
      names.set(name, slots);
      const free = slots.find((slot) => !slot.taken && slot.batches.length > 0);
      const slot = free ?? { batches: [], taken: false };
      if (free === undefined) {
        slots.push(slot);
      }
      slot.taken = true;
      const others = slots.filter((other) => other !== slot && other.batches.length > 0);
      return {
        number: slots.indexOf(slot),
        own: [...slot.batches],
        others: others.map((other) => [...other.batches]),
        append: async (records) => {
          slot.batches.push(records);
        },
        close: async () => {
          slot.taken = false;
        },
      };
    },
  };
}
