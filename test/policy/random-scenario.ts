/** Policies and requests by a seed: of few words, so that they often fit each other, and now and then of a wrong shape. */
import { SeededRandom } from "../../src/testing/index.ts";
import type { Operation } from "./traces.ts";

/** A policy's text and what is asked of it. */
export interface RandomScenario {
  readonly policy: string;
  readonly operations: readonly Operation[];
}

/** Members of a container that requests name again. */
interface ListedContainer {
  readonly [name: string]: unknown;
}

/** Makes choices. */
class Choices {
  readonly #random: SeededRandom;
  /** What texts made so far list, for requests that fit. */
  readonly listed: ListedContainer[] = [];

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  below(count: number): number {
    return this.#random.below(count);
  }

  /** True once in so many times. */
  rarely(count: number): boolean {
    return this.below(count) === 0;
  }

  one<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  some<Item>(items: readonly Item[], most = items.length): Item[] {
    return Array.from({ length: this.below(most + 1) }, () => this.one(items));
  }
}

const points = [
  "mount_device",
  "rw_mount_device",
  "mount_blockdev",
  "unmount_device",
  "rw_unmount_device",
  "unmount_blockdev",
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
  "host_network",
];

const layers = ["aa", "bb", "cc"];
const commands = [["/a"], ["/a", "-b"], ["/c"], []];
const variables = ["A=1", "A=2", "B=1", "C", "D=x=y"];
const capabilities = ["CAP_A", "CAP_B", "CAP_CHOWN"];
const ids = ["c1", "c1", "c1", "c1", "c2", "__proto__"];
const targets = ["/run/mounts/scsi/m0", "/run/mounts/scsi/m1", "/run/mounts/scsi/m2", "/other"];
const containerPaths = ["c1", "c2"].map((id) => `/run/gcs/c/${id}/mounts/m1`);
const issuers = ["did:one", "__proto__"];
const feeds = ["feed", "constructor"];
const versions = [
  "0.5.0",
  "0.5.0",
  "0.5.0",
  "0.5.0",
  "0.5.0",
  "0.5.0",
  "0.4.1",
  "0.4.0",
  "0.2.2",
  "0.2.1",
  "0.2.0",
  "0.1.0",
  "0.6.0",
];
const booleans = [true, false];

function envRule(choose: Choices): object {
  const required = choose.rarely(4) ? { required: true } : choose.rarely(2) ? { required: false } : {};
  if (choose.rarely(3)) {
    return {
      name: choose.one(["A", "[AB]", "D", "("]),
      name_strategy: choose.one(["string", "re2"]),
      value: choose.one(["1", ".*", "x=y"]),
      value_strategy: choose.one(["string", "re2", "other"]),
      ...required,
    };
  }
  const pattern = choose.one([...variables, "A=.", ".*", "A=1|B", "(?=x)"]);
  return { pattern, strategy: choose.one(["string", "re2"]), ...required };
}

function identity(choose: Choices): object {
  return {
    pattern: choose.one(["0", "root", "r.*", ""]),
    strategy: choose.one(["any", "any", "id", "name", "re2"]),
  };
}

function mount(choose: Choices, isAsked: boolean): object {
  const source = isAsked
    ? choose.one(["/run/gcs/c/s/sandboxMounts/x", "/run/gcs/c/s/hugepages/2M", ...containerPaths, "/h"])
    : choose.one(["sandbox:///x", "sandbox://.+", "hugepages:///2M", "plan9://", "/h"]);
  const options = choose.one([["rw"], ["ro", "rw"], ["rw", "ro"], ["ro"], []]);
  const sysfs = {
    type: "sysfs",
    source: "sysfs",
    destination: "/sys",
    options: ["rw", "nosuid", "noexec", "nodev"],
  };
  if (choose.rarely(4)) return sysfs;
  return { type: "bind", source, destination: choose.one(["/d", "/d", ""]), options };
}

function capabilityLists(choose: Choices): object {
  const kinds = ["bounding", "effective", "inheritable", "permitted", "ambient"];
  if (choose.rarely(2)) {
    return Object.fromEntries(kinds.map((kind, i) => [kind, i === 0 ? ["CAP_A"] : []]));
  }
  return Object.fromEntries(kinds.map((kind) => [kind, choose.some(capabilities, 2)]));
}

function process(choose: Choices): object {
  return { command: choose.one(commands), signals: choose.some([9, 15, 2]) };
}

function container(choose: Choices): object {
  const whole: { [name: string]: unknown } = {
    command: choose.rarely(3) ? choose.one(commands) : ["/a"],
    env_rules: [
      { pattern: ".*", strategy: choose.one(["re2", "string"]) },
      ...choose.some([0, 1]).map(() => envRule(choose)),
    ],
    layers: choose.rarely(8) ? choose.some(layers, 2) : ["aa", "bb"],
    mounts: choose.rarely(2) ? [mount(choose, false)] : [],
    exec_processes: choose.some([0, 1]).map(() => process(choose)),
    signals: choose.some([9, 15]),
    user: {
      umask: choose.rarely(6) ? "0077" : "0022",
      user_idname: identity(choose),
      group_idnames: [identity(choose)],
    },
    capabilities: choose.rarely(3) ? null : capabilityLists(choose),
    seccomp_profile_sha256: choose.rarely(8) ? "ff" : "",
    allow_elevated: choose.one(booleans),
    working_dir: choose.one(["/", "/", "/w"]),
    allow_stdio_access: choose.one(booleans),
    no_new_privileges: choose.rarely(4),
    id: "ignored",
  };
  choose.listed.push({ ...whole });
  if (choose.rarely(40)) delete whole[choose.one(Object.keys(whole))];
  if (choose.rarely(60)) whole[choose.one(Object.keys(whole))] = choose.one([null, 7, "text", {}, []]);
  return whole;
}

function variation(choose: Choices): object {
  return choose.one([
    { env_rules: [envRule(choose), envRule(choose)] },
    { capabilities: capabilityLists(choose) },
    { allow_stdio_access: choose.one(booleans) },
    { exec_processes: [process(choose), process(choose)] },
    { no_new_privileges: true },
  ]);
}

function external(choose: Choices): object {
  return {
    command: choose.one(commands.slice(0, 2)),
    env_rules: choose.some([0, 1]).map(() => envRule(choose)),
    working_dir: choose.one(["/", "/w"]),
    allow_stdio_access: choose.one(booleans),
  };
}

const kinds = [
  "containers",
  "fragments",
  "external_processes",
  "platform_rules",
  "transparency_trust_lists",
  "namespace",
];

function listedFragment(choose: Choices): object {
  return {
    issuer: choose.one(issuers),
    feed: choose.one(feeds),
    minimum_svn: choose.one(["1", "2", 1, "1.0.0"]),
    includes: choose.rarely(3) ? choose.some(kinds) : ["containers", "fragments", "external_processes"],
    ...(choose.rarely(3) && { parameters: { p: choose.one(["/a", "/c"]) } }),
    ...(choose.rarely(8) && { required_receipts: ["r1"] }),
  };
}

function listsOf(choose: Choices): { [name: string]: unknown } {
  const many = (make: (choose: Choices) => object, most: number): object[] =>
    Array.from({ length: choose.below(most + 1) }, () => make(choose));
  const containers = many(container, 3);
  return {
    // Two that are nearly the same are what narrowing is for.
    containers: [
      ...containers,
      ...containers.map((each) => (choose.rarely(2) ? each : { ...each, ...variation(choose) })),
    ],
    ...(choose.rarely(2) && { external_processes: many(external, 3) }),
    ...(choose.rarely(2) && { fragments: many(listedFragment, 2) }),
    ...(choose.rarely(6) && {
      platform_rules: many(
        () => ({ env_rules: [envRule(choose)], ...(choose.rarely(2) && { mounts: [mount(choose, false)] }) }),
        2,
      ),
    }),
  };
}

function rulesText(constants: { readonly [name: string]: unknown }): string {
  return Object.entries(constants)
    .map(([name, value]) => `${name} := ${JSON.stringify(value)}`)
    .join("\n");
}

/** As hcsshim's tool writes it, and as `az confcom` does. */
const reasons = ["reason := data.framework.reason", 'reason := {"errors": data.framework.errors}'];

function policy(choose: Choices): string {
  const flags = [
    "allow_properties_access",
    "allow_dump_stacks",
    "allow_runtime_logging",
    "allow_environment_variable_dropping",
    "allow_unencrypted_scratch",
    "allow_capability_dropping",
    "allow_host_network",
  ].filter(() => !choose.rarely(5));
  const constants = {
    ...(!choose.rarely(25) && { api_version: choose.one(["0.12.0", "0.12.0", "0.12.0", "0.10.0", "0.1.0"]) }),
    ...(!choose.rarely(25) && { framework_version: choose.one(versions) }),
    ...listsOf(choose),
    ...Object.fromEntries(flags.map((flag) => [flag, choose.one(booleans)])),
  };
  const delegated = points.filter(() => !choose.rarely(80));
  const rules = delegated.map((point) => `${point} := data.framework.${point}`);
  if (!choose.rarely(20)) rules.push(choose.one(reasons));
  return `package policy\n\n${rulesText(constants)}\n${rules.join("\n")}\n`;
}

function fragmentText(choose: Choices): string {
  const constants = {
    ...(!choose.rarely(4) && { svn: choose.one(["1", "2", 1, "1.0.0", "0"]) }),
    ...(!choose.rarely(8) && { framework_version: choose.one(versions) }),
    ...listsOf(choose),
  };
  const own = choose.rarely(6) ? '\nparameters := {"p": {"default": "/a"}}\nx := parameter("p")\n' : "";
  return `package ${choose.one(["f1", "f2", "f1", "policy"])}\n${rulesText(constants)}\n${own}`;
}

/** A request for something listed, but for one or two things. */
function processRequest(choose: Choices): object {
  const container = choose.listed.length === 0 || choose.rarely(6) ? {} : choose.one(choose.listed);
  const { command, working_dir: workingDir, user, capabilities, exec_processes: processes } = container;
  const umask = (user as { readonly umask?: unknown } | undefined)?.umask;
  const [first] = Array.isArray(processes) ? (processes as { readonly command: unknown }[]) : [];
  const fitting = {
    argList: choose.rarely(3) ? first?.command : command,
    workingDir,
    umask,
    capabilities: capabilities ?? undefined,
    noNewPrivileges: true,
  };
  const kept = Object.entries(fitting).filter(([, value]) => value !== undefined && !choose.rarely(12));
  return { ...randomProcess(choose), ...Object.fromEntries(kept) };
}

/** What a container without listed capabilities has. */
const usual =
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"
    .split(" ")
    .map((name) => `CAP_${name}`);

function usualCapabilities(): object {
  return { bounding: usual, effective: usual, inheritable: [], permitted: usual, ambient: [] };
}

function randomProcess(choose: Choices): object {
  return {
    containerID: choose.one(ids),
    argList: choose.one(commands),
    envList: choose.rarely(2) ? [] : choose.some(variables, 3),
    workingDir: choose.one(["/", "/", "/", "/w"]),
    noNewPrivileges: choose.one(booleans),
    user: { id: "0", name: choose.one(["root", "other"]) },
    groups: choose.rarely(3) ? [{ id: "0", name: "root" }] : [],
    umask: choose.one(["0022", "0022", "0022", "0077"]),
    capabilities: choose.rarely(2) ? usualCapabilities() : capabilityLists(choose),
  };
}

/** Where the first requests mounted the layers of something listed, or anywhere. */
function layerPaths(choose: Choices): readonly string[] {
  const listed =
    choose.listed.length === 0 || choose.rarely(5) ? undefined : choose.one(choose.listed)["layers"];
  if (!Array.isArray(listed)) return choose.some(targets.slice(0, 3), 2);
  return listed.map((layer) => targets[layers.indexOf(layer)] ?? "/other").reverse();
}

const makers: { readonly [op: string]: (choose: Choices) => object } = {
  mount_device: (choose) => ({ target: choose.one(targets), deviceHash: choose.one([...layers, "dd"]) }),
  mount_overlay: (choose) => ({
    containerID: choose.one(ids),
    layerPaths: choose.rarely(12) ? null : layerPaths(choose),
    target: choose.one(["/o1", "/o2", "/o3"]),
  }),
  create_container: (choose) => ({
    ...processRequest(choose),
    sandboxID: "s",
    isSandboxContainer: choose.one(booleans),
    privileged: choose.rarely(5),
    mounts: choose.rarely(5) ? [mount(choose, true)] : [],
    devices: choose.rarely(20) ? [{}] : [],
    seccompProfileSHA256: choose.rarely(10) ? "ff" : "",
  }),
  exec_in_container: processRequest,
  exec_external: processRequest,
  signal_container_process: (choose) => ({
    ...processRequest(choose),
    signal: choose.one([9, 15, 2]),
    isInitProcess: choose.one(booleans),
  }),
  shutdown_container: (choose) => ({ containerID: choose.one(ids) }),
  rw_mount_device: (choose) => ({
    target: choose.one([...targets, `/run/gcs/c/${"0".repeat(64)}`]),
    encrypted: choose.one(booleans),
    ensureFilesystem: !choose.rarely(4),
    filesystem: choose.one(["ext4", "xfs", "vfat"]),
  }),
  scratch_mount: (choose) => ({ target: choose.one(targets), encrypted: choose.one(booleans) }),
  unmount_device: (choose) => ({ unmountTarget: choose.one(targets) }),
  rw_unmount_device: (choose) => ({ unmountTarget: choose.one(targets) }),
  scratch_unmount: (choose) => ({ unmountTarget: choose.one(targets) }),
  unmount_overlay: (choose) => ({ unmountTarget: choose.one(["/o1", "/o2"]) }),
  plan9_mount: (choose) => ({ target: choose.one(containerPaths) }),
  plan9_unmount: (choose) => ({ unmountTarget: choose.one(containerPaths) }),
  mount_blockdev: () => ({ target: "/b" }),
  get_properties: () => ({}),
  dump_stacks: () => ({}),
  host_network: () => ({}),
  load_fragment: (choose) => ({
    issuer: choose.one(issuers),
    feed: choose.one(feeds),
    fragment: { raw_rego: fragmentText(choose) },
    ...(choose.rarely(3) && { header_svn: choose.one([1, 2, "1", "1.0.0"]) }),
  }),
};

const often = ["mount_overlay", "create_container", "create_container", "load_fragment"];

/** The scenario of a seed, of so many operations. */
export function randomScenario(seed: number, length: number): RandomScenario {
  const choose = new Choices(seed);
  const text = policy(choose);
  const operations = Array.from({ length }, (_, i) => {
    if (i < 3) return { op: "mount_device", target: targets[i], deviceHash: layers[i] };
    if (i < 5) {
      const containerID = `c${i - 2}`;
      return { op: "mount_overlay", containerID, layerPaths: layerPaths(choose), target: `/o${i}` };
    }
    const op = choose.one([...often, ...often, ...Object.keys(makers)]);
    return { op, ...makers[op]?.(choose) } as Operation;
  });
  return { policy: text, operations };
}
