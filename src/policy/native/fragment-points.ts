/** The framework's point that loads fragments, natively. */
import type { JsonObject, JsonValue } from "../../rego/index.ts";
import { compareVersions, isVersion } from "../../rego/semantic-version.ts";
import { policyFrameworkVersion } from "../points.ts";
import { listed } from "./candidates.ts";
import { type Deciding, denied, errorSet, type NativePoint, updating } from "./deciding.ts";
import { fragmentConstants } from "./fragment-constants.ts";
import { jsonOf } from "./narrowing.ts";
import type { ListedKind } from "./older-versions.ts";
import {
  either,
  isFlag,
  isListedFragment,
  isNull,
  isObject,
  isSvn,
  isText,
  type ListedFragment,
  listOf,
  objectOf,
  texts,
} from "./shapes.ts";

type Svn = string | number;

interface FragmentInput {
  readonly issuer: string;
  readonly feed: string;
  readonly namespace: string;
  readonly fragment_loaded: boolean;
  readonly has_header_svn: boolean;
  readonly header_svn: Svn | null;
  readonly receipts: readonly string[];
}

const isFragmentInput = objectOf({
  issuer: isText,
  feed: isText,
  namespace: isText,
  fragment_loaded: isFlag,
  has_header_svn: isFlag,
  header_svn: either(isSvn, isNull),
  receipts: texts,
});

/** A request, the entries that it is for, and the text's constants once it is loaded. */
export interface FragmentState {
  readonly input: FragmentInput;
  readonly permitted: readonly ListedFragment[];
  readonly text: ReadonlyMap<string, JsonValue> | undefined;
  readonly textSvn: Svn | undefined;
  readonly headerSvn: Svn | undefined;
  /** Of the framework, as the text states it. */
  readonly version: string | null;
}

/** What a request is about; undefined where it or the text has another shape. */
export function readFragment({ input, world, candidates }: Deciding): FragmentState | undefined {
  if (!isFragmentInput(input)) return undefined;
  const request = input as unknown as FragmentInput;
  const module = world.fragments.get(request.namespace);
  const text = request.fragment_loaded && module ? fragmentConstants(module) : undefined;
  if (request.fragment_loaded && text === undefined) return undefined;
  if (request.has_header_svn !== (request.header_svn !== null)) return undefined;
  const textSvn = text?.get("svn");
  const version = text?.get("framework_version") ?? text?.get("framework_svn") ?? null;
  if (text?.has("framework_version") && text.has("framework_svn")) return undefined;
  if (textSvn !== undefined && !isSvn(textSvn)) return undefined;
  if (version !== null && !(typeof version === "string" && isVersion(version))) return undefined;
  return {
    input: request,
    permitted: candidates.fragments.filter(
      ({ issuer, feed }) => issuer === request.issuer && feed === request.feed,
    ),
    text,
    textSvn: textSvn as Svn | undefined,
    headerSvn: request.header_svn ?? undefined,
    version: version as string | null,
  };
}

/** The number of digits or a number; undefined for a semantic version. */
function toNumber(svn: Svn | undefined): number | undefined {
  if (typeof svn === "number") return svn;
  return svn !== undefined && /^\d+$/.test(svn) ? Number(svn) : undefined;
}

function isSemantic(svn: Svn | undefined): boolean {
  return typeof svn === "string" && isVersion(svn);
}

/** Whether a number is not below a minimum of its own kind. */
export function isAtLeast(svn: Svn | undefined, minimum: Svn): boolean {
  if (typeof svn === "string" && typeof minimum === "string" && isSemantic(svn) && isSemantic(minimum)) {
    return (compareVersions(svn, minimum) ?? -1) >= 0;
  }
  const [number, least] = [toNumber(svn), toNumber(minimum)];
  return number !== undefined && least !== undefined && number >= least;
}

/** Whether header and text give different numbers. */
export function svnsDiffer({ headerSvn, textSvn }: FragmentState): boolean {
  const [header, text] = [toNumber(headerSvn), toNumber(textSvn)];
  return header !== undefined && text !== undefined && header !== text;
}

/** Whether an entry lets the fragment pass: each svn that is given, of which there is one, and the receipts. */
function lets(
  { minimum_svn: minimum, required_receipts: receipts = [] }: ListedFragment,
  request: FragmentState,
): boolean {
  const { input, headerSvn, textSvn } = request;
  const header = headerSvn === undefined || isAtLeast(headerSvn, minimum);
  const text = textSvn === undefined ? headerSvn !== undefined : isAtLeast(textSvn, minimum);
  const received = receipts.every((receipt) => input.receipts.includes(receipt));
  return header && received && (!input.fragment_loaded || text);
}

/** Sets of parameters for a fragment: those of the fragments that named it, then those of the policy. */
function parametersFor({ issuer, feed }: FragmentInput, { candidates, world }: Deciding): JsonValue {
  const nested = world.metadata.members("fragment_parameters").filter(isObject);
  return [...nested, ...(candidates.policyFragments as unknown as readonly JsonObject[])]
    .filter((given) => given["issuer"] === issuer && given["feed"] === feed)
    .flatMap(({ parameters }) => (parameters === undefined ? [] : [parameters]));
}

const includable: ReadonlyMap<string, ListedKind> = new Map<string, ListedKind>([
  ["containers", "container"],
  ["fragments", "fragment"],
  ["external_processes", "external_process"],
  ["platform_rules", "platform_rule"],
  ["transparency_trust_lists", "transparency_trust_list"],
]);

/** What an entry takes from the text; undefined for another shape. */
function included(includes: readonly string[], { text, version }: FragmentState): JsonObject | undefined {
  const parts: { [kind: string]: JsonValue } = Object.create(null);
  for (const name of includes) {
    const kind = includable.get(name);
    const list = kind && listed(kind, text?.get(name), version);
    if (kind !== undefined && list === undefined) return undefined;
    if (list !== undefined) parts[name] = list;
  }
  return parts;
}

/** All fragments of an issuer that are loaded, by feeds, with one more in front. */
function issuerWith(parts: JsonObject, { issuer, feed }: FragmentInput, { world }: Deciding): JsonObject {
  const known = world.metadata.get("issuers", issuer);
  const feeds = isObject(known) && isObject(known["feeds"]) ? known["feeds"] : {};
  const others = Object.hasOwn(feeds, feed) ? feeds[feed] : [];
  const all: { [feed: string]: JsonValue } = Object.create(null);
  for (const [name, fragments] of Object.entries(feeds)) all[name] = fragments;
  all[feed] = [parts, ...(Array.isArray(others) ? others : [])];
  return { feeds: all };
}

/** What the policy is to know of fragments that the text names; undefined for another shape. */
function nestedParameters({ text }: FragmentState): readonly JsonObject[] | undefined {
  const fragments = text?.get("fragments") ?? [];
  if (!listOf(isListedFragment)(fragments)) return undefined;
  return (fragments as unknown as readonly ListedFragment[]).flatMap(({ issuer, feed, parameters }) =>
    parameters === undefined
      ? []
      : [{ name: "fragment_parameters", type: "set", action: "add", value: { issuer, feed, parameters } }],
  );
}

function decide(deciding: Deciding): JsonObject | undefined {
  const request = readFragment(deciding);
  if (request === undefined) return undefined;
  const { input, permitted, version } = request;
  const letting = permitted.filter((fragment) => lets(fragment, request));
  const [first, ...others] = letting;
  if (!input.fragment_loaded) {
    return first ? { allowed: true, parameters: parametersFor(input, deciding) } : denied;
  }
  const order = version === null ? undefined : compareVersions(version, policyFrameworkVersion);
  if (first === undefined || order === undefined || order > 0 || svnsDiffer(request)) return denied;
  // Entries that take different parts contradict each other: Rego says how.
  const takes = ({ includes }: ListedFragment): string => JSON.stringify([...includes].sort());
  if (others.some((other) => takes(other) !== takes(first))) return undefined;
  const parts = included(first.includes, request);
  const nested = nestedParameters(request);
  if (parts === undefined || nested === undefined) return undefined;
  return {
    allowed: true,
    add_module: first.includes.includes("namespace"),
    metadata: [updating("issuers", input.issuer, issuerWith(parts, input, deciding)), ...nested],
  };
}

function errors(deciding: Deciding): readonly string[] | undefined {
  const request = readFragment(deciding);
  if (request === undefined) return undefined;
  const { input, permitted, headerSvn, textSvn, version } = request;
  const isLoaded = input.fragment_loaded;
  const svn = headerSvn ?? textSvn;
  const isPermitted = isLoaded && permitted.length > 0;
  const mixed = permitted.some(
    ({ minimum_svn: minimum }) =>
      (toNumber(svn) !== undefined && isSemantic(minimum)) ||
      (isSemantic(svn) && toNumber(minimum) !== undefined),
  );
  const isValid = permitted.some(({ minimum_svn: minimum }) => isAtLeast(svn, minimum));
  const hasIssuer = deciding.candidates.fragments.some(({ issuer }) => issuer === input.issuer);
  const order = version === null ? undefined : compareVersions(version, policyFrameworkVersion);
  const missing = permitted.flatMap(({ required_receipts: receipts = [] }) =>
    receipts.filter((receipt) => !input.receipts.includes(receipt)),
  );
  return errorSet([
    ["invalid fragment issuer", !hasIssuer],
    ["invalid fragment feed", hasIssuer && permitted.length === 0],
    ["fragment svn is below the specified minimum", isPermitted && !mixed && !isValid],
    ["fragment svn and the specified minimum are different types", isPermitted && mixed],
    [
      `svn in header ${headerSvn} does not match svn in fragment rego ${textSvn}`,
      isLoaded && svnsDiffer(request),
    ],
    ["missing fragment svn in either header or rego payload", isLoaded && svn === undefined],
    ...missing.map((receipt) => [`missing receipt from ${receipt}`, true] as const),
    [
      `fragment framework_version is missing. Current version: ${policyFrameworkVersion}`,
      isLoaded && version === null,
    ],
    [
      `fragment framework_version is ahead of the current version: ${version} is greater than ${policyFrameworkVersion}`,
      isLoaded && order !== undefined && order > 0,
    ],
  ]);
}

/** See the head of this file. */
export const loadFragment: NativePoint = {
  decide,
  errors,
  objects: ({ candidates }) => jsonOf(candidates.fragments),
};
