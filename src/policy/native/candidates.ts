/** What policy and fragments list, as the current version of the framework has it, and found by what requests name. */
import type { JsonObject, JsonValue } from "../../rego/index.ts";
import { compareVersions } from "../../rego/semantic-version.ts";
import { compareText } from "../../rego/value.ts";
import type { Metadata, TableState } from "../metadata.ts";
import { policyFrameworkVersion } from "../points.ts";
import { completed, type ListedKind } from "./older-versions.ts";
import {
  type Container,
  type ExternalProcess,
  isContainer,
  isExternalProcess,
  isListedFragment,
  isObject,
  isPlatformRule,
  type ListedFragment,
  listOf,
  type PlatformRule,
  type Shape,
} from "./shapes.ts";

/** All that may be asked for. */
export interface Candidates {
  readonly containers: readonly Container[];
  /** Names that the policy has for containers, which older versions of the framework do not keep with them. */
  readonly names: ReadonlyMap<Container, string>;
  /** Containers by their layers, from the base up. */
  readonly byLayers: ReadonlyMap<string, readonly Container[]>;
  /** Layers that may be mounted, of whatever version their policy is. */
  readonly layers: ReadonlySet<string>;
  readonly externalProcesses: readonly ExternalProcess[];
  readonly fragments: readonly ListedFragment[];
  /** Of `fragments`, those of the policy itself. */
  readonly policyFragments: readonly ListedFragment[];
}

/** The key of a list of layers in `Candidates.byLayers`. */
export function layersKey(layers: readonly (JsonValue | undefined)[]): string {
  return JSON.stringify(layers);
}

/** A list as the current version has it; undefined where one of its members has another shape. */
export function listed(
  kind: ListedKind,
  value: JsonValue | undefined,
  version: string | null,
): readonly JsonValue[] | undefined {
  if (value === undefined) return [];
  const order = version === null ? undefined : compareVersions(version, policyFrameworkVersion);
  if (!Array.isArray(value)) return undefined;
  if (order === undefined || order > 0) return [];
  if (order < 0 && (kind === "platform_rule" || kind === "transparency_trust_list")) return [];
  const list = order === 0 ? value : value.map((given) => completed(kind, given, version as string));
  return list.every((item) => item !== undefined && shapes[kind](item)) ? (list as JsonValue[]) : undefined;
}

const shapes: Readonly<Record<ListedKind, Shape>> = {
  container: isContainer,
  external_process: isExternalProcess,
  fragment: isListedFragment,
  platform_rule: isPlatformRule,
  transparency_trust_list: () => true,
};

/** The candidates of one policy, which fragments add to. */
export class CandidateLists {
  readonly #own: Parts | undefined;
  readonly #names: ReadonlyMap<Container, string>;
  readonly #ownLayers: readonly string[] | undefined;
  /** By the table of fragments that they are made with. */
  readonly #known: WeakMap<object, { readonly candidates: Candidates | undefined }> = new WeakMap();
  readonly #withoutFragments: TableState = { table: [] };

  /** @param constants what the policy lists. */
  constructor(constants: ReadonlyMap<string, JsonValue>, version: string | null) {
    this.#own = partsOf(
      listed("container", constants.get("containers"), version),
      listed("external_process", constants.get("external_processes"), version),
      listed("fragment", constants.get("fragments"), version),
      listed("platform_rule", constants.get("platform_rules"), version),
    );
    this.#ownLayers = layersOf(constants.get("containers"));
    this.#names = namesOf(constants.get("containers"), this.#own?.containers ?? []);
  }

  /** What may be asked for now; undefined where something of another shape is listed. */
  of(metadata: Metadata): Candidates | undefined {
    const state = metadata.state("issuers") ?? this.#withoutFragments;
    const known = this.#known.get(state);
    if (known !== undefined) return known.candidates;
    const candidates = this.#collect(metadata);
    this.#known.set(state, { candidates });
    return candidates;
  }

  #collect(metadata: Metadata): Candidates | undefined {
    if (this.#own === undefined || this.#ownLayers === undefined) return undefined;
    const all = [this.#own];
    for (const fragment of loadedFragments(metadata)) {
      const parts = fragment && fragmentParts(fragment);
      if (parts === undefined) return undefined;
      all.push(parts);
    }
    const containers = withPlatformRules(
      all.flatMap((parts) => parts.containers),
      all.flatMap((parts) => parts.platformRules),
    );
    const fragmentContainers = all.slice(1).flatMap((parts) => parts.containers);
    return {
      containers,
      names: this.#names,
      byLayers: indexed(containers),
      layers: new Set([...this.#ownLayers, ...fragmentContainers.flatMap(({ layers }) => layers)]),
      externalProcesses: all.flatMap((parts) => parts.externalProcesses),
      fragments: all.flatMap((parts) => parts.fragments),
      policyFragments: this.#own.fragments,
    };
  }
}

/** What one text lists. */
interface Parts {
  readonly containers: readonly Container[];
  readonly externalProcesses: readonly ExternalProcess[];
  readonly fragments: readonly ListedFragment[];
  readonly platformRules: readonly PlatformRule[];
}

function partsOf(...lists: readonly (readonly JsonValue[] | undefined)[]): Parts | undefined {
  if (lists.includes(undefined)) return undefined;
  const [containers, externalProcesses, fragments, platformRules] = lists;
  return { containers, externalProcesses, fragments, platformRules } as unknown as Parts;
}

function fragmentParts(fragment: JsonObject): Parts | undefined {
  const list = (name: string, shape: Shape): readonly JsonValue[] | undefined => {
    const value = fragment[name] ?? [];
    return listOf(shape)(value) ? (value as readonly JsonValue[]) : undefined;
  };
  return partsOf(
    list("containers", isContainer),
    list("external_processes", isExternalProcess),
    list("fragments", isListedFragment),
    list("platform_rules", isPlatformRule),
  );
}

/** What is included of every fragment that is loaded, by issuers and feeds; undefined for another shape. */
function loadedFragments(metadata: Metadata): readonly (JsonObject | undefined)[] {
  return sorted(metadata.entries("issuers")).flatMap(([, issuer]) => {
    const feeds = isObject(issuer) ? issuer["feeds"] : undefined;
    if (!isObject(feeds)) return [undefined];
    return sorted(Object.entries(feeds)).flatMap(([, fragments]) =>
      Array.isArray(fragments)
        ? fragments.map((fragment) => (isObject(fragment) ? fragment : undefined))
        : [undefined],
    );
  });
}

function sorted(entries: Iterable<readonly [string, JsonValue]>): readonly (readonly [string, JsonValue])[] {
  return Array.from(entries).sort(([a], [b]) => compareText(a, b));
}

/** The layers of whatever is listed; undefined for another shape. */
function layersOf(containers: JsonValue | undefined): readonly string[] | undefined {
  if (containers === undefined) return [];
  if (!Array.isArray(containers)) return undefined;
  const layers: string[] = [];
  for (const container of containers) {
    const list = isObject(container) ? container["layers"] : undefined;
    if (!Array.isArray(list)) return undefined;
    for (const layer of list) {
      if (typeof layer !== "string") return undefined;
      layers.push(layer);
    }
  }
  return layers;
}

/** Names as the text has them; `containers` are made from it one by one, or there are none. */
function namesOf(
  given: JsonValue | undefined,
  containers: readonly Container[],
): ReadonlyMap<Container, string> {
  const texts = Array.isArray(given) ? (given as readonly JsonValue[]) : [];
  const names = new Map<Container, string>();
  for (const [index, container] of containers.entries()) {
    const text = texts[index];
    const name = isObject(text) ? text["name"] : undefined;
    if (typeof name === "string") names.set(container, name);
  }
  return names;
}

function withPlatformRules(
  containers: readonly Container[],
  rules: readonly PlatformRule[],
): readonly Container[] {
  if (rules.length === 0) return containers;
  return containers.flatMap((container) =>
    rules.map(({ env_rules = [], mounts = [] }) => ({
      ...container,
      env_rules: [...container.env_rules, ...env_rules],
      mounts: [...container.mounts, ...mounts],
    })),
  );
}

function indexed(containers: readonly Container[]): ReadonlyMap<string, readonly Container[]> {
  const index = new Map<string, Container[]>();
  for (const container of containers) {
    const key = layersKey(container.layers);
    const same = index.get(key);
    if (same === undefined) index.set(key, [container]);
    else same.push(container);
  }
  return index;
}
