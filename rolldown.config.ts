/**
 * The command, bundled for its start-up: loading a module costs Node up to a
 * millisecond, whatever its size. So all that verity's actions and the threads
 * share is one file, and a group of actions has what its own share in another.
 * CommonJS, since a thread of ES modules takes 15 ms more to start.
 */
import { readFileSync } from "node:fs";
import { defineConfig, type Plugin, type RolldownOptions } from "rolldown";

const filesBeside: Plugin = {
  name: "files-beside",
  generateBundle(): void {
    this.emitFile({ type: "asset", fileName: "package.json", source: '{ "type": "commonjs" }\n' });
    // Bundled too, since its six files take longer to find than to run; its licence goes with it.
    const source = readFileSync("node_modules/commander/LICENSE", "utf8");
    this.emitFile({ type: "asset", fileName: "commander.LICENSE", source });
  },
};

const config: RolldownOptions = defineConfig({
  input: ["dist/cli/main.js", "dist/verity/digest-worker.node.js", "dist/image/layer-worker.node.js"],
  external: ["pkijs", "asn1js", "hash-wasm", "pako"],
  platform: "node",
  logLevel: "warn",
  plugins: [filesBeside],
  output: {
    dir: "dist/bin",
    format: "cjs",
    codeSplitting: {
      // A file that holds more than what it was asked for would be loaded by those who need the rest.
      includeDependenciesRecursively: false,
      minShareCount: 2,
      groups: [
        { name: "base", test: /dist\/(errors|bytes\/(?!crc)|cli\/exit-codes)/ },
        // What starts a thread, before all else is loaded.
        { name: "thread", test: /dist\/(crypto\/wor|verity\/digest-thread)/ },
        // hash-wasm, which stream hashers import, takes longer to load than all of the rest.
        { name: "verity", test: /dist\/(crypto\/(?!stream|content)|device|verity)/ },
        {
          name: "volume",
          test: /dist\/cli\/(volume|verity|verify|digest|progress|byte|bounded|.*-argument)/,
        },
      ],
    },
  },
});

export default config;
