/** The built package in an engine that really has no SIMD: V8, told that the processor lacks SSE4.1. */
import { execFileSync } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("fixtures/hash-one.js", import.meta.url));
const salt = Buffer.alloc(32, 7);
const blocks = Array.from({ length: 4 }, (_, block) =>
  Buffer.from(Array.from({ length: 512 }, (_, i) => (block * 512 + i) * 31)),
);
const digests = blocks.map((block) => createHash("sha256").update(salt).update(block).digest("hex"));
const tags = blocks.map((block) => createHmac("sha256", salt).update(block).digest("hex"));

test.skipIf(process.arch !== "x64").each([
  ["with SIMD", [], true],
  ["without SIMD", ["--no-enable-ssse3", "--no-enable-sse4-1"], false],
])("an engine %s hashes the same (flags of x64)", (_, flags, simd) => {
  const output = execFileSync(process.execPath, [...flags, script], { encoding: "utf8" });
  expect(JSON.parse(output)).toEqual({
    simd,
    one: digests[0],
    four: digests.join(""),
    tags: tags.join(""),
  });
});
