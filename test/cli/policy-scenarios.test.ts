/** `sealstone policy trace` writes what the library says of this project's own scenarios. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { traceScenario } from "../../src/policy/index.ts";
import type { JsonValue } from "../../src/rego/index.ts";
import { readOwnScenarios } from "../policy/own-scenarios.ts";
import { scratchFolder } from "./child-command.ts";
import { sealstone } from "./own-command.ts";

test("every scenario", async () => {
  const folder = scratchFolder();
  for (const scenario of readOwnScenarios()) {
    writeFileSync(join(folder, "scenario.json"), JSON.stringify(scenario));
    const { code, stdout, stderr } = await sealstone(folder, "policy", "trace", "scenario.json");
    expect({ code, stderr }, scenario.name).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual(await traceScenario(scenario as unknown as JsonValue));
  }
});
