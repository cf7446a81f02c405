/** Elements without markup in strings: nothing that a meet says can become more than text. */

type Child = Node | string | null;

/** An element with classes and children. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  classes: string,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (classes !== "") made.className = classes;
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** An element of a drawing, with attributes. */
export function drawn(
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly Child[]
): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** What people have typed, such as a name: whichever way it is written, it turns nothing beside it around. */
export function typed(classes: string, text: string): HTMLElement {
  return element("bdi", classes, text);
}
