import { test } from "node:test";
import { mainStory } from "./engine.ts";
import { WEBKIT } from "./webdriver.ts";

test("the main story in WebKit", (context) => mainStory(context, WEBKIT));
