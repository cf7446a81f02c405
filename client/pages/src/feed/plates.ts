/** Draws one side of a loaded bar, from the collar outwards. */

import type { Loading, Plate } from "./display.ts";
import { drawn, element } from "./dom.ts";

const HEIGHT = 100;
const GAP = 2;

/** The drawing of the bar, with a remark if the weight cannot be loaded. */
export function drawnBar(loading: Loading): HTMLElement {
  if (loading.shortKg === 0) return element("div", "bar-drawn", drawBar(loading));
  return element(
    "div",
    "bar-drawn is-short",
    drawBar(loading),
    element("p", "short", "cannot be loaded exactly"),
  );
}

/** The drawing of what is on one side of the bar. Its words say the same. */
export function drawBar(loading: Loading): SVGElement {
  const shapes: SVGElement[] = [];
  let x = 26;
  for (const plate of loading.plates) {
    for (let pair = 0; pair < plate.pairs; pair += 1) {
      const { width, height } = sizeOf(plate);
      shapes.push(drawPlate(plate, x, width, height));
      x += width + GAP;
    }
  }
  const end = x + 22;
  return drawn(
    "svg",
    {
      class: "plates",
      viewBox: `0 0 ${end} ${HEIGHT}`,
      width: end,
      height: HEIGHT,
      role: "img",
      "aria-label": barWords(loading),
    },
    drawn("rect", { class: "bar", x: 0, y: 46, width: 20, height: 8, fill: "#b8bcc4" }),
    drawn("rect", { class: "collar", x: 18, y: 38, width: 6, height: 24, rx: 2, fill: "#8a9099" }),
    drawn("rect", { class: "sleeve", x: 24, y: 44, width: end - 26, height: 12, rx: 3, fill: "#b8bcc4" }),
    ...shapes,
  );
}

/** What is on each side, in words. */
export function barWords(loading: Loading): string {
  const plates = loading.plates.filter((plate) => plate.pairs > 0);
  const each = plates.map((plate) => (plate.pairs === 1 ? plate.shown : `${plate.pairs} × ${plate.shown}`));
  const side = each.length === 0 ? "Bar and collars alone" : `On each side ${each.join(", ")}`;
  return loading.shortKg === 0 ? side : `${side}; the rest cannot be loaded with the plates at hand`;
}

function drawPlate(plate: Plate, x: number, width: number, height: number): SVGElement {
  const middle = x + width / 2;
  return drawn(
    "g",
    { class: "plate" },
    drawn("rect", {
      x,
      y: (HEIGHT - height) / 2,
      width,
      height,
      rx: 3,
      fill: plate.color,
      stroke: isDark(plate.color) ? "#c9ccd2" : "#20242b",
      "stroke-width": 1,
    }),
    drawn(
      "text",
      {
        x: middle,
        y: HEIGHT / 2,
        transform: `rotate(-90 ${middle} ${HEIGHT / 2})`,
        "text-anchor": "middle",
        "dominant-baseline": "central",
        "font-size": Math.min(14, width - 2),
        "font-weight": 700,
        fill: isDark(plate.color) ? "#ffffff" : "#000000",
      },
      plate.shown,
    ),
  );
}

/** Heavier plates are larger and thicker, as on the bar. */
function sizeOf(plate: Plate): { width: number; height: number } {
  if (plate.kg >= 24) return { width: 18, height: 98 };
  if (plate.kg >= 18) return { width: 16, height: 98 };
  if (plate.kg >= 13) return { width: 15, height: 84 };
  if (plate.kg >= 9) return { width: 14, height: 70 };
  if (plate.kg >= 4.5) return { width: 13, height: 54 };
  if (plate.kg >= 2) return { width: 12, height: 44 };
  return { width: 11, height: 36 };
}

/** Whether white reads better on a colour than black: its relative luminance decides. */
export function isDark(color: string): boolean {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.179;
}
