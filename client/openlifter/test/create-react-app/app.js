// An app as an OpenLifter developer has it after following the guide, as far as bundlers can tell.
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { LiveTab, openInBrowser, spotterMiddleware } from "spotter-openlifter";

const spotter = spotterMiddleware({ open: openInBrowser });

// Where there is a page, the tab is in it.
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(createElement(LiveTab, { live: spotter.live }));
}

globalThis.app = {
  openInBrowser,
  client: () => import("spotter-client"),
  inline: () => import("spotter-client/inline"),
};
