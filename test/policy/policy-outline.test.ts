/** What is read out of a policy for people: warnings, differences, and whether an image would run. */
import { describe, expect, test } from "vitest";
import { rehearseImage } from "../../src/policy/image-rehearsal.ts";
import { createPolicy, openPolicy, type PolicyImage } from "../../src/policy/index.ts";
import { decodePolicy, encodePolicy } from "../../src/policy/policy-encoding.ts";
import { comparePolicies } from "../../src/policy/policy-grants.ts";
import { outlinePolicy, type PolicyOutline } from "../../src/policy/policy-outline.ts";
import { policyWarnings } from "../../src/policy/policy-warnings.ts";

const layer = "ab".repeat(32);
const image: PolicyImage = {
  name: "app",
  layers: [layer],
  configuration: { env: ["PATH=/bin"], entrypoint: ["/bin/app"], user: "7" },
};
const plain = createPolicy([image], { bare: true }, "indented");
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The plain policy with something in it replaced. */
function changed(from: string, to: string): PolicyOutline {
  expect(plain).toContain(from);
  return outlinePolicy(bytesOf(plain.replace(from, to)));
}

function warnings(outline: PolicyOutline): string {
  return policyWarnings(outline)
    .map(({ kind, text }) => `${kind}: ${text}`)
    .join("\n");
}

describe("warnings", () => {
  const before = warnings(outlinePolicy(bytesOf(plain)));

  test.each([
    ["unencrypted scratch", "allow_unencrypted_scratch := false", "allow_unencrypted_scratch := true"],
    ["dumps of stacks", "allow_dump_stacks := false", "allow_dump_stacks := true"],
    ["logging", "allow_runtime_logging := false", "allow_runtime_logging := true"],
    ["no API version", 'api_version := "0.11.0"\n', ""],
    ["no framework version", 'framework_version := "0.2.3"\n', ""],
    ["a framework of tomorrow", 'framework_version := "0.2.3"', 'framework_version := "99.0.0"'],
    ["privileges", '"allow_elevated": false', '"allow_elevated": true'],
    ["a point that always allows", "data.framework.mount_device", '{"allowed": true}'],
    ["a point that never does", "data.framework.mount_overlay", '{"allowed": false}'],
    ["a missing point", "unmount_overlay := data.framework.unmount_overlay\n", ""],
    ["any user", '"strategy": "id"', '"strategy": "any"'],
  ])("of %s", (_, from, to) => {
    const after = warnings(changed(from, to));
    expect(after).not.toBe(before);
  });

  test("of an alternative that begins or ends anywhere", () => {
    const text = '"pattern": "PATH=/bin",\n        "required": false,\n        "strategy": "string"';
    const pattern = text.replace("PATH=/bin", "A=1|B=2").replace('"string"', '"re2"');
    expect(warnings(changed(text, pattern))).toContain("A=1|B=2");
  });
});

describe("differences", () => {
  test.each([
    [
      "a flag",
      "allow_unencrypted_scratch := false",
      "allow_unencrypted_scratch := true",
      "allow_unencrypted_scratch",
    ],
    ["a layer", layer, "cd".repeat(32), "layers"],
    ["a variable", "PATH=/bin", "PATH=/sbin", "env_rules"],
    ["a command", '"/bin/app"', '"/bin/other"', "command"],
  ])("%s", (_, from, to, field) => {
    const first = outlinePolicy(bytesOf(plain));
    const second = changed(from, to);
    expect(comparePolicies(first, second).onlySecond.map((grant) => grant.field)).toContain(field);
    expect(comparePolicies(second, first).onlyFirst.map((grant) => grant.field)).toContain(field);
    expect(comparePolicies(second, second)).toEqual({ onlyFirst: [], onlySecond: [] });
  });
});

describe("an image under a policy", () => {
  const { containers } = outlinePolicy(bytesOf(plain));

  test("runs as it says", async () => {
    const policy = await openPolicy(plain);
    const { layers, overlay, container, index } = rehearseImage(policy, image, { containers });
    expect([layers.map(({ allowed }) => allowed), overlay?.allowed, container?.allowed, index]).toEqual([
      [true],
      true,
      true,
      0,
    ]);
  });

  test("does not run another command", async () => {
    const { container } = rehearseImage(await openPolicy(plain), image, { containers, command: ["/bin/sh"] });
    expect(container?.allowed).toBe(false);
    expect(container?.reasons).toContain("invalid command");
  });

  test("has no overlay where a layer is not listed", async () => {
    const other = { ...image, layers: ["cd".repeat(32)] };
    const { layers, overlay, container } = rehearseImage(await openPolicy(plain), other, { containers });
    expect(layers.map(({ allowed }) => allowed)).toEqual([false]);
    expect([overlay?.allowed ?? false, container]).toEqual([false, undefined]);
  });
});

test("base64 is told from text", () => {
  const bytes = bytesOf(plain);
  expect(decodePolicy(bytesOf(encodePolicy(bytes)))).toEqual({ bytes, encoded: true });
  expect(decodePolicy(bytes)).toEqual({ bytes, encoded: false });
});
