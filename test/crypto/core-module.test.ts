/** How the core's module is come by: given, or compiled from the inlined bytes. */
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { pattern, reference } from "./sha256-reference.ts";

const scalarModule = new Uint8Array(readFileSync(new URL("../../dist/core-scalar.wasm", import.meta.url)));

/** The part anew: what it keeps between owners is compiled code, and the tests give it other code. */
async function freshPart(): Promise<{
  core: typeof import("../../src/crypto/core.ts");
  hashers: typeof import("../../src/crypto/sha256-hasher.ts");
}> {
  vi.resetModules();
  return {
    core: await import("../../src/crypto/core.ts"),
    hashers: await import("../../src/crypto/sha256-hasher.ts"),
  };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the module", () => {
  const block = pattern(512);
  const options = { salt: pattern(32), saltPosition: "first", capacityBytes: 512 } as const;
  const expected = reference(options.salt, "first", block);

  test("that was given is the one that runs", async () => {
    const { core, hashers } = await freshPart();
    core.init({ module: await WebAssembly.compile(scalarModule) });
    const compile = vi.spyOn(WebAssembly, "compile");
    const hasher = await hashers.createSha256Hasher(options);
    hasher.input.set(block);
    expect(toHex(hasher.digest(0, 512, 1))).toBe(expected);
    expect(compile).not.toHaveBeenCalled();
  });

  test("is compiled once for all its owners", async () => {
    const { core } = await freshPart();
    const compile = vi.spyOn(WebAssembly, "compile");
    await Promise.all([core.Core.create(1), core.Core.create(1)]);
    await core.Core.create(1);
    expect(compile).toHaveBeenCalledTimes(1);
  });

  test("is the scalar one where the engine has no SIMD", async () => {
    const { core, hashers } = await freshPart();
    vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
    const compile = vi.spyOn(WebAssembly, "compile");
    expect(core.hasSimd()).toBe(false);
    const hasher = await hashers.createSha256Hasher(options);
    expect(compile.mock.calls).toEqual([[scalarModule]]);
    hasher.input.set(block);
    expect(toHex(hasher.digest(0, 512, 1))).toBe(expected);
  });

  test("that did not compile is tried again, and the error says what to do", async () => {
    const { core } = await freshPart();
    vi.spyOn(WebAssembly, "compile").mockRejectedValueOnce(new Error("forbidden by the content policy"));
    await expect(core.Core.create(1)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("init({ module })"),
    });
    expect((await core.Core.create(1)).base).toBeGreaterThan(0);
  });

  test("is refused by init where it is another's", async () => {
    const { core } = await freshPart();
    const empty = await WebAssembly.compile(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    expect(() => core.init({ module: empty })).toThrow(/no memoryBase/);
    expect(() => core.init({ module: {} as WebAssembly.Module })).toThrow(/no compiled WebAssembly.Module/);
    expect((await core.Core.create(1)).base).toBeGreaterThan(0);
  });
});
