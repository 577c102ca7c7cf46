/** Help, version, misuse: what a person sees who does not know the command yet. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { scratchFolder } from "./child-command.ts";
import { sealstone, verity } from "./own-command.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const actions = ["format", "verify", "dump", "tree"] as const;

describe("help", () => {
  test.each([["--help"], ["-h"]])("sealstone %s", async (option) => {
    const { code, stdout, stderr } = await sealstone(scratchFolder(), option);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const text of ["verity", "Exit codes:", "Examples:"]) expect(stdout).toContain(text);
  });

  test.each([["--help"], ["-?"]])(
    "sealstone verity %s names the actions and their operands",
    async (option) => {
      const { code, stdout } = await verity(scratchFolder(), option);
      expect(code).toBe(0);
      expect(stdout).toContain("format <data_device> <hash_device>");
      expect(stdout).toContain("verify <data_device> <hash_device> [root_hash]");
      expect(stdout).toContain("dump <hash_device>");
      expect(stdout).toContain("tree <device>");
      expect(stdout).toContain("padding is not zero");
    },
  );

  test.each(actions)("sealstone verity %s --help shows its own options, and examples", async (action) => {
    const { code, stdout } = await verity(scratchFolder(), action, "--help");
    expect(code).toBe(0);
    expect(stdout).toContain("Examples:");
    expect(stdout).toContain("--hash-offset <bytes>");
    expect(stdout.includes("--uuid")).toBe(action === "format");
    expect(stdout.includes("--identity <json>")).toBe(action === "verify" || action === "tree");
    expect(stdout.includes("--html")).toBe(action === "tree");
    expect(stdout).not.toContain("--ignore-corruption");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test.each([["--version"], ["-V"]])("sealstone %s", async (option) => {
    expect(await sealstone(scratchFolder(), option)).toEqual({
      code: 0,
      stdout: `sealstone ${version}\n`,
      stderr: "",
    });
  });
});

describe("misuse is told in three lines at most, and ends with 1", () => {
  test.each([
    ["an unknown command", ["verify"], "verify"],
    ["an unknown option of the program", ["--bogus"], "--bogus: unknown option"],
    ["an unknown option", ["verity", "dump", "x", "--bogus"], "--bogus: unknown option"],
    ["an unknown option before the action", ["verity", "--bogus", "dump", "x"], "--bogus: unknown option"],
    ["no action", ["verity"], "Argument <action> missing."],
    ["an unknown action", ["verity", "frobnicate"], "Unknown action"],
    ["an action of the kernel's", ["verity", "open", "a", "b", "c", "d"], "veritysetup open"],
    ["too few operands", ["verity", "format", "x"], "requires <data_device> <hash_device> as arguments"],
    ["no operand", ["verity", "tree"], "requires <device>"],
    ["a number that is none", ["verity", "format", "a", "b", "--data-blocks=x"], "invalid numeric value"],
    ["no thread", ["verity", "verify", "a", "b", "c", "--threads=0"], "1 to 256"],
    ["too many threads", ["verity", "verify", "a", "b", "c", "--threads=257"], "1 to 256"],
    ["an option without its value", ["verity", "dump", "x", "--hash-offset"], "--hash-offset"],
    [
      "our option in the wrong place",
      ["verity", "format", "a", "b", "--identity=x"],
      "not allowed with format",
    ],
    ["a page of a dump", ["verity", "dump", "a", "--html=x"], "not allowed with dump"],
  ])("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await sealstone(scratchFolder(), ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(3);
  });

  test("without a command the help is shown, and the code is 1", async () => {
    const { code, stdout, stderr } = await sealstone(scratchFolder());
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("Usage: sealstone");
  });
});

describe("--debug", () => {
  test("shows where a failure arose; without it there is no stack", async () => {
    const folder = scratchFolder();
    const plain = await verity(folder, "dump", "nothing");
    expect(plain.stderr).toBe("Device nothing does not exist or access denied.\n");
    const debug = await verity(folder, "dump", "nothing", "--debug");
    expect(debug.code).toBe(4);
    expect(debug.stderr).toContain(plain.stderr);
    expect(debug.stderr).toContain("caused by: ");
    expect(debug.stdout).toBe("Command failed with code -4 (wrong device or file specified).\n");
  });

  test("keeps JSON on standard output pure", async () => {
    const { stdout } = await verity(scratchFolder(), "dump", "nothing", "--debug", "--json");
    expect(stdout).toBe("");
  });
});
