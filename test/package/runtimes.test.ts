/** The packed package, installed into an empty folder, in every promised runtime. */
import { execFileSync } from "node:child_process";
import { describe, expect, inject, test } from "vitest";
import { expected } from "./expected.ts";
import { type Runtime, runtimes } from "./runtimes.ts";

const consumer = inject("consumer");
const inCi = process.env["CI"] !== undefined;

function run({ name, binary, arguments: before }: Runtime, file: string, ...args: string[]): string {
  if (binary === undefined)
    throw new Error(`${name} is not installed: name its folder in SEALSTONE_RUNTIMES`);
  return execFileSync(binary, [...before, file, ...args], { cwd: consumer, encoding: "utf8" });
}

describe.each(runtimes)("$name", (runtime) => {
  test.skipIf(runtime.binary === undefined && !inCi)("runs the program (needs SEALSTONE_RUNTIMES)", () => {
    expect(JSON.parse(run(runtime, "main.js"))).toEqual(expected);
  });
});
