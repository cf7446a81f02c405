import assert from "node:assert/strict";
import { test } from "node:test";
import {
  attemptDoubt,
  readAttempt,
  readBodyweight,
  readClasses,
  readDate,
  readLines,
  readMeetNumber,
  readName,
  readNewPassword,
  readRack,
  readRelay,
  readWhole,
  relayOfPage,
} from "../src/common/validate.ts";

const show = (kg: number) => String(kg);
const error = (read: object): string => ("error" in read ? String(read.error) : "");

test("weights take a comma for a point, and nothing for none", () => {
  assert.deepEqual(readBodyweight(" 82,5 ", Number, show), { value: 82.5 });
  assert.deepEqual(readBodyweight("", Number, show), { value: 0 });
  assert.deepEqual(readAttempt("182.5", Number, show), { value: 182.5 });
  assert.deepEqual(readAttempt("0", Number, show), { value: 0 });
});

test("a slip of the finger in a weight is told in words", () => {
  assert.match(
    error(readBodyweight("abc", Number, show)),
    /“abc” is no weight\. Type a number such as 82\.5/,
  );
  assert.match(
    error(readBodyweight("825", Number, show)),
    /825 is no likely body weight: it should be between 15 and 400/,
  );
  assert.match(error(readAttempt("1825", Number, show)), /no likely attempt/);
  assert.match(error(readAttempt("-5", Number, show)), /no weight/);
  assert.match(error(readAttempt("1e3", Number, show)), /no weight/);
});

test("bounds hold for what the weight is in kilograms", () => {
  const pounds = (text: string) => Number(text) / 2.20462262;
  assert.deepEqual(readAttempt("1400", pounds, show), { value: 1400 / 2.20462262 });
  assert.match(error(readAttempt("1500", pounds, show)), /no likely attempt/);
});

test("dates are those of the calendar", () => {
  assert.deepEqual(readDate("2024-02-29"), { value: "2024-02-29" });
  assert.deepEqual(readDate(""), { value: "" });
  assert.match(error(readDate("2023-02-29")), /not in the calendar/);
  assert.match(error(readDate("29.2.2024")), /is no date/);
});

test("whole numbers have bounds", () => {
  assert.deepEqual(readWhole("12", 0, 99, 0), { value: 12 });
  assert.deepEqual(readWhole(" ", 0, 99, 7), { value: 7 });
  assert.match(error(readWhole("1.5", 0, 99, 0)), /no whole number/);
  assert.match(error(readWhole("100", 0, 99, 0)), /not between 0 and 99/);
});

test("names, racks and lists", () => {
  assert.deepEqual(readName("  Nora   Quinn "), { value: "Nora Quinn" });
  assert.match(error(readName(" ")), /needs a name/);
  assert.deepEqual(readRack(" 5/3 "), { value: "5/3" });
  assert.deepEqual(readLines("Open\n\n Juniors \n"), { value: ["Open", "Juniors"] });
  assert.match(error(readLines("Open\nOpen")), /stands there twice/);
});

test("weight classes rise, and the one above the last is implied", () => {
  assert.deepEqual(readClasses("59 66,5; 74 74+", Number, true), { value: [59, 66.5, 74] });
  assert.deepEqual(readClasses("", Number, true), { value: [] });
  assert.match(error(readClasses("66 59", Number, true)), /must rise/);
  assert.match(error(readClasses("59 heavy", Number, true)), /“heavy” is no weight/);
});

test("a class in pounds is called by what was typed, and takes whoever weighs that and nobody who weighs more", () => {
  const kg = (text: string) => Number(text) / 2.20462262;
  for (let typed = 50; typed <= 500; typed++) {
    const read = readClasses(String(typed), kg, false);
    const [limit = 0] = "value" in read ? (read.value as number[]) : [];
    assert.equal(Math.floor(limit * 2.20462262), typed);
    assert.ok(kg(String(typed)) <= limit && limit < kg(`${typed}.01`), String(typed));
  }
  assert.match(error(readClasses("heavy", kg, false)), /such as 132 148/);
});

test("odd attempts are doubted, not refused", () => {
  const attempts = [
    { kg: 100, status: 1 },
    { kg: 110, status: -1 },
    { kg: 0, status: 0 },
  ];
  assert.equal(attemptDoubt(105, 3, attempts), "Lighter than the attempt before.");
  assert.equal(attemptDoubt(110, 3, attempts), null);
  assert.equal(attemptDoubt(100, 2, attempts), "The same as the attempt before, which was good.");
  assert.equal(attemptDoubt(90, 1, attempts), null);
  assert.equal(attemptDoubt(0, 2, attempts), null);
});

test("a meet's number has nine digits, however they are grouped", () => {
  assert.deepEqual(readMeetNumber("123-456 789"), { value: "123456789" });
  assert.match(error(readMeetNumber("12345678")), /nine digits/);
});

test("a new password is long enough and typed twice alike", () => {
  assert.deepEqual(readNewPassword("correct horse", "correct horse"), { value: "correct horse" });
  assert.match(error(readNewPassword("short", "short")), /at least 10/);
  assert.match(error(readNewPassword("correct horse", "correct house")), /not the same/);
});

test("a relay's address may be given as a host or as a page's address", () => {
  assert.deepEqual(readRelay("relay.example.org", true), { value: "wss://relay.example.org" });
  assert.deepEqual(readRelay("http://10.0.0.5:7878/", false), { value: "ws://10.0.0.5:7878" });
  assert.deepEqual(readRelay("wss://example.org/meets/", false), { value: "wss://example.org/meets" });
  assert.match(error(readRelay("ws://10.0.0.5:7878", true)), /encrypted relays only/);
  assert.match(error(readRelay("ftp://example.org", false)), /begins with wss/);
  assert.match(error(readRelay("", false)), /is no address/);
});

test("the relay of a page is the server it came from, below a sub-path, too", () => {
  assert.equal(
    relayOfPage({ protocol: "http:", host: "10.0.0.5:7878", pathname: "/" }),
    "ws://10.0.0.5:7878",
  );
  assert.equal(
    relayOfPage({ protocol: "https:", host: "example.org", pathname: "/meets/scoring" }),
    "wss://example.org/meets",
  );
});
