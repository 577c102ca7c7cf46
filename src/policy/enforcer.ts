/**
 * One policy's enforcement: each request is put to the rule of its point, what the rule says of metadata is done,
 * and the answer is looked at only then, as hcsshim's `regoEnforcer` does. Whether a denied request leaves traces
 * is thus the policy's doing; a transaction around a request is the caller's, by `snapshot` and `restore`.
 */
import { PolicyError, StorageError } from "../errors.ts";
import type { JsonObject, JsonValue } from "../rego/index.ts";
import { compareVersions } from "../rego/semantic-version.ts";
import { deniedDecision, failedDecision } from "./decision.ts";
import { defaultPolicyMounts, type PolicyMount, privilegedPolicyMounts } from "./default-mounts.ts";
import { Metadata, type MetadataSnapshot } from "./metadata.ts";
import { policyPoints } from "./points.ts";
import { PolicyDenial } from "./policy-denial.ts";
import type { FragmentModule, PolicyRules, PolicyWorld } from "./policy-rules.ts";

/** How an enforcer is set up. */
export interface EnforcerOptions {
  /** What a denial's message may have in characters: 3072, as in hcsshim's guest, unless set; 0 for no limit. */
  readonly longestMessage?: number;
  /** In place of those that hcsshim's guest knows. */
  readonly defaultMounts?: readonly PolicyMount[];
  /** In place of those that hcsshim's guest knows. */
  readonly privilegedMounts?: readonly PolicyMount[];
  /** What layers are called, by their root hashes in hex: explanations of denials name them so. */
  readonly layerNames?: ReadonlyMap<string, string>;
  /** Told of every request as it is decided; what it is given must not be changed. */
  readonly onQuery?: (query: PolicyQuery) => void;
}

/** A request to a policy, and what its rule and the defaults gave; `result` is absent where they gave nothing. */
export interface PolicyQuery {
  readonly point: string;
  readonly input: JsonObject;
  readonly result?: JsonObject;
}

/** What an enforcer remembers, as it was at one time. */
export interface EnforcerSnapshot {
  readonly metadata: MetadataSnapshot;
  readonly fragments: readonly FragmentModule[];
  readonly defaultMounts: readonly PolicyMount[];
}

/** See the head of this file. */
export class PolicyEnforcer {
  readonly #rules: PolicyRules;
  readonly #metadata = new Metadata();
  readonly #longestMessage: number;
  readonly #privilegedMounts: readonly PolicyMount[];
  readonly #layerNames: ReadonlyMap<string, string>;
  readonly #onQuery: (query: PolicyQuery) => void;
  /** The one loaded last at the end. */
  #fragments: readonly FragmentModule[] = [];
  #defaultMounts: readonly PolicyMount[];

  /** Made by `Policy.enforcer`. */
  constructor(rules: PolicyRules, options: EnforcerOptions = {}) {
    this.#rules = rules;
    this.#longestMessage = options.longestMessage ?? 3072;
    this.#defaultMounts = options.defaultMounts ?? defaultPolicyMounts;
    this.#privilegedMounts = options.privilegedMounts ?? privilegedPolicyMounts;
    this.#layerNames = options.layerNames ?? new Map();
    this.#onQuery = options.onQuery ?? (() => {});
  }

  /**
   * Puts a request to the policy.
   *
   * @param input what `docs/policy.md` lists for the point; the host's.
   * @returns what the rule gave besides metadata, over the point's defaults.
   * @throws {PolicyDenial} where it is not allowed, or could not be decided.
   */
  enforce(point: string, input: JsonObject): JsonObject {
    const { operations } = this.#metadata;
    const result = this.#decide(point, input);
    this.#onQuery({ point, input, ...(result instanceof PolicyDenial ? {} : { result }) });
    if (result instanceof PolicyDenial) throw result;
    const allowed = Object.hasOwn(result, "allowed") ? result["allowed"] : undefined;
    if (allowed === undefined) throw this.#failed(point, input, "unable to find value for key 'allowed'");
    if (typeof allowed !== "boolean") {
      throw this.#failed(point, input, "value for 'allowed' is not a boolean");
    }
    // What changed something can no longer be asked about as it was asked.
    if (!allowed) throw this.#denied(point, input, this.#metadata.operations === operations);
    return result;
  }

  /** What is remembered, as JSON: `{"devices": {…}, …}`. Objects have no prototype. */
  metadata(): JsonObject {
    return this.#metadata.toJson();
  }

  /** What is remembered under a key of a table. */
  remembered(table: string, key: string): JsonValue | undefined {
    return this.#metadata.get(table, key);
  }

  /** Everything that requests can change. */
  snapshot(): EnforcerSnapshot {
    return {
      metadata: this.#metadata.snapshot(),
      fragments: this.#fragments,
      defaultMounts: this.#defaultMounts,
    };
  }

  /** Undoes all that was done since. */
  restore({ metadata, fragments, defaultMounts }: EnforcerSnapshot): void {
    this.#metadata.restore(metadata);
    this.#fragments = fragments;
    this.#defaultMounts = defaultMounts;
  }

  /** Mounts that containers may have from now on without their policy naming them: a pod's resolv.conf and the like. */
  extendDefaultMounts(mounts: readonly PolicyMount[]): void {
    this.#defaultMounts = [...this.#defaultMounts, ...mounts];
  }

  /** A fragment's module that rules see from now on, in place of the one that its feed had. */
  addFragment(module: FragmentModule): void {
    this.removeFragment(module);
    this.#fragments = [...this.#fragments, module];
  }

  /** The module of a feed is seen no longer. */
  removeFragment({ issuer, feed }: Pick<FragmentModule, "issuer" | "feed">): void {
    this.#fragments = this.#fragments.filter((other) => other.issuer !== issuer || other.feed !== feed);
  }

  get #world(): PolicyWorld {
    return {
      metadata: this.#metadata,
      defaultMounts: this.#defaultMounts,
      privilegedMounts: this.#privilegedMounts,
      // Of two with one namespace, the one that came last.
      fragments: new Map(this.#fragments.map((module) => [module.namespace, module])),
      layerNames: this.#layerNames,
    };
  }

  #decide(point: string, input: JsonObject): JsonObject | PolicyDenial {
    try {
      return this.#withDefaults(point, input, this.#query("policy", point, input));
    } catch (error) {
      return this.#failed(point, input, messageOf(error), error);
    }
  }

  /** A rule's result without metadata, which is done; empty where there is none. */
  #query(document: "policy" | "framework", rule: string, input: JsonObject): JsonObject {
    const value = this.#rules.ask(document, rule, input, this.#world);
    if (value === undefined) return {};
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      throw new PolicyError("unable to load results object from Rego query", []);
    }
    const { metadata, ...result } = value as JsonObject;
    if (metadata !== undefined) this.#metadata.apply(metadata);
    return result;
  }

  /** Any policy must say which interface it is for, even where it has a rule. */
  #withDefaults(point: string, input: JsonObject, result: JsonObject): JsonObject {
    const version = this.#apiVersion(input);
    if (version === null) throw new PolicyError("policy does not define api_version", []);
    const known = policyPoints.get(point);
    const order = known && (typeof version === "string" ? compareVersions(version, known.since) : undefined);
    if (known === undefined || order === undefined) {
      throw new PolicyError(`enforcement point rule ${point} does not exist`, []);
    }
    const isEmpty = Object.keys(result).length === 0;
    if (isEmpty && order >= 0) throw new PolicyError(`rule for ${point} is missing from policy`, []);
    if (isEmpty && known.useFramework) return this.#query("framework", point, input);
    return { ...known.defaults, ...result };
  }

  #apiVersion(input: JsonObject): JsonValue {
    return this.#rules.ask("framework", "policy_api_version", input, this.#world) ?? null;
  }

  #denied(point: string, input: JsonObject, isExplained: boolean): PolicyDenial {
    let reason: JsonObject | undefined;
    try {
      reason = this.#query("policy", "reason", { ...input, rule: point });
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
    const given = reason !== undefined && Object.keys(reason).length > 0 ? reason : undefined;
    const explanation = isExplained ? this.#rules.explain?.(point, input, this.#world) : undefined;
    return new PolicyDenial(point, deniedDecision(point, input, given), this.#longestMessage, {
      explanation,
    });
  }

  #failed(point: string, input: JsonObject, policyError: string, cause?: unknown): PolicyDenial {
    const details = cause === undefined ? {} : { cause };
    return new PolicyDenial(point, failedDecision(input, policyError), this.#longestMessage, details);
  }
}

/** Errors that a policy can cause; all others are not its doing. */
function messageOf(error: unknown): string {
  if (error instanceof StorageError) return error.message;
  throw error;
}
