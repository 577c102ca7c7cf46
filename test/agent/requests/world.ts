/** What random requests are about: layers with few files, a policy that lists them, and what the host attaches. */
import { createHash } from "node:crypto";
import { toHex } from "../../../src/bytes/hex.ts";
import { buildLayer, MemoryTarget } from "../../../src/layer/index.ts";
import { scenarioText } from "../../../src/policy/scenario-text.ts";
import { TarBuilder } from "../../tar/tar-builder.ts";
import { memorySlot, type PlainDisk } from "../model/agent-model.ts";
import type { Slot } from "../model/asks.ts";
import type { PlainLayer } from "../model/plain-files.ts";
import type { PlainContainer, PlainPolicyData, PlainProgram } from "../model/plain-policy.ts";
import { folderMountOptions } from "./wire.ts";

/** A disk as the host has it at the beginning. */
export interface WorldDisk {
  readonly bytes: Uint8Array;
  readonly plain: PlainDisk;
}

/** What the host has before the first request. */
export interface HostWorld {
  readonly policyText: string;
  readonly disks: ReadonlyMap<Slot, WorldDisk>;
}

/** A world whose policy is a plain one. */
export interface World extends HostWorld {
  readonly policy: PlainPolicyData;
}

const layers = {
  base: {
    name: "base",
    files: new Map([
      ["/bin/app", "of the base"],
      ["/etc/gone", "never seen"],
      ["/etc/release", "1"],
    ]),
    removed: [],
  },
  app: {
    name: "app",
    files: new Map([
      ["/bin/app", "of the app"],
      ["/srv/data", "data"],
    ]),
    removed: ["/etc/gone"],
  },
  side: { name: "side", files: new Map([["/etc/release", "2"]]), removed: ["/bin/app"] },
  // Large enough for a disk to be of use as scratch.
  large: { name: "large", files: new Map([["/srv/large", "x".repeat(600_000)]]), removed: [] },
  rogue: { name: "rogue", files: new Map([["/bin/app", "of nobody"]]), removed: [] },
} satisfies { readonly [name: string]: PlainLayer };

/** All points that a policy has. */
const points =
  "mount_device rw_mount_device mount_blockdev unmount_device rw_unmount_device unmount_blockdev mount_overlay unmount_overlay create_container exec_in_container exec_external shutdown_container signal_container_process plan9_mount plan9_unmount get_properties dump_stacks runtime_logging load_fragment scratch_mount scratch_unmount host_network reason".split(
    " ",
  );

const scratchBytes = 2 * 1024 * 1024;

/** @param isLax of the policy: it allows scratch without encryption, and stacks; but not the lists of processes. */
export async function makeWorld(isLax: boolean): Promise<World> {
  const { base, app, side, large, rogue } = {
    base: await layerDisk(layers.base),
    app: await layerDisk(layers.app),
    side: await layerDisk(layers.side),
    large: await layerDisk(layers.large),
    rogue: await layerDisk(layers.rogue),
  };
  const policy = {
    containers: containersOf(base, app, side, large),
    allowsUnencryptedScratch: isLax,
    allowsProperties: !isLax,
    allowsStacks: isLax,
    outside: outsidePrograms,
  };
  const disks = new Map<Slot, WorldDisk>([
    ["0:0", base],
    ["0:1", app],
    ["0:2", side],
    ["0:3", rogue],
    ["0:4", base],
    ["1:0", blank(0)],
    ["1:1", blank(0xa5)],
    ["1:2", { ...large, plain: { ...large.plain, isWritable: true } }],
    [memorySlot(0), base],
    [memorySlot(1), app],
    [memorySlot(2), rogue],
  ]);
  return { policy, policyText: policyTextOf(policy), disks };
}

/** What a model knows of disks. */
export function plainDisks(disks: World["disks"]): ReadonlyMap<Slot, PlainDisk> {
  return new Map([...disks].map(([slot, { plain }]) => [slot, plain]));
}

/** A policy's text, as tools write it. */
export function policyTextOf({ containers, outside, ...allows }: PlainPolicyData): string {
  const data = {
    api_version: "0.12.0",
    framework_version: "0.5.0",
    containers: containers.map(containerData),
    external_processes: outside.map((program) => ({ ...programData(program), allow_stdio_access: true })),
    allow_properties_access: allows.allowsProperties,
    allow_dump_stacks: allows.allowsStacks,
    allow_unencrypted_scratch: allows.allowsUnencryptedScratch,
    allow_environment_variable_dropping: false,
    allow_capability_dropping: false,
  };
  return scenarioText({ package: "policy", data, framework_points: points } as never, "the policy");
}

function programData({ command, environment, required, workingDirectory }: PlainProgram): object {
  return {
    command,
    env_rules: environment.map((pattern) => ({
      pattern,
      strategy: "string",
      required: required.includes(pattern),
    })),
    working_dir: workingDirectory,
  };
}

const folderConstraint = {
  source: "plan9://",
  destination: "/data",
  type: "bind",
  options: folderMountOptions,
} as const;

function containerData(container: PlainContainer): object {
  return {
    ...programData(container),
    layers: container.layers,
    signals: container.signals,
    exec_processes: container.processes,
    mounts: container.takesFolders ? [folderConstraint] : [],
    user: {
      user_idname: { pattern: "", strategy: "any" },
      group_idnames: [{ pattern: "", strategy: "any" }],
      umask: "0022",
    },
    capabilities: null,
    seccomp_profile_sha256: "",
    allow_elevated: false,
    allow_stdio_access: true,
    no_new_privileges: false,
  };
}

/** Beside the containers. */
const outsidePrograms: readonly PlainProgram[] = [
  { command: ["/tool"], environment: ["A=1", "B=2"], required: ["A=1"], workingDirectory: "/srv" },
  { command: ["/bin/app", "ask"], environment: [], required: [], workingDirectory: "/" },
];

/** Two that differ in what they run alone, one with other layers, and one of the base. */
function containersOf(...disks: readonly WorldDisk[]): readonly PlainContainer[] {
  const hashes = disks.map(({ plain }) => (plain.holds === "layer" ? plain.rootHash : ""));
  const [base = "", app = "", side = "", large = ""] = hashes;
  const web: PlainContainer = {
    layers: [base, app],
    command: ["/bin/app", "web"],
    environment: ["A=1", "B=2"],
    required: ["A=1"],
    workingDirectory: "/",
    signals: [9, 15],
    processes: [{ command: ["/bin/app", "ask"], signals: [15] }],
    takesFolders: true,
  };
  return [
    web,
    { ...web, command: ["/bin/app", "mail"], required: [], signals: [9], processes: [] },
    {
      ...web,
      takesFolders: false,
      layers: [base, side, base],
      command: ["/side"],
      workingDirectory: "/srv",
      processes: [
        { command: ["/bin/app", "ask"], signals: [] },
        { command: ["/tool"], signals: [9] },
      ],
    },
    { ...web, layers: [base], environment: [], required: [] },
    { ...web, layers: [large], environment: [], required: [] },
  ];
}

/** The image of a layer. */
export async function layerDisk(layer: PlainLayer): Promise<WorldDisk> {
  const tar = new TarBuilder();
  for (const [path, content] of layer.files) tar.file(path.slice(1), content);
  for (const path of layer.removed) tar.file(path.slice(1).replace(/([^/]+)$/, ".wh.$1"), "");
  const target = new MemoryTarget();
  const { rootHash } = await buildLayer([tar.end().bytes()], { target });
  return {
    bytes: target.bytes,
    plain: { holds: "layer", layer, rootHash: toHex(rootHash), isWritable: false },
  };
}

/** A disk for scratch, with such bytes on it. */
export function blank(content: number): WorldDisk {
  return {
    bytes: new Uint8Array(scratchBytes).fill(content),
    plain: { holds: "noise", isWritable: true },
  };
}

/** A policy's text as a host sends it. */
export function encodedPolicy(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** SHA-256 of a policy's text, which the machine was launched for. */
export function policyDigest(text: string): Uint8Array {
  return Uint8Array.from(createHash("sha256").update(text).digest());
}
