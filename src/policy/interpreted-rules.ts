/** A policy of rules of its own: compiled together with the framework's text and evaluated for every request. */
import { FormatError, StorageError } from "../errors.ts";
import {
  compileRego,
  type JsonObject,
  type JsonValue,
  type RegoModule,
  type RegoProgram,
} from "../rego/index.ts";
import { fromJson } from "../rego/json.ts";
import { RegoObject, type RegoValue } from "../rego/value.ts";
import { defaultPrivilegedCapabilities, defaultUnprivilegedCapabilities } from "./default-capabilities.ts";
import type { PolicyMount } from "./default-mounts.ts";
import type { OwnRules, PolicyExplanation } from "./explanation.ts";
import { frameworkLibrary } from "./framework-modules.ts";
import { tableJson } from "./metadata.ts";
import type { PolicyRules, PolicyWorld } from "./policy-rules.ts";

/** See the head of this file. */
export class InterpretedRules implements PolicyRules {
  readonly #policy: RegoModule;
  readonly #documents: WorldDocuments = new WorldDocuments();
  #compiled: { readonly fragments: ReadonlyMap<string, RegoModule>; readonly program: RegoProgram };

  /** @throws {FormatError} for a text that is not Rego or not read here, with line and column. */
  constructor(policy: RegoModule) {
    this.#policy = policy;
    this.#compiled = { fragments: new Map(), program: compile(policy, new Map()) };
  }

  ask(
    document: "policy" | "framework",
    rule: string,
    input: JsonObject,
    world: PolicyWorld,
  ): JsonValue | undefined {
    return this.#program(world.fragments).evaluate([document, rule], {
      input,
      data: this.#documents.of(world),
    });
  }

  explain(point: string, input: JsonObject, world: PolicyWorld): PolicyExplanation | undefined {
    const program = this.#program(world.fragments);
    const rules = program.positions(["policy", point]);
    const asksFramework = program.asksFor(["policy", point], ["framework", point]);
    const framework = this.#framework(point, input, world);
    const ownRules = { rules, asksFramework, ...(framework && { framework }) };
    return { point, summary: ownSummary(point, ownRules), candidates: [], ownRules };
  }

  /** What the framework says of a request, whoever asks it. */
  #framework(point: string, input: JsonObject, world: PolicyWorld): OwnRules["framework"] {
    try {
      const answer = this.ask("framework", point, input, world);
      if (!isObject(answer)) return undefined;
      const allowed = answer["allowed"] === true;
      if (allowed) return { allowed, errors: [] };
      const errors = this.ask("framework", "errors", { ...input, rule: point }, world);
      return {
        allowed,
        errors: Array.isArray(errors) ? errors.filter((error) => typeof error === "string") : [],
      };
    } catch (error) {
      if (error instanceof StorageError) return undefined;
      throw error;
    }
  }

  #program(fragments: ReadonlyMap<string, RegoModule>): RegoProgram {
    if (!sameModules(fragments, this.#compiled.fragments)) {
      this.#compiled = { fragments: new Map(fragments), program: this.#compile(fragments) };
    }
    return this.#compiled.program;
  }

  #compile(fragments: ReadonlyMap<string, RegoModule>): RegoProgram {
    try {
      return compile(this.#policy, fragments);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const message = `error when compiling modules: rego compilation failed: ${error.message}`;
      throw new FormatError(error.code, message, { at: error.at, cause: error });
    }
  }
}

function compile(policy: RegoModule, fragments: ReadonlyMap<string, RegoModule>): RegoProgram {
  return compileRego([policy, ...fragments.values()], frameworkLibrary());
}

function sameModules(a: ReadonlyMap<string, RegoModule>, b: ReadonlyMap<string, RegoModule>): boolean {
  return a.size === b.size && Array.from(a).every(([name, module]) => b.get(name) === module);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is known, in words: no more than that can be said of rules which may ask for anything. */
function ownSummary(point: string, { rules, asksFramework, framework }: OwnRules): string {
  if (rules.length === 0) return `the policy has no rule ${point}`;
  const places = rules.map(({ line, column }) => `policy.rego:${line}:${column}`).join(", ");
  const denied = `the policy's own rule ${point} denied (${places})`;
  if (framework === undefined) return denied;
  const which = asksFramework
    ? "the framework's rule, which it asks for,"
    : "the framework's rule, which it does not ask for,";
  if (framework.allowed) return `${denied}: ${which} would allow it`;
  return `${denied}: ${which} denies it too${framework.errors.length === 0 ? "" : `, for ${framework.errors.join("; ")}`}`;
}

/** What `data` holds besides the rules: values are kept as long as what they are made of stays the same. */
class WorldDocuments {
  readonly #values: WeakMap<object, RegoValue> = new WeakMap();
  readonly #constant: readonly (readonly [string, RegoValue])[] = [
    ["sandboxPrefix", "sandbox://"],
    ["hugePagesPrefix", "hugepages://"],
    ["plan9Prefix", "plan9://"],
    ["defaultPrivilegedCapabilities", defaultPrivilegedCapabilities],
    ["defaultUnprivilegedCapabilities", defaultUnprivilegedCapabilities],
  ];

  of({ metadata, defaultMounts, privilegedMounts }: PolicyWorld): RegoObject {
    const tables = Array.from(
      metadata.states(),
      ([name, state]) => [name, this.#value(state, tableJson)] as const,
    );
    return new RegoObject([
      ...this.#constant,
      ["metadata", new RegoObject(tables)],
      ["defaultMounts", this.#value(defaultMounts, jsonOfMounts)],
      ["privilegedMounts", this.#value(privilegedMounts, jsonOfMounts)],
    ]);
  }

  #value<Source extends object>(source: Source, json: (source: Source) => JsonValue): RegoValue {
    const known = this.#values.get(source);
    if (known !== undefined) return known;
    const value = fromJson(json(source));
    this.#values.set(source, value);
    return value;
  }
}

function jsonOfMounts(mounts: readonly PolicyMount[]): JsonValue {
  return mounts as unknown as JsonValue;
}
