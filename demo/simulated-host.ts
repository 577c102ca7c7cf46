/**
 * A host, as Azure's is to a confidential container's guest: it has the disks, and sends the requests. It
 * never sees what the guest keeps to itself. This one does what it should, step by step; an attack does
 * one thing else.
 */
import {
  type BlockDevice,
  type GuestAgent,
  type HostRequest,
  MemoryDevice,
  type MountedOverlay,
  type OciMount,
  type OciProcess,
} from "sealstone/node";
import { HostileDevice } from "sealstone/testing";
import type { DeployedLayer, Deployment } from "./deployment.ts";
import { memoryDisk } from "./disks.ts";
import {
  combineLayers,
  createContainer,
  execute,
  mountLayer,
  mountScratch,
  setPolicy,
  startContainer,
} from "./host-requests.ts";

/** A guest, as its host and those who look into it have it. */
export type Guest = Pick<GuestAgent, "handle" | "attachDisk" | "container" | "close">;

/** The pod, and the one container in it. */
export const sandbox: string = "5a".repeat(32);
/** The container's id. */
export const container: string = "c0".repeat(32);
/** The slot of the scratch disk, behind those of the layers. */
export const scratchLun = 8;
const scratchSizeBytes = 8 * 2 ** 20;

/** See the head of this file. */
export class SimulatedHost implements AsyncDisposable {
  readonly guest: Guest;
  readonly deployment: Deployment;
  /** The scratch disk. The host sees what is written to it, and can change it. */
  readonly scratch: HostileDevice = new HostileDevice(scratchSizeBytes, {
    name: "scratch",
    blockSizeBytes: 4096,
  });

  constructor(guest: Guest, deployment: Deployment) {
    this.guest = guest;
    this.deployment = deployment;
  }

  /** Numbers of the layers, base first: each is its slot, and part of its mount path. */
  get layers(): readonly number[] {
    return this.deployment.layers.map((_, number) => number);
  }

  /** Sends requests, one after the other. */
  async send(...requests: readonly HostRequest[]): Promise<void> {
    for (const request of requests) await this.guest.handle(request);
  }

  /** The first step: the policy. */
  setPolicy(text: string = this.deployment.policy): Promise<void> {
    return this.send(setPolicy(text));
  }

  /** The second: scratch, and the layers; `disks` stand in for the true ones, by number. */
  async mountDisks(disks: ReadonlyMap<number, BlockDevice> = new Map()): Promise<void> {
    this.attachScratch();
    await this.send(mountScratch(sandbox, scratchLun));
    for (const number of this.layers) await this.mountLayer(number, disks.get(number));
  }

  /** Plugs the scratch disk in. */
  attachScratch(): void {
    this.attach(scratchLun, this.scratch);
  }

  /** Plugs a disk in, at a slot of the only controller. */
  attach(lun: number, disk: BlockDevice): void {
    this.guest.attachDisk(`0:${lun}`, disk);
  }

  /** Plugs a layer's disk in and has it mounted. */
  async mountLayer(number: number, disk: BlockDevice = this.layerDisk(number)): Promise<void> {
    this.attach(number, disk);
    await this.send(mountLayer(number));
  }

  /** A layer's disk, as it was built. */
  layerDisk(number: number): BlockDevice {
    return memoryDisk(this.layer(number));
  }

  /** The same, for a host that will change it. */
  changeableDisk(number: number): HostileDevice {
    const { name, bytes } = this.layer(number);
    return new HostileDevice(new MemoryDevice(bytes.slice()), { name });
  }

  /** What was built. */
  layer(number: number): DeployedLayer {
    const layer = this.deployment.layers[number];
    if (layer === undefined) throw new Error(`there is no layer ${number}`);
    return layer;
  }

  /** The third step: the container's root. */
  combineLayers(layers: readonly number[] = this.layers.toReversed()): Promise<void> {
    return this.send(combineLayers(container, layers, sandbox));
  }

  /** The fourth: the container. */
  createContainer(changes: OciProcess & { readonly mounts?: readonly OciMount[] } = {}): Promise<void> {
    const { mounts = standardMounts, ...process } = changes;
    return this.send(
      createContainer(container, sandbox, { process: { ...this.process, ...process }, mounts }),
    );
  }

  /** The fifth: its first process. */
  startContainer(): Promise<void> {
    return this.send(...startContainer(container));
  }

  /** Another process in it. */
  execute(...args: readonly string[]): Promise<void> {
    return this.send(execute(container, { ...this.process, args }));
  }

  /** All steps up to the container. */
  async run(disks?: ReadonlyMap<number, BlockDevice>): Promise<MountedOverlay> {
    await this.setPolicy();
    await this.mountDisks(disks);
    await this.combineLayers();
    await this.createContainer();
    return this.files;
  }

  /** The container's files, as its processes see them. */
  get files(): MountedOverlay {
    const made = this.guest.container(container);
    if (made === undefined) throw new Error("the guest has no container, and said nothing");
    return made.root;
  }

  /** The image's process, as the policy lists it. */
  get process(): OciProcess {
    const [listed] = this.deployment.content.containers;
    if (listed === undefined) throw new Error("the policy lists no container");
    const { user_idname: user, group_idnames: groups } = listed.user;
    return {
      args: listed.command,
      env: listed.env_rules.flatMap((rule) => ("pattern" in rule ? [rule.pattern] : [])),
      cwd: listed.working_dir,
      user: { uid: Number(user.pattern), gid: Number(groups[0]?.pattern) },
      capabilities: listed.capabilities,
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.guest.close();
  }
}

const standardMounts: readonly OciMount[] = [
  { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
  { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
];
