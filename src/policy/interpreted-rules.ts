/** A policy of rules of its own: compiled together with the framework's text and evaluated for every request. */
import { FormatError } from "../errors.ts";
import {
  compileRego,
  type JsonObject,
  type JsonValue,
  type RegoModule,
  type RegoProgram,
} from "../rego/index.ts";
import { defaultPrivilegedCapabilities, defaultUnprivilegedCapabilities } from "./default-capabilities.ts";
import { frameworkModules } from "./framework-modules.ts";
import type { PolicyRules, PolicyWorld } from "./policy-rules.ts";

/** See the head of this file. */
export class InterpretedRules implements PolicyRules {
  readonly #policy: RegoModule;
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
    return this.#program(world.fragments).evaluate([document, rule], { input, data: documents(world) });
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
  return compileRego([...frameworkModules(), policy, ...fragments.values()]);
}

function sameModules(a: ReadonlyMap<string, RegoModule>, b: ReadonlyMap<string, RegoModule>): boolean {
  return a.size === b.size && Array.from(a).every(([name, module]) => b.get(name) === module);
}

/** What `data` holds besides the rules. */
function documents({ metadata, defaultMounts, privilegedMounts }: PolicyWorld): JsonObject {
  return {
    metadata: metadata.toJson(),
    defaultMounts: defaultMounts as unknown as JsonValue,
    privilegedMounts: privilegedMounts as unknown as JsonValue,
    sandboxPrefix: "sandbox://",
    hugePagesPrefix: "hugepages://",
    plan9Prefix: "plan9://",
    defaultPrivilegedCapabilities,
    defaultUnprivilegedCapabilities,
  };
}
