/**
 * A tab of some browser, as a person uses it: by labels, names and keys.
 *
 * There are two kinds, one driven by Playwright and one by the WebDriver protocol, and the same stories for both.
 */

/** How long anything may take to be seen, in milliseconds. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 40;

/** A driver has left a command without an answer: nothing is known of the page, and nothing more can be asked. */
export class Silence extends Error {}

/** What can be done with a tab. */
export interface Driver {
  goto(address: string): Promise<void>;
  reload(): Promise<void>;
  close(): Promise<void>;
  /** Evaluates the body of a function in the page. */
  evaluate(body: string, ...values: readonly unknown[]): Promise<unknown>;
  /** Clicks what an expression finds. */
  clickOn(expression: string): Promise<void>;
  /** Replaces the text of the box that an expression finds. */
  typeInto(expression: string, text: string): Promise<void>;
  press(key: string): Promise<void>;
  picture(): Promise<Uint8Array>;
}

/** Finds what a person would name. It is sent to the page as text. */
const FINDERS = `
const named = (element) => {
  const copy = element.cloneNode(true);
  for (const key of copy.querySelectorAll(".key, .unseen, .for-readers, [aria-hidden=true]")) key.remove();
  return (element.getAttribute("aria-label") ?? copy.textContent).replace(/\\s+/g, " ").trim();
};
const seen = (element) => element.getClientRects().length > 0;
const top = () => [...document.querySelectorAll("dialog[open]")].pop() ?? document;
const act = (name) => [...top().querySelectorAll("button, a, summary")].find((one) => seen(one) && named(one) === name);
const box = (label) => {
  const found = [...top().querySelectorAll("label")].find((one) => seen(one) && named(one) === label);
  const target = found && (found.htmlFor ? document.getElementById(found.htmlFor) : found.querySelector("input, select"));
  return target ?? [...top().querySelectorAll("input, select")].find((one) => one.getAttribute("aria-label") === label);
};
`;

/** An expression for the button, link or summary with this name. */
const actNamed = (name: string) => `(() => { ${FINDERS} return act(${JSON.stringify(name)}); })()`;
/** An expression for the input or choice with this label. */
const boxNamed = (label: string) => `(() => { ${FINDERS} return box(${JSON.stringify(label)}); })()`;

/** A tab with a name, for reports. */
export class Tab {
  readonly name: string;
  readonly driver: Driver;

  constructor(name: string, driver: Driver) {
    this.name = name;
    this.driver = driver;
  }

  async goto(address: string): Promise<void> {
    await this.#isSaved();
    await this.driver.goto(address);
  }

  async reload(): Promise<void> {
    await this.#isSaved();
    await this.driver.reload();
  }

  /** Closes the tab as it is, like a browser that ends. */
  async close(): Promise<void> {
    await this.driver.close();
  }

  /** Whom the page asks before it is left stays until it does not. Drivers would leave without a word. */
  async #isSaved(): Promise<void> {
    await this.until(
      "the page can be left",
      `dispatchEvent(new Event("beforeunload", { cancelable: true }))`,
    );
  }

  /** Waits until an expression of the page is true, and returns it. */
  async until(what: string, expression: string): Promise<unknown> {
    return await eventually(`${this.name}: ${what}`, () => this.driver.evaluate(`return ${expression}`));
  }

  /** Clicks a button or link by its name, once it can be clicked. */
  async click(name: string): Promise<void> {
    const found = actNamed(name);
    await this.until(`“${name}” can be clicked`, `((found) => found && !found.disabled)(${found})`);
    await this.driver.clickOn(found);
  }

  /** Types into the box with a label, in place of what is there. */
  async fill(label: string, text: string): Promise<void> {
    const found = boxNamed(label);
    await this.until(`there is a box “${label}”`, `((found) => found && !found.disabled)(${found})`);
    await this.driver.typeInto(found, text);
  }

  /** The text in the box with a label. */
  async read(label: string): Promise<string> {
    return String(
      await this.until(
        `there is a box “${label}”`,
        `((found) => found && { value: found.value })(${boxNamed(label)})`,
      ).then((found) => (found as { value: string }).value),
    );
  }

  async press(key: string): Promise<void> {
    await this.driver.press(key);
  }

  /** Hands a file to the input with a label. */
  async give(label: string, name: string, text: string): Promise<void> {
    const found = boxNamed(label);
    await this.until(`there is an input “${label}”`, found.replace(/^/, "!!"));
    await this.driver.evaluate(
      `const input = ${found};
       const files = new DataTransfer();
       files.items.add(new File([arguments[1]], arguments[0]));
       input.files = files.files;
       input.dispatchEvent(new Event("change", { bubbles: true }));`,
      name,
      text,
    );
  }

  /** The text of the first element that a selector finds; "" if there is none. */
  async text(selector: string): Promise<string> {
    return String(await this.driver.evaluate(`return ${textOf(selector)}`));
  }

  /** Waits until an element has a text that fits, and returns it. */
  async untilText(selector: string, fits: RegExp): Promise<string> {
    const found = await this.until(
      `${selector} says ${fits}`,
      `((text) => ${fits}.test(text) && { text })(${textOf(selector)})`,
    );
    return (found as { text: string }).text;
  }

  /** Waits until the page says something anywhere. */
  async untilSays(words: string): Promise<void> {
    await this.until(
      `the page says “${words}”`,
      `document.body.innerText.includes(${JSON.stringify(words)})`,
    );
  }
}

function textOf(selector: string): string {
  const found = `document.querySelector(${JSON.stringify(selector)})`;
  return `(${found}?.textContent ?? "").replace(/\\s+/g, " ").trim()`;
}

/** Looks again and again until something is true; says what it was that never became true. Ends at once with a `Silence`. */
export async function eventually<T>(what: string, look: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  let trouble = "";
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
      trouble = `last seen: ${JSON.stringify(found)}`;
    } catch (error) {
      if (error instanceof Silence) throw error;
      trouble = String(error);
    }
    if (performance.now() > end) throw new Error(`never in ${PATIENCE_MS / 1000} s: ${what} (${trouble})`);
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}
