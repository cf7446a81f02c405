/** The address of a file that esbuild copies into the build. */
declare module "*.svg" {
  const address: string;
  export default address;
}

declare module "*.wasm" {
  const address: string;
  export default address;
}
