/**
 * A policy in the form in which tools write it, decided without evaluating Rego. Whatever has another shape (a
 * request, a list, a fragment) is put to the framework's Rego text, which says the same where both speak.
 */
import type { JsonObject, JsonValue, RegoModule } from "../../rego/index.ts";
import { parseModule } from "../../rego/parser.ts";
import { compareVersions, isVersion } from "../../rego/semantic-version.ts";
import { compareText } from "../../rego/value.ts";
import type { PolicyExplanation } from "../explanation.ts";
import { InterpretedRules } from "../interpreted-rules.ts";
import { policyFrameworkVersion } from "../points.ts";
import type { PolicyRules, PolicyWorld } from "../policy-rules.ts";
import { CandidateLists } from "./candidates.ts";
import { createContainer } from "./container-points.ts";
import { type DataForm, readDataForm } from "./data-form.ts";
import type { Deciding, NativePoint } from "./deciding.ts";
import { explain } from "./explanations.ts";
import { loadFragment } from "./fragment-points.ts";
import { Patterns } from "./patterns.ts";
import { processPoints } from "./process-points.ts";
import { storagePoints } from "./storage-points.ts";

const points: ReadonlyMap<string, NativePoint> = new Map<string, NativePoint>([
  ...storagePoints,
  ["create_container", createContainer],
  ...processPoints,
  ["load_fragment", loadFragment],
]);

/** The first of the framework's versions whose policies say whether capabilities may be dropped. */
const capabilityDroppingSince = "0.2.2";

/**
 * Rules for a policy's text, by the shortest way that its form allows.
 *
 * @throws {FormatError} for a text that is not Rego or not read here, with line and column.
 */
export function rulesOf(policy: RegoModule): PolicyRules {
  const form = readDataForm(parseModule(policy.text, policy.name));
  const known = form?.path.length === 1 && form.path[0] === "policy" && hasPlainVersions(form.constants);
  const delegates = Array.from(form?.delegated ?? []).every((name) => name === "reason" || points.has(name));
  return form && known && delegates ? new NativeRules(policy, form) : new InterpretedRules(policy);
}

/** One name for each version, and a version under it. */
function hasPlainVersions(constants: ReadonlyMap<string, JsonValue>): boolean {
  return ["api", "framework"].every((name) => {
    const versions = [constants.get(`${name}_version`), constants.get(`${name}_svn`)];
    const [version, ...others] = versions.filter((given) => given !== undefined);
    return (
      others.length === 0 && (version === undefined || (typeof version === "string" && isVersion(version)))
    );
  });
}

/** See the head of this file. */
class NativeRules implements PolicyRules {
  readonly #policy: RegoModule;
  readonly #form: DataForm;
  readonly #version: string | null;
  readonly #lists: CandidateLists;
  readonly #patterns: Patterns = new Patterns();
  #interpreted: InterpretedRules | undefined;

  constructor(policy: RegoModule, form: DataForm) {
    this.#policy = policy;
    this.#form = form;
    this.#version = this.#versionOf("framework");
    this.#lists = new CandidateLists(form.constants, this.#version);
  }

  ask(
    document: "policy" | "framework",
    rule: string,
    input: JsonObject,
    world: PolicyWorld,
  ): JsonValue | undefined {
    const { constants, delegated } = this.#form;
    if (rule === "policy_api_version" && document === "framework") return this.#versionOf("api");
    if (document === "policy" && !delegated.has(rule)) return constants.get(rule);
    const value = rule === "reason" ? this.#reason(input, world) : this.#decide(rule, input, world);
    if (value !== undefined) return value;
    this.#interpreted ??= new InterpretedRules(this.#policy);
    return this.#interpreted.ask(document, rule, input, world);
  }

  explain(point: string, input: JsonObject, world: PolicyWorld): PolicyExplanation | undefined {
    if (!this.#form.delegated.has(point)) {
      const summary = this.#form.constants.has(point)
        ? "the policy denies whatever is asked of it here"
        : "the policy has no rule for it";
      return { point, summary, candidates: [] };
    }
    const deciding = this.#deciding(input, world);
    return deciding && explain(point, deciding);
  }

  #decide(rule: string, input: JsonObject, world: PolicyWorld): JsonObject | undefined {
    const deciding = this.#deciding(input, world);
    return deciding && points.get(rule)?.decide(deciding);
  }

  #reason(input: JsonObject, world: PolicyWorld): JsonObject | undefined {
    const deciding = this.#deciding(input, world);
    const { rule } = input;
    const point = typeof rule === "string" ? points.get(rule) : undefined;
    const errors = deciding && point?.errors(deciding);
    if (errors === undefined) return undefined;
    const sorted = [...this.#versionErrors(), ...errors].sort(compareText);
    if (this.#form.isReasonErrorsOnly) return { errors: sorted };
    return { errors: sorted, error_objects: point?.objects?.(deciding as Deciding) ?? null };
  }

  #versionErrors(): readonly string[] {
    const current = policyFrameworkVersion;
    if (this.#version === null) return [`framework_version is missing. Current version: ${current}`];
    if ((compareVersions(this.#version, current) ?? 0) <= 0) return [];
    return [`framework_version is ahead of the current version: ${this.#version} is greater than ${current}`];
  }

  #deciding(input: JsonObject, world: PolicyWorld): Deciding | undefined {
    const candidates = this.#lists.of(world.metadata);
    if (candidates === undefined) return undefined;
    return { input, world, candidates, patterns: this.#patterns, flag: (name) => this.#flag(name) };
  }

  #flag(name: string): boolean {
    const value = this.#form.constants.get(name);
    if (value === undefined || value === false) return false;
    if (name !== "allow_capability_dropping") return true;
    return this.#version !== null && (compareVersions(this.#version, capabilityDroppingSince) ?? -1) >= 0;
  }

  #versionOf(name: "api" | "framework"): string | null {
    const { constants } = this.#form;
    const version = constants.get(`${name}_version`) ?? constants.get(`${name}_svn`);
    return typeof version === "string" ? version : null;
  }
}
