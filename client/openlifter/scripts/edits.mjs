// What an OpenLifter developer changes, as edits by anchors. GUIDE.md says the same in words.

/**
 * @typedef {object} Edit
 * @property {string} file
 * @property {string} anchor text that stands exactly once in the file
 * @property {"before" | "after" | "instead"} place where the text goes
 * @property {string} text
 */

/** @type {{ file: string, text: string }[]} */
export const NEW_FILES = [
  {
    file: "src/spotter.ts",
    text: `import { openInBrowser, spotterMiddleware } from "spotter-openlifter";

// The meet of this browser as one of several computers sees it.
export const spotter = spotterMiddleware({ open: openInBrowser });
`,
  },
  {
    file: "src/containers/LiveContainer.tsx",
    text: `import React from "react";
import { LiveTab } from "spotter-openlifter";

import { spotter } from "../spotter";

const LiveContainer = () => <LiveTab live={spotter.live} relay={process.env.REACT_APP_SPOTTER_RELAY} />;

export default LiveContainer;
`,
  },
];

/** Pages that the developer's own checkout gives the text of. */
export const COPIES = [
  { from: "public/lifting/index.html", to: "public/live/index.html", replace: "?lifting", by: "?live" },
];

/** A box that is mounted anew whenever its value is another. */
const mountedAnew = (
  name,
  key,
) => `// A value from another computer mounts the box anew: it shows no old one, and writes none back.
const Fresh = (props: Props) => <${name} key={${key}} {...props} />;

`;

/** @type {Edit[]} */
export const EDITS = [
  // The store.
  {
    file: "src/store.ts",
    anchor: `import rootReducer from "./reducers/rootReducer";\n`,
    place: "after",
    text: `import { spotter } from "./spotter";\n`,
  },
  {
    file: "src/store.ts",
    anchor: "applyMiddleware(thunk)",
    place: "instead",
    text: "applyMiddleware(thunk, spotter)",
  },

  // The page.
  {
    file: "src/App.tsx",
    anchor: `import LiftingContainer from "./containers/LiftingContainer";\n`,
    place: "after",
    text: `import LiveContainer from "./containers/LiveContainer";\n`,
  },
  {
    file: "src/App.tsx",
    anchor: `import configureStore from "./store";\n`,
    place: "after",
    text: `import { LiveNotice } from "spotter-openlifter";\nimport { spotter } from "./spotter";\n`,
  },
  {
    file: "src/App.tsx",
    anchor: "                <Navigation />\n",
    place: "after",
    text: "                <LiveNotice live={spotter.live} />\n",
  },
  {
    file: "src/App.tsx",
    anchor: `                  <Route path="/lifting" element={<LiftingContainer />} />\n`,
    place: "after",
    text: `                  <Route path="/live" element={<LiveContainer />} />\n`,
  },
  {
    file: "src/containers/RootContainer.tsx",
    anchor: `import LiftingContainer from "./LiftingContainer";\n`,
    place: "after",
    text: `import LiveContainer from "./LiveContainer";\n`,
  },
  {
    file: "src/containers/RootContainer.tsx",
    anchor: `      case "?lifting":\n`,
    place: "before",
    text: `      case "?live":\n        return <LiveContainer />;\n`,
  },
  {
    file: "src/components/Navigation.tsx",
    anchor: `          <LinkContainer to="/results">\n`,
    place: "before",
    text: `          <LinkContainer to="/live">
            <Nav.Link>
              <FormattedMessage id="nav.live" defaultMessage="Live (Advanced)" />
            </Nav.Link>
          </LinkContainer>
`,
  },
  // Each language has the same strings; translators find this one by its English words.
  ..."de el en eo es et fr hr it lt nl pt ru tr uk zh-Hans".split(" ").map((language) => ({
    file: `src/translations/${language}.json`,
    anchor: `  "nav.meet-setup":`,
    place: "before",
    text: `  "nav.live": "Live (Advanced)",\n`,
  })),

  // The boxes.
  {
    file: "src/components/ValidatedInput.tsx",
    anchor: "export default BirthDateInput;",
    place: "instead",
    text: `${mountedAnew("BirthDateInput", "props.initialValue")}export default Fresh;`,
  },
  {
    file: "src/components/lifting/AttemptInput.tsx",
    anchor: "const mapStateToProps =",
    place: "before",
    text: mountedAnew(
      "AttemptInput",
      "props.entry[liftToAttemptFieldName(props.lift)][props.attemptOneIndexed - 1]",
    ),
  },
  {
    file: "src/components/lifting/AttemptInput.tsx",
    anchor: "mapDispatchToProps)(AttemptInput);",
    place: "instead",
    text: "mapDispatchToProps)(Fresh);",
  },
  {
    file: "src/components/weighins/WeightInput.tsx",
    anchor: "const mapStateToProps =",
    place: "before",
    text: mountedAnew("WeightInput", "props.weightKg"),
  },
  {
    file: "src/components/weighins/WeightInput.tsx",
    anchor: "mapDispatchToProps)(WeightInput);",
    place: "instead",
    text: "mapDispatchToProps)(Fresh);",
  },
  {
    file: "src/components/common/NumberInput.tsx",
    anchor: "const mapStateToProps =",
    place: "before",
    text: mountedAnew("NumberInput", "props.initialValue"),
  },
  {
    file: "src/components/common/NumberInput.tsx",
    anchor: "connect(mapStateToProps)(NumberInput);",
    place: "instead",
    text: "connect(mapStateToProps)(Fresh);",
  },
  {
    file: "src/components/meet-setup/MeetLength.tsx",
    anchor: "initialValue={this.state.initialValue}",
    place: "instead",
    text: "initialValue={this.props.lengthDays}",
  },
  {
    file: "src/components/meet-setup/PlatformCount.tsx",
    anchor: "initialValue={this.state.initialValue}",
    place: "instead",
    text: "initialValue={this.props.platformsOnDays[this.props.day - 1]}",
  },
  {
    file: "src/components/meet-setup/BarAndCollarsWeightKg.tsx",
    anchor: "  render() {\n",
    place: "after",
    text: "    const weight = this.getInitialBarAndCollarsWeightKg(this.props.lift);\n",
  },
  {
    file: "src/components/meet-setup/BarAndCollarsWeightKg.tsx",
    anchor: "initialValue={this.state.initialValue}",
    place: "instead",
    text: "initialValue={this.props.inKg ? weight : kg2lbs(weight)}",
  },
  {
    file: "src/components/meet-setup/PlateInput.tsx",
    anchor: "        <ColorPicker\n",
    place: "after",
    text: "          key={props.color}\n",
  },
  {
    file: "src/components/meet-setup/DivisionSelect.tsx",
    anchor: "  render() {\n",
    place: "before",
    text: `  // Shows a list that another computer has changed.
  componentDidUpdate(before: Props) {
    const { divisions } = this.props;
    const shown = this.state.value.map((option) => option.label);
    if (before.divisions !== divisions && divisions.join("\\n") !== shown.join("\\n")) {
      this.setState({ value: divisions.map(createOption) });
    }
  }

`,
  },
  {
    file: "src/components/meet-setup/WeightClassesSelect.tsx",
    anchor: "  render() {\n",
    place: "before",
    text: `  // Shows a list that another computer has changed.
  componentDidUpdate(before: Props) {
    const { classes, language } = this.props;
    const shown = this.state.value.map((option) => Number(option.value));
    if (before.classes !== classes && classes.join() !== shown.join()) {
      this.setState({ value: classes.map((kg) => createOption(displayWeight(kg, language))) });
    }
  }

`,
  },
  {
    file: "src/components/registration/LifterRow.tsx",
    anchor: "value={this.state.selectedDay.toString()}",
    place: "instead",
    text: "value={entry.day.toString()}",
  },
];
