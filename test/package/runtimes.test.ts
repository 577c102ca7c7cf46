/** The packed package, installed into an empty folder, in every promised runtime. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { expected } from "./expected.ts";
import { type Runtime, runtimes } from "./runtimes.ts";

const consumer = inject("consumer");
const inCi = process.env["CI"] !== undefined;

/** veritysetup's, of 8 MiB of asterisks with the salt 00ff. */
const rootHashOfStars = "74fb0a0337b2884abb0c506543f66791cdb18f0dd708820d86c84680cf6cbb35";

function run({ name, binary, arguments: before }: Runtime, file: string, ...args: string[]): string {
  if (binary === undefined)
    throw new Error(`${name} is not installed: name its folder in SEALSTONE_RUNTIMES`);
  return execFileSync(binary, [...before, file, ...args], { cwd: consumer, encoding: "utf8", stdio: "pipe" });
}

describe.each(runtimes)("$name", (runtime) => {
  test.skipIf(runtime.binary === undefined && !inCi)("runs the program (needs SEALSTONE_RUNTIMES)", () => {
    expect(JSON.parse(run(runtime, "main.js"))).toEqual(expected);
  });

  test.skipIf(runtime.binary === undefined && !inCi)(
    "takes the core as it is given where bytes are not compiled (needs SEALSTONE_RUNTIMES)",
    () => {
      const { sha256 } = expected.digests;
      expect(JSON.parse(run(runtime, "given-core.js"))).toEqual({ simd: sha256, scalar: sha256 });
    },
  );

  test.skipIf(runtime.binary === undefined && !inCi)(
    "runs the command on two threads (needs SEALSTONE_RUNTIMES)",
    () => {
      const folder = mkdtempSync(join(consumer, "command-"));
      const [data, hash] = [join(folder, "layer.img"), join(folder, "layer.hash")];
      writeFileSync(data, new Uint8Array(8 * 1024 * 1024).fill(0x2a));
      const command = "node_modules/sealstone/dist/bin/main.js";
      const verity = (...args: string[]): string =>
        run(runtime, command, "verity", ...args, "--threads", "2");
      expect(verity("format", data, hash, "--salt", "00ff")).toContain(rootHashOfStars);
      expect(() => verity("verify", data, hash, rootHashOfStars)).not.toThrow();
      expect(() => verity("verify", data, hash, "00".repeat(32))).toThrow("root hash");
    },
  );
});
