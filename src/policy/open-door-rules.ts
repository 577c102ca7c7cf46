/** The rules of the `open_door` enforcer: whatever is asked, it is allowed. */
import type { JsonValue } from "../rego/index.ts";
import { policyApiVersion, policyPoints } from "./points.ts";
import type { PolicyRules } from "./policy-rules.ts";

/** See the head of this file. */
export class OpenDoorRules implements PolicyRules {
  ask(_document: "policy" | "framework", rule: string): JsonValue | undefined {
    if (rule === "policy_api_version") return policyApiVersion;
    return policyPoints.has(rule) ? { allowed: true, allow_stdio_access: true } : undefined;
  }
}
