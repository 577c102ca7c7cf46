/** The core given by `init`, in a runtime that compiles no bytes: each of the two modules in turn. */
import { readFileSync } from "node:fs";
import { createBlockHasher, init } from "sealstone";
import { fromHex, toHex } from "sealstone/bytes";

const { WebAssembly } = globalThis;
const kinds = ["simd", "scalar"];
const modules = kinds.map((kind) => {
  const url = new URL(import.meta.resolve(`sealstone/core-${kind}.wasm`));
  return new WebAssembly.Module(readFileSync(url));
});
const refuse = () => {
  throw new Error("bytes are not compiled here");
};
const { exports } = WebAssembly.Module;
Object.assign(WebAssembly, { compile: refuse, Module: Object.assign(() => refuse(), { exports }) });

const digests = {};
for (const [index, kind] of kinds.entries()) {
  init({ module: modules[index] });
  const salt = fromHex("00ff");
  const options = { algorithm: "sha256", salt, saltPosition: "first", capacityBytes: 4096 };
  const hasher = await createBlockHasher(options);
  digests[kind] = toHex(hasher.digest(0, 4096, 1));
  hasher.close();
}
console.log(JSON.stringify(digests));
