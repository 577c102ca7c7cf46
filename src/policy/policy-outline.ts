/**
 * What a policy's text says, for people who read it and tools that compare it: lists, flags, and what becomes of
 * each enforcement point. Nothing is decided by it.
 */
import type { JsonObject, JsonValue } from "../rego/index.ts";
import { parseModule } from "../rego/parser.ts";
import { compareVersions } from "../rego/semantic-version.ts";
import type { ListedContainer } from "./listed-container.ts";
import { listed } from "./native/candidates.ts";
import { meaningOf } from "./native/data-form.ts";
import type { ListedKind } from "./native/older-versions.ts";
import { type ExternalProcess, isObject, type ListedFragment } from "./native/shapes.ts";
import { policyPoints } from "./points.ts";

/** A rule that is neither a constant nor the framework's. */
export interface OwnRule {
  readonly name: string;
  /** Lines on which it begins, once for each body or value. */
  readonly lines: readonly number[];
  /** From there to the next rule. */
  readonly text: string;
}

/**
 * Who answers at a point: the framework, a constant of the policy's, rules of its own; nobody, where its version does
 * not know the point and a default decides; or nobody, where it should, which denies all.
 */
export type PointAnswer =
  | { readonly kind: "framework" | "own" | "missing" }
  | { readonly kind: "constant"; readonly value: JsonValue }
  | { readonly kind: "default"; readonly allowed: boolean };

/** See the head of this file. */
export interface PolicyOutline {
  /** `policy`, or the policy says nothing: requests are put to that package alone. Nothing else of it is told then. */
  readonly packageName: string;
  readonly apiVersion: string | undefined;
  readonly frameworkVersion: string | undefined;
  /** As the current framework takes them, which fills in what older versions do not list. */
  readonly containers: readonly ListedContainer[];
  readonly fragments: readonly ListedFragment[];
  readonly externalProcesses: readonly ExternalProcess[];
  /** Layers that may be mounted, though no container with them can be started. */
  readonly unusedLayers: readonly string[];
  /** Lists that are there, but not in the form in which tools write them, or made by rules. */
  readonly unreadLists: readonly string[];
  /** `allow_…` of the policy: true or false, where it is a constant. */
  readonly flags: ReadonlyMap<string, boolean>;
  /** By the names of all points. */
  readonly points: ReadonlyMap<string, PointAnswer>;
  /** All that is not data, points of the framework and reason among them. */
  readonly ownRules: readonly OwnRule[];
}

const lists: readonly (readonly [name: string, kind: ListedKind])[] = [
  ["containers", "container"],
  ["fragments", "fragment"],
  ["external_processes", "external_process"],
  ["platform_rules", "platform_rule"],
];

/**
 * Reads a policy's text.
 *
 * @param bytes the policy's; whoever wrote it.
 * @throws {FormatError} `bad-syntax` or `unsupported` for what is no Rego, with line and column.
 */
export function outlinePolicy(bytes: Uint8Array): PolicyOutline {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const module = parseModule(text, "policy.rego");
  const packageName = module.path.join(".");
  const rules = packageName === "policy" ? module.rules : [];
  const constants = new Map<string, JsonValue>();
  const delegated = new Set<string>();
  const own = new Map<string, number[]>();
  const lines = text.split("\n");
  const starts = rules.map(({ at }) => at.line).sort((a, b) => a - b);
  const textFrom = (line: number): string => {
    const next = starts.find((start) => start > line) ?? lines.length + 1;
    return lines
      .slice(line - 1, next - 1)
      .join("\n")
      .trim();
  };
  for (const rule of rules) {
    const meaning = meaningOf(rule);
    if (meaning?.kind === "constant") constants.set(rule.name, meaning.value);
    else if (meaning !== undefined) delegated.add(rule.name);
    else own.set(rule.name, [...(own.get(rule.name) ?? []), rule.at.line]);
  }
  const apiVersion = textOf(constants.get("api_version") ?? constants.get("api_svn"));
  const frameworkVersion = textOf(constants.get("framework_version") ?? constants.get("framework_svn"));
  const read = new Map(
    lists.map(([name, kind]) => [name, readList(kind, constants.get(name), frameworkVersion ?? null)]),
  );
  const listOf = <Item>(name: string): readonly Item[] =>
    (read.get(name) ?? []) as unknown as readonly Item[];
  return {
    packageName,
    apiVersion,
    frameworkVersion,
    containers: listOf("containers"),
    fragments: listOf("fragments"),
    externalProcesses: listOf("external_processes"),
    unreadLists: lists.map(([name]) => name).filter((name) => own.has(name) || read.get(name) === undefined),
    flags: new Map(
      Array.from(constants)
        .filter(([name]) => name.startsWith("allow_"))
        .map(([name, value]) => [name, value !== false]),
    ),
    points: new Map(
      Array.from(policyPoints.keys(), (name) => [
        name,
        answerAt(name, apiVersion, constants, delegated, own),
      ]),
    ),
    ownRules: Array.from(own, ([name, at]) => ({ name, lines: at, text: at.map(textFrom).join("\n") })),
    unusedLayers: unusedLayers(constants.get("containers"), listOf<ListedContainer>("containers")),
  };
}

function answerAt(
  name: string,
  apiVersion: string | undefined,
  constants: ReadonlyMap<string, JsonValue>,
  delegated: ReadonlySet<string>,
  own: ReadonlyMap<string, unknown>,
): PointAnswer {
  const constant = constants.get(name);
  if (constant !== undefined) return { kind: "constant", value: constant };
  if (delegated.has(name)) return { kind: "framework" };
  if (own.has(name)) return { kind: "own" };
  const point = policyPoints.get(name);
  const order = compareVersions(apiVersion ?? "", point?.since ?? "");
  if (order === undefined || order >= 0) return { kind: "missing" };
  if (point?.useFramework) return { kind: "framework" };
  return { kind: "default", allowed: point?.defaults["allowed"] === true };
}

/** A list with the names that tools write beside what is looked at; undefined where it is not in their form. */
function readList(
  kind: ListedKind,
  value: JsonValue | undefined,
  version: string | null,
): readonly JsonValue[] | undefined {
  const complete = listed(kind, value, version);
  if (kind !== "container" || complete === undefined || !Array.isArray(value)) return complete;
  return complete.map((container, index) => ({
    ...(container as JsonObject),
    ...namesOf((value as readonly JsonValue[])[index]),
  }));
}

/** Any layer that is listed may be mounted, whatever becomes of its container. */
function unusedLayers(
  value: JsonValue | undefined,
  containers: readonly ListedContainer[],
): readonly string[] {
  const used = new Set(containers.flatMap(({ layers }) => layers));
  const all = (Array.isArray(value) ? (value as readonly JsonValue[]) : []).flatMap((container) => {
    const layers = isObject(container) ? container["layers"] : undefined;
    return Array.isArray(layers) ? (layers as readonly JsonValue[]) : [];
  });
  return Array.from(new Set(all)).filter(
    (layer): layer is string => typeof layer === "string" && !used.has(layer),
  );
}

function namesOf(given: JsonValue | undefined): JsonObject {
  if (!isObject(given)) return {};
  const names = ["id", "name"].map((name) => [name, given[name]] as const);
  return Object.fromEntries(names.filter(([, value]) => typeof value === "string")) as JsonObject;
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
