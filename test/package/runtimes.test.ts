/** The packed package, installed into an empty folder, in every promised runtime. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { describe, expect, inject, test } from "vitest";
import { type Runtime, runtimes } from "./runtimes.ts";

const consumer = inject("consumer");
const inCi = process.env["CI"] !== undefined;

/** OpenSSL's names, where they differ from veritysetup's. */
const opensslNames: Readonly<Record<string, string>> = {
  "blake2b-512": "blake2b512",
  "blake2s-256": "blake2s256",
};

function run({ name, binary, arguments: before }: Runtime, file: string, ...args: string[]): string {
  if (binary === undefined)
    throw new Error(`${name} is not installed: name its folder in SEALSTONE_RUNTIMES`);
  return execFileSync(binary, [...before, file, ...args], { cwd: consumer, encoding: "utf8" });
}

describe.each(runtimes)("$name", (runtime) => {
  test.skipIf(runtime.binary === undefined && !inCi)("runs the program (needs SEALSTONE_RUNTIMES)", () => {
    const lines = run(runtime, "main.js").trim().split("\n");
    expect(lines).toHaveLength(9);
    for (const line of lines) {
      const [algorithm = "", digest] = line.split(" ");
      const peer = createHash(opensslNames[algorithm] ?? algorithm);
      expect(digest, algorithm).toBe(peer.update("00ff", "hex").update(new Uint8Array(4096)).digest("hex"));
    }
  });
});
