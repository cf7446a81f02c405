/** Bundles the app in the way of Create React App 5: webpack 5, with the settings that nobody can change there. */

import { join } from "node:path";
import webpack from "webpack";

const APP = "client/openlifter/test/create-react-app/app.js";

/** For whom OpenLifter is built. */
const BROWSERS = ">0.2%, not dead";

/** Endings that may be left out in an import. */
const ENDINGS = [
  "web.mjs",
  "mjs",
  "web.js",
  "js",
  "web.ts",
  "ts",
  "web.tsx",
  "tsx",
  "json",
  "web.jsx",
  "jsx",
];

/**
 * Writes the bundle to a folder and returns the scripts that its page names. As for OpenLifter, everything is found by
 * addresses relative to the page. Whatever webpack complains of is an error. `root` is the repository.
 *
 * Of what Create React App does besides, Babel is left out, which the packages need nothing of, and source maps.
 */
export async function bundle(root: string, folder: string): Promise<string[]> {
  const compiler = webpack({
    mode: "production",
    bail: true,
    devtool: false,
    target: [`browserslist:${BROWSERS}`],
    entry: join(root, APP),
    output: {
      path: folder,
      filename: "static/js/[name].[contenthash:8].js",
      chunkFilename: "static/js/[name].[contenthash:8].chunk.js",
      assetModuleFilename: "static/media/[name].[hash][ext]",
      publicPath: "./",
    },
    resolve: { modules: ["node_modules"], extensions: ENDINGS.map((ending) => `.${ending}`) },
    module: {
      strictExportPresence: true,
      rules: [
        {
          oneOf: [
            { test: /\.(bmp|gif|jpe?g|png)$/, type: "asset" },
            // Whatever is no script is a file beside the bundle, WebAssembly among it: `experiments` are off.
            { exclude: [/^$/, /\.(js|mjs|jsx|ts|tsx)$/, /\.html$/, /\.json$/], type: "asset/resource" },
          ],
        },
      ],
    },
    performance: false,
  });
  const stats = await new Promise<webpack.Stats>((resolve, reject) => {
    compiler.run((error, done) => (done ? resolve(done) : reject(error)));
  });
  await new Promise((resolve) => compiler.close(resolve));
  const {
    errors = [],
    warnings = [],
    entrypoints,
  } = stats.toJson({ all: false, errors: true, warnings: true, entrypoints: true });
  if (errors.length + warnings.length > 0) {
    throw new Error([...errors, ...warnings].map(({ message }) => message).join("\n"));
  }
  return (entrypoints?.main?.assets ?? []).map(({ name }) => name);
}
