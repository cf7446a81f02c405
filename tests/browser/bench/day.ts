/** A meet of a day, as it is written down: always the same, from one seed. */

import { readFileSync } from "node:fs";
import { SAVED_FILE } from "../src/machine.ts";

/** Who writes. */
export type Writer = "Weigh-in" | "Platform 1" | "Platform 2" | "Platform 3";

/** One edit to come. */
export interface Line {
  readonly writer: Writer;
  readonly path: string;
  readonly value: unknown;
}

/** A lift of a flight on the first platform. */
export interface Turn {
  readonly flight: string;
  readonly lift: "S" | "B" | "D";
}

const LIFTS = [
  { letter: "S", field: "squat", base: 90 },
  { letter: "B", field: "bench", base: 50 },
  { letter: "D", field: "deadlift", base: 110 },
] as const;
const PLATFORMS = 3;
const FLIGHTS = ["A", "B", "C", "D"] as const;
const FIRST_ID = 5000;

/** The writers, with the priorities of their locations. */
export const WRITERS: readonly { readonly location: Writer; readonly priority: number }[] = [
  { location: "Weigh-in", priority: 10 },
  { location: "Platform 1", priority: 20 },
  { location: "Platform 2", priority: 20 },
  { location: "Platform 3", priority: 20 },
];

/** The day of so many lifters: registered, weighed in, lifting on three platforms. */
export class Day {
  readonly #lifters: number;
  #state = 12_345;

  constructor(lifters: number) {
    this.#lifters = lifters;
  }

  /** The file that the meet begins with: everybody is registered, nobody weighed in. */
  saved(): string {
    const file = JSON.parse(readFileSync(SAVED_FILE, "utf8")) as {
      meet: Record<string, unknown>;
      registration: { nextEntryId: number; entries: Record<string, unknown>[] };
    };
    const known = file.registration.entries;
    file.meet.platformsOnDays = [PLATFORMS];
    file.registration.entries = this.#everybody().map((number) => ({
      ...known[number % known.length],
      id: FIRST_ID + number,
      name: `Lifter ${number} of ${String(known[number % known.length]?.name)}`,
      platform: platformOf(number),
      flight: this.#flightOf(number),
      lot: 0,
      bodyweightKg: 0,
      squatRackInfo: "",
      benchRackInfo: "",
      squatKg: [0, 0, 0, 0, 0],
      benchKg: [0, 0, 0, 0, 0],
      deadliftKg: [0, 0, 0, 0, 0],
    }));
    file.registration.nextEntryId = FIRST_ID + this.#lifters;
    return JSON.stringify(file);
  }

  /**
   * Everything until the first platform is through with its squats: the whole weigh-in, and the other platforms' whole
   * day. Verdicts that are taken back and given again fill it up, so that it has exactly so many edits.
   */
  before(edits: number): Line[] {
    const openers = this.#everybody().map(() => LIFTS.map((lift) => lift.base + 2.5 * this.#below(40)));
    const lines = [
      ...this.#registration(),
      ...this.#weighIn(openers),
      ...this.#changedOpeners(openers),
      ...this.#sideBySide([2, 3].map((platform) => this.#lifting(platform, LIFTS, openers))),
      ...this.#lifting(1, LIFTS.slice(0, 1), openers),
    ];
    while (lines.length < edits) lines.push(...this.#correction(lines).slice(0, edits - lines.length));
    if (lines.length > edits) throw new Error(`the day has ${lines.length} edits, more than ${edits}`);
    this.#openers = openers;
    return lines;
  }

  #openers: number[][] = [];

  /** What the first platform has yet to lift, in order; the openers are called. */
  turns(): Turn[] {
    return LIFTS.slice(1).flatMap((lift) => FLIGHTS.map((flight) => ({ flight, lift: lift.letter })));
  }

  /** The rest of the day on the first platform. */
  after(): Line[] {
    return this.#lifting(1, LIFTS.slice(1), this.#openers);
  }

  #registration(): Line[] {
    return this.#everybody().flatMap((number) => [
      line("Weigh-in", number, "team", `Club ${this.#below(20)}`),
      line("Weigh-in", number, "country", ["Finland", "Norway", "Iceland"][this.#below(3)]),
    ]);
  }

  #weighIn(openers: number[][]): Line[] {
    return this.#everybody().flatMap((number) => [
      line("Weigh-in", number, "bodyweightKg", 45 + this.#below(800) / 10),
      line("Weigh-in", number, "lot", number + 1),
      line("Weigh-in", number, "squatRackInfo", String(this.#below(20))),
      line("Weigh-in", number, "benchRackInfo", `${this.#below(12)}/${this.#below(5)}`),
      ...LIFTS.map(({ field }, lift) =>
        line("Weigh-in", number, `${field}.1`, [openers[number]?.[lift] ?? 0, 0]),
      ),
    ]);
  }

  #changedOpeners(openers: number[][]): Line[] {
    return this.#everybody().flatMap((number) =>
      LIFTS.map(({ field }, lift) => {
        const mine = openers[number] ?? [];
        mine[lift] = (mine[lift] ?? 0) + (this.#below(2) === 0 ? 2.5 : 5);
        return line("Weigh-in", number, `${field}.1`, [mine[lift], 0]);
      }),
    );
  }

  /** Verdict after verdict, the lightest first, and the next weight that each lifter asks for. */
  #lifting(platform: number, lifts: readonly (typeof LIFTS)[number][], openers: number[][]): Line[] {
    const writer = `Platform ${platform}` as Writer;
    const lines: Line[] = [];
    for (const lift of lifts) {
      const place = LIFTS.indexOf(lift);
      for (const flight of FLIGHTS) {
        const selector = { flight, lift: lift.letter };
        lines.push({ writer, path: `lifting.1.${platform}`, value: selector });
        const order = this.#everybody().filter(
          (number) => platformOf(number) === platform && this.#flightOf(number) === flight,
        );
        for (let attempt = 1; attempt <= 3; attempt++) {
          const weight = (number: number) => openers[number]?.[place] ?? 0;
          order.sort((one, other) => weight(one) - weight(other) || one - other);
          for (const number of order) {
            const good = this.#below(4) > 0;
            const kg = weight(number);
            lines.push(line(writer, number, `${lift.field}.${attempt}`, [kg, good ? 1 : -1]));
            if (attempt === 3) continue;
            const mine = openers[number] ?? [];
            mine[place] = kg + (good ? 2.5 * (1 + this.#below(4)) : 0);
            lines.push(line(writer, number, `${lift.field}.${attempt + 1}`, [mine[place], 0]));
          }
        }
      }
    }
    return lines;
  }

  #sideBySide(several: Line[][]): Line[] {
    const most = Math.max(...several.map((lines) => lines.length));
    return Array.from({ length: most }, (_, at) =>
      several.flatMap((lines) => lines.slice(at, at + 1)),
    ).flat();
  }

  /** A verdict of another platform, marked wrong and put right. */
  #correction(lines: readonly Line[]): Line[] {
    for (;;) {
      const found = lines[this.#below(lines.length)];
      const value = found?.value;
      if (found === undefined || found.writer === "Platform 1" || !Array.isArray(value)) continue;
      if (found.writer === "Weigh-in" || value[1] === 0) continue;
      return [{ ...found, value: [value[0], -value[1]] }, found];
    }
  }

  #everybody(): number[] {
    return Array.from({ length: this.#lifters }, (_, number) => number);
  }

  #flightOf(number: number): string {
    const perPlatform = Math.ceil(this.#lifters / PLATFORMS);
    const flight = Math.floor((Math.floor(number / PLATFORMS) * FLIGHTS.length) / perPlatform);
    return FLIGHTS[flight] ?? "D";
  }

  /** A number below another, drawn from the seed. */
  #below(bound: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (this.#state >>> 8) % bound;
  }
}

function platformOf(number: number): number {
  return (number % PLATFORMS) + 1;
}

function line(writer: Writer, number: number, field: string, value: unknown): Line {
  return { writer, path: `entries.${FIRST_ID + number}.${field}`, value };
}
