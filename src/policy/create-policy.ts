/** A policy from images, in the form that `az confcom acipolicygen` writes (`data/customer_rego_policy.txt` there). */
import type { JsonObject, JsonValue } from "../rego/index.ts";
import { infrastructureFragment, pauseContainer } from "./confcom-additions.ts";
import { type ContainerOptions, containerOfImage, type PolicyImage } from "./image-container.ts";
import type { ListedContainer } from "./listed-container.ts";
import type { ListedFragment } from "./native/shapes.ts";

/** What is allowed besides that which the images say; of every image's container alike. */
export interface PolicyOptions extends ContainerOptions {
  /** Containers besides those of the images, as they are to stand in the policy. */
  readonly containers?: readonly ListedContainer[];
  /** Neither the pause container nor the platform's fragment, nor what the platform gives every container. */
  readonly bare?: boolean;
  /** No fragment of the platform's containers, also where not `bare`. */
  readonly excludeDefaultFragments?: boolean;
  /** The least svn of the platform's fragment; `"4"` unless given. */
  readonly infrastructureSvn?: string;
  readonly fragments?: readonly ListedFragment[];
  /** Whether scratch space may be mounted that is not encrypted. */
  readonly unencryptedScratch?: boolean;
  /** Whether writable disks may be unmounted, as no policy of `az confcom` lets them be. */
  readonly writableUnmount?: boolean;
}

/** What a policy says, as data. */
export interface PolicyContent {
  readonly containers: readonly ListedContainer[];
  readonly fragments: readonly ListedFragment[];
  /** Those that are left to the framework. */
  readonly points: readonly string[];
  readonly allow_properties_access: boolean;
  readonly allow_dump_stacks: boolean;
  readonly allow_runtime_logging: boolean;
  readonly allow_environment_variable_dropping: boolean;
  readonly allow_unencrypted_scratch: boolean;
  readonly allow_capability_dropping: boolean;
}

/** How a policy's text is laid out: containers on one line, as `az confcom` measures them, or over many for reading. */
export type PolicyLayout = "compact" | "indented";

/** The interface and the framework that the form is for. */
const apiVersion = "0.11.0";
const frameworkVersion = "0.2.3";

/** Points that are left to the framework; `rw_unmount_device`, which the version knows too, is not among them. */
const delegated: readonly string[] = [
  "mount_device",
  "unmount_device",
  "mount_overlay",
  "unmount_overlay",
  "create_container",
  "exec_in_container",
  "exec_external",
  "shutdown_container",
  "signal_container_process",
  "plan9_mount",
  "plan9_unmount",
  "get_properties",
  "dump_stacks",
  "runtime_logging",
  "load_fragment",
  "scratch_mount",
  "scratch_unmount",
  "rw_mount_device",
];

/**
 * What a policy for images says.
 *
 * @throws {UsageError} as `containerOfImage`.
 */
export function policyContent(images: readonly PolicyImage[], options: PolicyOptions = {}): PolicyContent {
  const { bare = false, debugMode = false, fragments = [] } = options;
  const own = [...images.map((image) => containerOfImage(image, options)), ...(options.containers ?? [])];
  const pause = { ...pauseContainer, allow_stdio_access: options.stdio ?? true };
  const withDefaults = !bare && !options.excludeDefaultFragments;
  return {
    containers: bare ? own : [...own, pause],
    fragments: withDefaults
      ? [...fragments, infrastructureFragment(options.infrastructureSvn ?? "4")]
      : fragments,
    points: options.writableUnmount ? [...delegated, "rw_unmount_device"] : delegated,
    allow_properties_access: true,
    allow_dump_stacks: debugMode,
    allow_runtime_logging: debugMode,
    allow_environment_variable_dropping: true,
    allow_unencrypted_scratch: options.unencryptedScratch ?? false,
    allow_capability_dropping: true,
  };
}

/** The text of a policy; what is measured is its UTF-8, which is ASCII. */
export function policyText(content: PolicyContent, layout: PolicyLayout = "compact"): string {
  const { containers, fragments, points, ...flags } = content;
  return [
    "package policy",
    "",
    "import future.keywords.every",
    "import future.keywords.in",
    "",
    `api_version := "${apiVersion}"`,
    `framework_version := "${frameworkVersion}"`,
    "",
    `fragments := ${sortedJson(fragments, "indented")}`,
    "",
    `containers := ${sortedJson(containers, layout)}`,
    "",
    ...Object.entries(flags).map(([name, value]) => `${name} := ${value}`),
    "",
    ...points.map((point) => `${point} := data.framework.${point}`),
    "",
    'reason := {"errors": data.framework.errors}',
  ].join("\n");
}

/**
 * The text of a policy for images.
 *
 * @param images plain data; see `PolicyImage`.
 * @throws {UsageError} as `containerOfImage`.
 */
export function createPolicy(
  images: readonly PolicyImage[],
  options: PolicyOptions = {},
  layout: PolicyLayout = "compact",
): string {
  return policyText(policyContent(images, options), layout);
}

/** JSON with keys in order and in ASCII alone, as Python writes it, so that the same policy is the same text. */
function sortedJson(value: unknown, layout: PolicyLayout): string {
  const text = JSON.stringify(sorted(value as JsonValue), null, layout === "compact" ? 0 : 2);
  return text.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const members = Object.entries(value as JsonObject).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
}
