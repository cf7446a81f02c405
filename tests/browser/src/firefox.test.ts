import { test } from "node:test";
import { mainStory } from "./engine.ts";
import { FIREFOX } from "./webdriver.ts";

test("the main story in Firefox", (context) => mainStory(context, FIREFOX));
