/** `sealstone policy digest` and `trace`. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readTraces } from "../policy/traces.ts";
import { scratchFolder } from "./child-command.ts";
import { sealstone } from "./own-command.ts";

const text = 'package policy\n\napi_version := "0.12.0"\n';
const measured = createHash("sha256").update(text).digest("hex");

/** A folder with files by their names. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = scratchFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

describe("digest", () => {
  const policies = (): string => folderOf({ "policy.rego": text, "policy.txt": `${btoa(text)}\n` });

  test.each(["policy.rego", "policy.txt"])("of %s", async (name) => {
    const folder = policies();
    expect(await sealstone(folder, "policy", "digest", name)).toEqual({
      code: 0,
      stdout: `${measured}\n`,
      stderr: "",
    });
    const { stdout } = await sealstone(folder, "policy", "digest", name, "--json");
    expect(JSON.parse(stdout)).toEqual({ digest: measured, sizeBytes: text.length, base64: btoa(text) });
    expect((await sealstone(folder, "policy", "digest", name, "--base64")).stdout).toBe(`${btoa(text)}\n`);
  });

  test("is held against HOST_DATA", async () => {
    const folder = policies();
    const same = await sealstone(
      folder,
      "policy",
      "digest",
      "policy.rego",
      "--host-data",
      measured.toUpperCase(),
    );
    expect(same).toMatchObject({ code: 0, stderr: "" });
    const other = await sealstone(
      folder,
      "policy",
      "digest",
      "policy.rego",
      "--host-data",
      "0".repeat(64),
      "--json",
    );
    expect(other.code).toBe(1);
    expect(JSON.parse(other.stdout)).toMatchObject({ isMeasured: false });
    expect(other.stderr).toContain("is not the policy that was measured");
    const wrong = await sealstone(folder, "policy", "digest", "policy.rego", "--host-data", "x");
    expect(wrong).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("64 hex digits") });
  });

  test("of nothing is no digest", async () => {
    const folder = policies();
    expect(await sealstone(folder, "policy", "digest", "none")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: "Cannot read policy none: ENOENT: no such file or directory, open 'none'\n",
    });
  });
});

describe("trace", () => {
  const [recorded] = readTraces().filter(({ name }) => name === "31-fragment-container");
  if (recorded === undefined) throw new Error("no such trace");
  const { steps = [], name, description, policy } = recorded;
  const scenario = { name, description, policy, ops: steps.map(({ op }) => op) };

  test("is the recorded one", async () => {
    const folder = folderOf({ "s.json": JSON.stringify(scenario) });
    const { code, stdout, stderr } = await sealstone(folder, "policy", "trace", "s.json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual(recorded);
    expect(await sealstone(folder, "policy", "trace", "s.json", "-o", "t.json")).toMatchObject({
      stdout: "",
    });
    expect(readFileSync(join(folder, "t.json"), "utf8")).toBe(stdout);
  });

  test("in words", async () => {
    const folder = folderOf({ "s.json": JSON.stringify(scenario) });
    const { stdout } = await sealstone(folder, "policy", "trace", "s.json", "--words");
    expect(stdout).toContain(
      "  1  DENIED   mount_device  /run/mounts/scsi/m1\n       deviceHash not found\n",
    );
    expect(stdout).toContain("none of the 1 layers that the policy lists is 392dfd28");
    expect(stdout).toContain("allowed  load_fragment");
  });

  test("of a policy that is refused", async () => {
    const folder = folderOf({ "s.json": '{"policy": {"raw_rego": "package policy\\nx := {"}}' });
    expect(JSON.parse((await sealstone(folder, "policy", "trace", "s.json")).stdout)).toMatchObject({
      policy_rego_length: 21,
      create_error: expect.stringContaining("policy.rego:2:7"),
    });
    const { code, stdout } = await sealstone(folder, "policy", "trace", "s.json", "--words");
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("the policy is refused") });
  });

  test("with denials as a guest shortens them", async () => {
    const policy = { raw_rego: `${text}mount_device := {"allowed": false}\nreason := {"errors": ["no"]}\n` };
    const ops = [{ op: "mount_device", target: "/x", deviceHash: "a".repeat(500) }];
    const folder = folderOf({ "s.json": JSON.stringify({ policy, ops, max_error_message_length: 300 }) });
    const outcome = async (...args: readonly string[]): Promise<unknown> => {
      const { stdout } = await sealstone(folder, "policy", "trace", "s.json", ...args);
      return JSON.parse(stdout).steps[0].policy_decision;
    };
    expect(await outcome()).toEqual({ decision: "deny", reason: { errors: ["no"] }, truncated: ["input"] });
    expect(await outcome("--max-error-message-length", "90")).toEqual({
      decision: "deny",
      truncated: ["input", "reason"],
    });
    expect(await outcome("--max-error-message-length", "0")).toMatchObject({ input: { target: "/x" } });
  });

  test.each([
    ["no JSON", "{", "s.json is no JSON"],
    ["no scenario", "[]", "the scenario is no JSON object"],
    ["a policy of another form", '{"policy": 1}', "policy of the scenario is no object"],
    ["a text that is none", '{"policy": {"raw_rego": 1}}', "raw_rego of the policy is no text"],
    [
      "a request of another form",
      JSON.stringify({ policy: { raw_rego: text }, ops: [{ op: "mount_device", target: 1 }] }),
      "target of ops[0] of the scenario is no text",
    ],
    [
      "a request that is none",
      JSON.stringify({ policy: { raw_rego: text }, ops: [1] }),
      "ops[0] of the scenario",
    ],
    ["too many levels", `${"[".repeat(600)}${"]".repeat(600)}`, "more than 500 levels"],
  ])("of %s is refused", async (_, content, words) => {
    const folder = folderOf({ "s.json": content });
    const { code, stdout, stderr } = await sealstone(folder, "policy", "trace", "s.json");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("internal error");
  });

  test("of a point that no guest asks says so", async () => {
    const folder = folderOf({
      "s.json": JSON.stringify({ policy: { raw_rego: text }, ops: [{ op: "fly", to: 1 }] }),
    });
    expect(JSON.parse((await sealstone(folder, "policy", "trace", "s.json")).stdout).steps[0]).toMatchObject({
      allowed: false,
      policy_decision: { policyError: "enforcement point rule fly does not exist", input: { to: 1 } },
    });
  });
});

test.each(["digest", "trace"])("policy %s --help has examples and fits", async (action) => {
  const { code, stdout } = await sealstone(scratchFolder(), "policy", action, "--help");
  expect(code).toBe(0);
  expect(stdout).toContain("Examples:");
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
});
