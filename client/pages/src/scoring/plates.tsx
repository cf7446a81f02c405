/** What is on the bar, as the replica has loaded it: discs for those who load, and the same in words. */

import type { Loading } from "spotter-client";

/** The plates of one side, from the inside out. */
export function Plates(props: { loading: Loading }) {
  const { loading } = props;
  const discs = loading.plates.flatMap((plate) =>
    Array.from({ length: plate.pairs }, (_, index) => ({ ...plate, key: `${plate.kg} ${index}` })),
  );
  const heaviest = Math.max(1, ...loading.plates.map((plate) => plate.kg));
  return (
    <div
      class="bar"
      role="img"
      aria-label={`On each side: ${loading.plates.map((plate) => `${plate.pairs} times ${plate.shown}`).join(", ") || "no plates"}`}
    >
      <span class="sleeve" />
      {discs.map((plate) => (
        <span
          key={plate.key}
          class="disc"
          style={{
            background: plate.color,
            color: inkOn(plate.color),
            height: `${2.4 + 2.6 * Math.sqrt(plate.kg / heaviest)}rem`,
          }}
        >
          {plate.shown}
        </span>
      ))}
      <span class="sleeve end" />
      {loading.shortKg === 0 ? null : (
        <strong class="bad">The plates that there are do not add up to this weight.</strong>
      )}
    </div>
  );
}

/** Black or white, whichever is read more easily on a colour such as `#FF0000`. */
export function inkOn(color: string): string {
  const channels = /^#(..)(..)(..)$/
    .exec(color)
    ?.slice(1)
    .map((hex) => Number.parseInt(hex, 16) / 255) ?? [0, 0, 0];
  const [red = 0, green = 0, blue = 0] = channels.map((value) =>
    value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}
