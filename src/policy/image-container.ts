/** The container that a policy lists for an image, as `az confcom acipolicygen` has it. */
import { UsageError } from "../errors.ts";
import { anyIdentity, debugProcesses, platformEnvironmentRules, resolverMount } from "./confcom-additions.ts";
import { defaultPrivilegedCapabilities, defaultUnprivilegedCapabilities } from "./default-capabilities.ts";
import type { PolicyMount } from "./default-mounts.ts";
import type { Capabilities, EnvironmentRule, IdentityPattern, ListedContainer } from "./listed-container.ts";
import { signalNumber } from "./signals.ts";

/** An image as plain data: what its author says should run, and the root hashes of its layers. */
export interface PolicyImage {
  /** What it is called; the container's id and name. */
  readonly name: string;
  /** Root hashes in hex, base first. */
  readonly layers: readonly string[];
  /** Of the image's configuration, by the names that it has there. */
  readonly configuration: ImageProcess;
}

/** What an image's configuration says of its process. */
export interface ImageProcess {
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly entrypoint?: readonly string[] | undefined;
  readonly command?: readonly string[] | undefined;
  /** `user`, `uid`, `user:group`, `uid:gid`; absent or empty for whatever user the host asks for. */
  readonly user?: string | undefined;
  readonly workingDir?: string | undefined;
  /** A name, `SIGTERM`, or a number. */
  readonly stopSignal?: string | undefined;
}

/** What is allowed besides that which the image says. */
export interface ContainerOptions {
  /** Neither the variables nor the mount that the platform gives every container. */
  readonly bare?: boolean;
  /** In place of the image's. */
  readonly command?: readonly string[];
  /** Before the image's, which they replace where they have the same name. */
  readonly environmentRules?: readonly EnvironmentRule[];
  readonly mounts?: readonly PolicyMount[];
  /** In place of the image's stop signal. */
  readonly signals?: readonly number[];
  /** Processes that may be started in the container, and signals that they may get. */
  readonly processes?: ListedContainer["exec_processes"];
  /** `/bin/sh` and `/bin/bash` may be started in the container. */
  readonly debugMode?: boolean;
  /** Whether the host may connect standard streams; true unless given. */
  readonly stdio?: boolean;
  /** Whether the host may make the container privileged. */
  readonly elevated?: boolean;
  readonly noNewPrivileges?: boolean;
  /** No id and no name of the image. */
  readonly omitId?: boolean;
}

/**
 * The container for an image.
 *
 * @throws {UsageError} `invalid-argument` where a layer is no root hash, neither the image nor the options have a
 *   command, or the image's stop signal is none.
 */
export function containerOfImage(image: PolicyImage, options: ContainerOptions = {}): ListedContainer {
  const { name, layers, configuration } = image;
  const odd = layers.find((layer) => !/^[0-9a-f]{64}$/.test(layer));
  if (odd !== undefined) throw refused(`${name}: ${odd} is no root hash in 64 small hex digits`);
  const { bare = false, elevated = false, debugMode = false, processes = [] } = options;
  return {
    ...(options.omitId ? {} : { id: name, name }),
    command: commandOf(image, options),
    env_rules: environmentOf(configuration.env, options),
    layers,
    mounts: mountsOf(options.mounts ?? [], bare),
    exec_processes: debugMode ? [...processes, ...debugProcesses] : processes,
    signals: options.signals ?? stopSignals(image),
    user: userOf(configuration.user ?? ""),
    capabilities: capabilitiesOf(elevated),
    seccomp_profile_sha256: "",
    allow_elevated: elevated,
    working_dir: configuration.workingDir || "/",
    allow_stdio_access: options.stdio ?? true,
    no_new_privileges: options.noNewPrivileges ?? false,
  };
}

function commandOf({ name, configuration }: PolicyImage, options: ContainerOptions): readonly string[] {
  const { entrypoint = [], command = [] } = configuration;
  const words = options.command ?? [...entrypoint, ...command];
  if (words.length > 0) return words;
  throw refused(`${name}: the image says nothing of a command; say what it runs`);
}

function environmentOf(
  env: readonly string[],
  { environmentRules = [], bare = false }: ContainerOptions,
): readonly EnvironmentRule[] {
  const given = new Set(environmentRules.map(ruleName));
  const own = env
    .filter((variable) => !given.has(textName(variable)))
    .map((pattern): EnvironmentRule => ({ pattern, strategy: "string", required: false }));
  const rules = [...environmentRules, ...own];
  if (bare) return rules;
  const names = new Set(rules.map(ruleName));
  return [...rules, ...platformEnvironmentRules.filter((rule) => !names.has(ruleName(rule)))];
}

function ruleName(rule: EnvironmentRule): string {
  return "pattern" in rule ? textName(rule.pattern) : rule.name;
}

function textName(text: string): string {
  return text.split("=", 1)[0] ?? "";
}

function mountsOf(mounts: readonly PolicyMount[], bare: boolean): readonly PolicyMount[] {
  const hasOwn = mounts.some(({ destination }) => destination === resolverMount.destination);
  return bare || hasOwn ? mounts : [...mounts, resolverMount];
}

function stopSignals({ name, configuration: { stopSignal = "" } }: PolicyImage): readonly number[] {
  if (stopSignal === "") return [];
  const signal = signalNumber(stopSignal);
  if (signal === undefined) throw refused(`${name}: the stop signal ${stopSignal} is none that Linux has`);
  return [signal];
}

/** What an image leaves open is left to the host, as to any tool that starts containers. */
function userOf(text: string): ListedContainer["user"] {
  const [user = "", group = ""] = text.split(/:(.*)/s);
  return { user_idname: identityOf(user), group_idnames: [identityOf(group)], umask: "0022" };
}

function identityOf(text: string): IdentityPattern {
  if (text === "") return anyIdentity;
  return { pattern: text, strategy: /^[0-9]+$/.test(text) ? "id" : "name" };
}

function capabilitiesOf(elevated: boolean): Capabilities {
  const all = [...(elevated ? defaultPrivilegedCapabilities : defaultUnprivilegedCapabilities)].sort();
  return { bounding: all, effective: all, inheritable: elevated ? all : [], permitted: all, ambient: [] };
}

function refused(why: string): UsageError {
  return new UsageError("invalid-argument", why);
}
