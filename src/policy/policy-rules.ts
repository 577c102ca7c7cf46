/** What an enforcer asks, and in what surroundings. */
import type { JsonObject, JsonValue, RegoModule } from "../rego/index.ts";
import type { PolicyMount } from "./default-mounts.ts";
import type { PolicyExplanation } from "./explanation.ts";
import type { Metadata } from "./metadata.ts";

/** A fragment's module: its text as it was signed, with its parameters behind it. */
export interface FragmentModule extends RegoModule {
  readonly issuer: string;
  readonly feed: string;
  readonly namespace: string;
  readonly signedText: string;
}

/** What rules see besides the input. */
export interface PolicyWorld {
  readonly metadata: Metadata;
  readonly defaultMounts: readonly PolicyMount[];
  readonly privilegedMounts: readonly PolicyMount[];
  /** Fragments' modules that are loaded, by their namespaces. */
  readonly fragments: ReadonlyMap<string, FragmentModule>;
  /** What layers are called, by their root hashes in hex: for explanations alone. */
  readonly layerNames: ReadonlyMap<string, string>;
}

/** Rules of a policy, by whatever means they are held. They keep nothing between questions that would show. */
export interface PolicyRules {
  /**
   * The value of `data.policy.<rule>`, or of `data.framework.<rule>`.
   *
   * @returns undefined where nothing gives it a value.
   * @throws {FormatError} where rules contradict each other, or a fragment's text cannot be read.
   * @throws {StateError} `exhausted` where evaluation takes too much.
   */
  ask(
    document: "policy" | "framework",
    rule: string,
    input: JsonObject,
    world: PolicyWorld,
  ): JsonValue | undefined;

  /** Why a request was denied that left everything as it was; absent or undefined where these rules cannot say. */
  explain?(point: string, input: JsonObject, world: PolicyWorld): PolicyExplanation | undefined;
}
