/**
 * The guest agent as plainly as it can be said, from the facts about the real one: what it answers, what is mounted,
 * and which files there are. A request that is refused leaves nothing behind.
 */
import type { Act, Ask, Refusal, Slot, Verdict } from "./asks.ts";
import { type Judgement, LifeModel, type PlainLife, type PlainRoot } from "./life-model.ts";
import { mergedFiles, type PlainFiles, type PlainLayer } from "./plain-files.ts";
import { type PlainMount, PlainMounts } from "./plain-mounts.ts";
import type { JudgingPolicy, PolicyMemory } from "./plain-policy.ts";
import type { PlainRun } from "./plain-runs.ts";

/** What the host attached: a layer's image, or something else. */
export type PlainDisk = { readonly isWritable: boolean } & (
  | { readonly holds: "layer"; readonly layer: PlainLayer; readonly rootHash: string }
  | { readonly holds: "noise" }
);

type Of<Name extends Ask["ask"]> = Extract<Ask, { readonly ask: Name }>;

const home = "/run/gcs/c";
const idPattern = /^[0-9a-fA-F]{64}$/;

/** See the head of this file. */
export class AgentModel<Memory = PolicyMemory> {
  readonly mounts: PlainMounts = new PlainMounts();
  readonly #policy: JudgingPolicy<Memory>;
  readonly #disks: Map<Slot, PlainDisk>;
  readonly #roots: Map<string, PlainRoot> = new Map();
  readonly #folders: Set<string> = new Set();
  readonly #life: LifeModel<Memory>;
  #isPolicySet = false;

  /** @param encodedPolicy the attested one's text in base64. */
  constructor(policy: JudgingPolicy<Memory>, disks: ReadonlyMap<Slot, PlainDisk>, encodedPolicy: string) {
    this.#policy = policy;
    this.#disks = new Map(disks);
    this.#life = new LifeModel(policy, this.#roots, encodedPolicy);
  }

  /** Answers a request, and changes if it is allowed. */
  answer(ask: Ask): Verdict {
    return this.#answer(ask, true);
  }

  /** Answers a request, and changes nothing. */
  judge(ask: Ask): Verdict {
    return this.#answer(ask, false);
  }

  /** What the policy remembers. */
  get memory(): Memory {
    return this.#policy.memory();
  }

  /** Containers that were made and not deleted. */
  get lives(): ReadonlyMap<string, PlainLife> {
    return this.#life.lives;
  }

  /** All processes that were started, in this order. */
  get runs(): readonly PlainRun[] {
    return this.#life.runs.all;
  }

  /** Where folders of the host's are mounted, ordered. */
  get folders(): readonly string[] {
    return [...this.#folders].sort();
  }

  /** Disks at their controllers and slots, ordered. */
  get disks(): readonly Slot[] {
    return [...this.#disks.keys()].filter((slot) => slot.includes(":")).sort();
  }

  /** Whether a policy is set. */
  get isPolicySet(): boolean {
    return this.#isPolicySet;
  }

  /** A program's doing. @returns whether it was done. */
  act({ container, path, content }: Act): boolean {
    const root = this.lives.get(container)?.root;
    if (root === undefined || root.isReadOnly || root !== this.#roots.get(container)) return false;
    if (content === undefined) return root.files.delete(path);
    root.files.set(path, content);
    return true;
  }

  /** Files of a container's root; undefined where none is mounted. */
  files(container: string): PlainFiles | undefined {
    return this.#roots.get(container)?.files;
  }

  #answer(ask: Ask, changes: boolean): Verdict {
    const before = this.#policy.memory();
    const against = new Set<Refusal>(this.#isPolicySet || ask.ask === "set-policy" ? [] : ["denied"]);
    const [reasons, commit, answer] = this.#judge(ask, against);
    if (reasons.length > 0) against.add("denied");
    if (against.size > 0 || !changes) this.#policy.restore(before);
    else commit();
    return {
      against,
      reasons: this.#isPolicySet ? reasons : [],
      ...(answer && against.size === 0 && { answer }),
    };
  }

  #setPolicy({ enforcer, isAttested }: Of<"set-policy">, against: Set<Refusal>): Judgement {
    if (this.#isPolicySet || enforcer !== "rego") against.add("rule");
    if (!isAttested) against.add("attestation");
    return [
      [],
      () => {
        this.#isPolicySet = true;
      },
    ];
  }

  #judge(ask: Ask, against: Set<Refusal>): Judgement {
    switch (ask.ask) {
      case "set-policy":
        return this.#setPolicy(ask, against);
      case "load-fragment":
        return [this.#policy.loadFragment(ask.fragment), () => undefined];
      case "mount-layer":
        return this.#mountLayer(ask, against);
      case "mount-scratch":
        return this.#mountScratch(ask, against);
      case "unmount-layer":
        return this.#unmount(ask.target, "layer", ask.slot, false, against);
      case "unmount-scratch":
        return this.#unmount(ask.target, "scratch", ask.slot, ask.encrypted, against);
      case "mount-overlay":
        return this.#mountOverlay(ask, against);
      case "unmount-overlay":
        return this.#unmountOverlay(ask, against);
      case "mount-memory":
      case "unmount-memory":
        return this.#changeMemory(ask, against);
      case "mount-device":
      case "unmount-device": {
        this.#checkPath(ask.target, against);
        against.add("rule");
        const asked = ask.ask === "mount-device" ? "mountBlockDevice" : "unmountBlockDevice";
        return [this.#policy[asked](ask.target), () => undefined];
      }
      case "mount-folder":
      case "unmount-folder":
        return this.#changeFolder(ask, against);
      case "unplug":
        this.#needs(!this.#isUsed(ask.slot), against);
        if (this.#disks.get(ask.slot) === undefined) against.add("no-disk");
        return [[], () => this.#disks.delete(ask.slot)];
      default:
        return this.#life.judge(ask, against);
    }
  }

  #mountLayer({ slot, target, options, filesystem }: Of<"mount-layer">, against: Set<Refusal>): Judgement {
    this.#checkPath(target, against);
    if (options.join() !== "ro") against.add("rule");
    if (filesystem !== "" && filesystem !== "ext4") against.add("rule");
    return this.#mountImage(slot, target, against);
  }

  #mountImage(slot: Slot, target: string, against: Set<Refusal>): Judgement {
    const disk = this.#disks.get(slot);
    if (disk === undefined) against.add("no-disk");
    else if (disk.holds !== "layer") against.add("not-a-layer");
    this.#needs(!this.#isUsed(slot), against);
    this.#needs(this.mounts.get(target) === undefined, against);
    const rootHash = disk?.holds === "layer" ? disk.rootHash : "";
    const reasons = this.#policy.mountDevice(target, rootHash);
    return [reasons, () => this.mounts.add(target, "layer", slot, false)];
  }

  #mountScratch({ slot, target, options, ...how }: Of<"mount-scratch">, against: Set<Refusal>): Judgement {
    this.#checkPath(target, against);
    if (!this.#disks.get(slot)?.isWritable) against.add("no-disk");
    if (options.length > 0) against.add("rule");
    this.#needs(!this.#isUsed(slot), against);
    this.#needs(this.mounts.get(target) === undefined, against);
    const reasons = this.#policy.mountWritableDevice(target, how);
    const commit = (): void => {
      this.mounts.add(target, "scratch", slot, how.encrypted);
      // Whatever it was, it is sealed over.
      this.#disks.set(slot, { holds: "noise", isWritable: true });
    };
    return [reasons, commit];
  }

  /** Devices of persistent memory have slots of their own. */
  #changeMemory(
    { ask, device, target, isPart }: Of<"mount-memory" | "unmount-memory">,
    against: Set<Refusal>,
  ): Judgement {
    this.#checkPath(target, against);
    if (isPart) against.add("rule");
    const slot = memorySlot(device);
    return ask === "mount-memory"
      ? this.#mountImage(slot, target, against)
      : this.#unmount(target, "layer", slot, false, against);
  }

  /** What the host calls it counts where it is mounted. */
  #changeFolder(ask: Of<"mount-folder" | "unmount-folder">, against: Set<Refusal>): Judgement {
    const { target, share } = ask;
    this.#checkPath(target, against);
    if (ask.ask === "unmount-folder") {
      this.#needs(this.#folders.has(target), against);
      return [this.#policy.unmountFolder(target), () => this.#folders.delete(target)];
    }
    if (!/^[0-9]+$/.test(share)) against.add("rule");
    this.#needs(!this.#folders.has(target), against);
    return [this.#policy.mountFolder(target), () => this.#folders.add(target)];
  }

  #unmount(
    target: string,
    kind: "layer" | "scratch",
    ...[slot, encrypted, against]: [Slot, boolean, Set<Refusal>]
  ): Judgement {
    this.#checkPath(target, against);
    this.#needs(this.mounts.get(target) !== undefined, against);
    const reasons =
      kind === "layer" ? this.#policy.unmountDevice(target) : this.#policy.unmountWritableDevice(target);
    this.#needs(this.mounts.isRemovable(target, kind, slot, encrypted), against);
    return [reasons, () => this.mounts.remove(target)];
  }

  #mountOverlay(
    { container, target, layers, scratch }: Of<"mount-overlay">,
    against: Set<Refusal>,
  ): Judgement {
    if (!idPattern.test(container)) against.add("rule");
    if (target !== `${home}/${container}/rootfs`) against.add("rule");
    if (!isScratchOf(scratch, container)) against.add("rule");
    const isLayer = (path: string): boolean => this.mounts.get(path)?.kind === "layer";
    if (layers.length === 0) against.add("not-a-layer");
    this.#needs(layers.every(isLayer), against);
    const disk = this.mounts.get(this.mounts.over(scratch) ?? "");
    if (scratch !== "") this.#needs(disk?.kind === "scratch", against);
    this.#needs(this.mounts.get(target) === undefined, against);
    const asked = scratch === "" ? [] : this.#policy.mountScratch(scratch, this.mounts.isEncrypted(scratch));
    // One point after the other: a denial by the first is all that is said.
    const reasons = asked.length > 0 ? asked : this.#policy.mountOverlay(container, layers, target);
    const commit = (): void => {
      const own = layers.map((path) => this.#layerAt(path)).reverse();
      this.#roots.set(container, { files: mergedFiles(own), isReadOnly: scratch === "" });
      this.mounts.addOverlay(target, [...layers, ...(scratch === "" ? [] : [scratch])]);
    };
    return [reasons, commit];
  }

  #unmountOverlay({ container, target }: Of<"unmount-overlay">, against: Set<Refusal>): Judgement {
    const reasons = this.#policy.unmountOverlay(target);
    this.#checkPath(target, against);
    this.#needs(this.mounts.get(target) !== undefined, against);
    if (target !== `${home}/${container}/rootfs`) against.add("rule");
    this.#needs(this.lives.get(container)?.state !== "running", against);
    const commit = (): void => {
      this.mounts.remove(target);
      this.#roots.delete(container);
    };
    return [reasons, commit];
  }

  /** What a guest mounts at has one form only. */
  #checkPath(path: string, against: Set<Refusal>): void {
    const parts = path.split("/");
    const isPlain = parts.slice(1).every((part) => /^[A-Za-z0-9._-]+$/.test(part) && !/^\.\.?$/.test(part));
    if (parts.length < 2 || parts[0] !== "" || !isPlain) against.add("rule");
  }

  #needs(condition: boolean, against: Set<Refusal>): void {
    if (!condition) against.add("state");
  }

  #layerAt(path: string): PlainLayer {
    const disk = this.#disks.get((this.mounts.get(path) as PlainMount).source);
    if (disk?.holds !== "layer") throw new Error(`no layer is mounted at ${path}`);
    return disk.layer;
  }

  #isUsed(slot: Slot): boolean {
    return this.mounts.entries().some(([, { source }]) => source === slot);
  }
}

/** Where a device of persistent memory is among the disks. */
export function memorySlot(device: number): Slot {
  return `pmem ${device}`;
}

function isScratchOf(path: string, container: string): boolean {
  if (path === "") return true;
  const [start, sandbox = "", rest] = [
    path.slice(0, home.length + 1),
    path.slice(home.length + 1, home.length + 65),
    path.slice(home.length + 65),
  ];
  return start === `${home}/` && idPattern.test(sandbox) && rest === `/scratch/${container}`;
}
