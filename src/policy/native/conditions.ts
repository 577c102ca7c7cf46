/**
 * What a request must be for one thing that is listed: condition by condition, in the order in which they are
 * asked. A denial is explained by the same conditions that denied.
 */
import { sameMembers } from "./capabilities.ts";
import type { Deciding } from "./deciding.ts";
import type { Patterns } from "./patterns.ts";
import type { Container, IdentityPattern, Mount } from "./shapes.ts";

/** One condition on something listed. */
export interface Condition<Item> {
  /** What of a request it looks at, in the words of `docs/policy.md`. */
  readonly aspect: string;
  readonly holds: (item: Item) => boolean;
  /** What the item lists, in words. */
  readonly expected: (item: Item) => string;
  /** What was asked, in words. */
  readonly seen: string;
}

/** A user or group as a request has it. */
export interface Identity {
  readonly id: string;
  readonly name: string;
}

/** Members of the input of a process. */
export interface ProcessInput {
  readonly containerID: string;
  readonly argList: readonly string[] | null;
  readonly envList: readonly string[];
  readonly workingDir: string;
  readonly noNewPrivileges: boolean;
  readonly user: Identity;
  readonly groups: readonly Identity[];
  readonly umask: string;
}

/** Members of the input of a container, besides those of its process. */
export interface ContainerInput extends ProcessInput {
  readonly sandboxDir: string;
  readonly hugePagesDir: string;
  readonly mounts: readonly Mount[];
  readonly devices: readonly unknown[];
  readonly privileged: boolean;
  readonly seccompProfileSHA256: string;
  readonly isSandboxContainer: boolean;
}

/** Whether a command is the one asked for, word by word. */
export function isCommand(command: readonly string[], argList: readonly string[] | null): boolean {
  return argList?.length === command.length && argList.every((word, i) => word === command[i]);
}

/** The command of the process itself. */
export function commandCondition({ argList }: Pick<ProcessInput, "argList">): Condition<{
  readonly command: readonly string[];
}> {
  return {
    aspect: "command",
    holds: ({ command }) => isCommand(command, argList),
    expected: ({ command }) => JSON.stringify(command),
    seen: JSON.stringify(argList),
  };
}

/** Where the process starts. */
export function workingDirectoryCondition({ workingDir }: Pick<ProcessInput, "workingDir">): Condition<{
  readonly working_dir: string;
}> {
  return {
    aspect: "working directory",
    holds: ({ working_dir }) => working_dir === workingDir,
    expected: ({ working_dir }) => working_dir,
    seen: workingDir,
  };
}

/** Whether the process may gain privileges. */
export function noNewPrivilegesCondition({ noNewPrivileges }: ProcessInput): Condition<Container> {
  return {
    aspect: "noNewPrivileges",
    holds: ({ no_new_privileges }) => !no_new_privileges || noNewPrivileges,
    expected: ({ no_new_privileges }) => (no_new_privileges ? "true" : "true or false"),
    seen: String(noNewPrivileges),
  };
}

/** Who the process is, and its mask of modes. */
export function userCondition(
  { user, groups, umask }: ProcessInput,
  patterns: Patterns,
): Condition<Container> {
  const is = (identity: Identity, listed: IdentityPattern): boolean => isIdentity(identity, listed, patterns);
  return {
    aspect: "user",
    holds: ({ user: listed }) =>
      listed.umask === umask &&
      is(user, listed.user_idname) &&
      groups.every((group) => listed.group_idnames.some((pattern) => is(group, pattern))),
    expected: ({ user: listed }) =>
      `umask ${listed.umask}, user ${patternText(listed.user_idname)}, groups ${listed.group_idnames.map(patternText).join(" or ")}`,
    seen: `umask ${umask}, user ${identityText(user)}, groups ${groups.map(identityText).join(", ")}`,
  };
}

function isIdentity(
  { id, name }: Identity,
  { pattern, strategy }: IdentityPattern,
  patterns: Patterns,
): boolean {
  if (strategy === "any") return true;
  if (strategy === "id") return pattern === id;
  if (strategy === "name") return pattern === name;
  return strategy === "re2" && patterns.matchesWhole(pattern, name);
}

function patternText({ pattern, strategy }: IdentityPattern): string {
  return strategy === "any" ? "any" : `${strategy} ${pattern}`;
}

function identityText({ id, name }: Identity): string {
  return `${id} (${name})`;
}

/** Whether the container is privileged. */
export function privilegedCondition({ privileged }: ContainerInput): Condition<Container> {
  return {
    aspect: "privileged",
    holds: ({ allow_elevated }) => !privileged || allow_elevated,
    expected: ({ allow_elevated }) => (allow_elevated ? "true or false" : "false"),
    seen: String(privileged),
  };
}

/** The profile of system calls. */
export function seccompCondition({ seccompProfileSHA256 }: ContainerInput): Condition<Container> {
  return {
    aspect: "seccomp profile",
    holds: ({ seccomp_profile_sha256 }) => seccomp_profile_sha256 === seccompProfileSHA256,
    expected: ({ seccomp_profile_sha256 }) => seccomp_profile_sha256 || "none",
    seen: seccompProfileSHA256 || "none",
  };
}

/** Device nodes, which no policy lists. */
export function devicesCondition({ devices }: ContainerInput): Condition<unknown> {
  return {
    aspect: "devices",
    holds: () => devices.length === 0,
    expected: () => "none",
    seen: `${devices.length}`,
  };
}

/** All that is mounted into the container. */
export function mountsCondition(input: ContainerInput, deciding: Deciding): Condition<Container> {
  return {
    aspect: "mounts",
    holds: (container) => input.mounts.every((mount) => isMountListed(mount, container, input, deciding)),
    expected: ({ mounts }) => mounts.map(mountText).join(", ") || "none besides those of every container",
    seen: input.mounts.map(mountText).join(", ") || "none",
  };
}

function mountText({ type, source, destination, options }: Mount): string {
  return `${type} ${source} at ${destination} (${options.join(",")})`;
}

/** Whether a container may have a mount: its own, one that every container or every privileged one may have. */
export function isMountListed(
  mount: Mount,
  container: Pick<Container, "mounts" | "allow_elevated">,
  input: ContainerInput,
  deciding: Deciding,
): boolean {
  const { defaultMounts, privilegedMounts } = deciding.world;
  const fits = (listed: Mount): boolean => isMount(mount, listed, input, deciding);
  return (
    container.mounts.some(fits) ||
    defaultMounts.some(fits) ||
    (container.allow_elevated && privilegedMounts.some(fits)) ||
    (input.isSandboxContainer && isWritableSysfs(mount))
  );
}

const writableSysfsOptions: readonly string[] = ["nosuid", "noexec", "nodev", "rw"];

/** The pause container of a privileged pod has it without being privileged itself. */
function isWritableSysfs({ type, source, destination, options }: Mount): boolean {
  return (
    type === "sysfs" &&
    source === "sysfs" &&
    destination === "/sys" &&
    sameMembers(options, writableSysfsOptions)
  );
}

function isMount(mount: Mount, listed: Mount, input: ContainerInput, deciding: Deciding): boolean {
  return (
    mount.type === listed.type &&
    mount.destination !== "" &&
    mount.destination === listed.destination &&
    sameMembers(mount.options, listed.options) &&
    isSource(mount.source, listed.source, input, deciding)
  );
}

function isSource(source: string, listed: string, input: ContainerInput, deciding: Deciding): boolean {
  const { patterns, world } = deciding;
  const within = (prefix: string, folder: string): boolean =>
    listed.startsWith(prefix) &&
    patterns.matchesWhole(
      listed.replaceAll(prefix, () => folder),
      source,
    );
  return (
    source === listed ||
    within("sandbox://", input.sandboxDir) ||
    within("hugepages://", input.hugePagesDir) ||
    (listed.startsWith("plan9://") && world.metadata.get("p9mounts", source) === input.containerID)
  );
}
