/** `sealstone policy create`, `show` and `check` on the image of `images/`, as someone new would use them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { makeAttwImage } from "../../images/attw-image.ts";
import { writeImageTar, writeOciLayout } from "../../images/recipe-image.ts";
import { readRecord } from "../../images/record.ts";
import { scratchFolder } from "./child-command.ts";
import { sealstone } from "./own-command.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("what a policy for it allows, and why a layer is refused", async () => {
  const folder = scratchFolder();
  const image = await makeAttwImage(root);
  mkdirSync(join(folder, "attw"));
  await writeOciLayout(image, join(folder, "attw"));
  await writeImageTar(image, join(folder, "attw.tar"));
  const layers = (await readRecord(root, "attw")).layers.map(({ rootHash }) => rootHash);
  expect(layers).toHaveLength(4);

  const made = await sealstone(folder, "policy", "create", "oci:attw");
  expect({ code: made.code, stderr: made.stderr }).toEqual({ code: 0, stderr: "" });
  writeFileSync(join(folder, "p.rego"), made.stdout.trimEnd());

  const shown = await sealstone(folder, "policy", "show", "p.rego");
  expect(shown.code).toBe(0);
  for (const words of [
    'container 0 (attw)\n  runs         ["node","/usr/bin/attw"] in /\n  as           user id 1000, groups id 1000,',
    `  layers         1  ${layers[0]}  (the base)\n                 2  ${layers[1]}\n`,
    `                 4  ${layers[3]}\n  variables    PATH=/usr/bin (exactly)\n`,
    "  may start    none\n",
    "not make it privileged",
    "mcr.microsoft.com/aci/aci-cc-infra-fragment",
    "  allow_unencrypted_scratch: no\n",
  ]) {
    expect(shown.stdout).toContain(words);
  }

  const checked = await sealstone(folder, "policy", "check", "p.rego", "attw.tar");
  expect(checked.code).toBe(0);
  expect(checked.stdout).toMatch(/would run, as container 0 \(attw\)\n/);
  expect(checked.stdout).toContain(
    `  layer 2   allowed  ${layers[1]}  (sealstone recipe attw: dependencies)\n`,
  );

  const [, , tool = ""] = layers;
  writeFileSync(join(folder, "other.rego"), made.stdout.trimEnd().replace(tool, "0".repeat(64)));
  const refused = await sealstone(folder, "policy", "check", "other.rego", "oci:attw");
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain(
    [
      `  layer 3   DENIED   ${tool}  (sealstone recipe attw: tool)`,
      "            deviceHash not found",
      "            none of the 5 layers that the policy lists is",
    ].join("\n"),
  );
  expect(refused.stdout).toContain(
    `container 0 (attw) comes nearest: layer 3 of 4 is ${"0".repeat(64)} there`,
  );
});
