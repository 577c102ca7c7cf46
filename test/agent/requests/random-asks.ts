/**
 * Requests by chance, of few words so that they meet each other: legal ones mostly, which the model is asked for, and
 * those that are nearly so.
 */
import type { SeededRandom } from "../../../src/testing/index.ts";
import type { AgentModel } from "../model/agent-model.ts";
import { type Act, type Ask, machine, type Slot, type Verdict } from "../model/asks.ts";
import type { PlainProcess } from "../model/plain-policy.ts";

const ids = ["a".repeat(64), "B".repeat(64), `${"a".repeat(63)}b`, "c".repeat(64), "0".repeat(64)];
const home = "/run/gcs/c";
const slots = ["0:0", "0:1", "0:2", "0:3", "0:4", "1:0", "1:1", "1:2", "7:7"];
const layerPaths = [0, 1, 2, 10].map((number) => `/run/mounts/scsi/m${number}`);
const scratchPaths = ids.slice(0, 2).map((id) => `${home}/${id}`);
const folderPaths = ids.slice(0, 4).flatMap((id) => [`${home}/${id}/mounts/m0`, `${home}/${id}/mounts/m17`]);
const otherFolderPaths = [
  `${home}/${"a".repeat(64)}/mounts/mx`,
  `${home}/${"a".repeat(64)}/mounts/m0/m1`,
  `${home}/${"a".repeat(64)}/rootfs`,
  `${home}/${"a".repeat(63)}/mounts/m0`,
  "/run/mounts/m0",
  `${home}/${"a".repeat(64)}/mounts/../mounts/m0`,
];
const commands = [["/bin/app", "web"], ["/bin/app", "mail"], ["/bin/app", "ask"], ["/side"], ["/tool"], []];
const variables = [["A=1"], ["A=1", "B=2"], [], ["A=2"], ["B=2"]];
const processes: readonly PlainProcess[] = [
  { command: ["/bin/app", "web"], environment: ["A=1"], workingDirectory: "/" },
  { command: ["/bin/app", "web"], environment: [], workingDirectory: "/" },
  { command: ["/bin/app", "mail"], environment: ["B=2"], workingDirectory: "/" },
  { command: ["/side"], environment: ["B=2", "A=1"], workingDirectory: "/srv" },
  { command: ["/bin/app", "ask"], environment: ["A=1"], workingDirectory: "/" },
  { command: ["/bin/app", "ask"], environment: [], workingDirectory: "/" },
  { command: ["/tool"], environment: ["A=1"], workingDirectory: "/srv" },
];
const paths = ["/bin/app", "/etc/release", "/etc/gone", "/new", "/deep/er/file"];

/** Half of them are legal, a quarter nearly so: the policy has nothing against them. */
const meanings: readonly ((verdict: Verdict) => boolean)[] = [
  ...Array.from(
    { length: 5 },
    () =>
      ({ against }: Verdict) =>
        against.size === 0,
  ),
  ...Array.from(
    { length: 3 },
    () =>
      ({ against }: Verdict) =>
        against.size > 0 && !against.has("denied"),
  ),
  ({ against, reasons }) => against.size === 1 && reasons.length < 2,
  () => true,
];

/** What is tried for such a request, before one is taken as it comes: so many kinds, and so many of each. */
const mostKinds = 6;
const mostTries = 20;

/** Draws requests. */
export class RandomAsks {
  readonly #random: SeededRandom;
  readonly #model: AgentModel;
  readonly #counts: Map<Ask["ask"], number> = new Map();

  /** @param model which knows what would be allowed. */
  constructor(random: SeededRandom, model: AgentModel) {
    this.#random = random;
    this.#model = model;
  }

  /** A request of one of the kinds that there are, if one is found. */
  ask(): Ask {
    if (!this.#model.isPolicySet && this.#random.oneIn(2)) return this.#policy();
    const isMeant = this.#random.pick(meanings);
    const found: Ask[] = [];
    for (let kinds = 0; kinds < mostKinds && found.length < 2; kinds += 1) {
      const ask = this.#tried(this.#random.pick(this.#makers), isMeant);
      if (ask !== undefined) found.push(ask);
    }
    // Of two kinds, the one that was seldom: what needs a long life behind it comes seldom by itself.
    const [ask = this.#random.pick(this.#makers)()] = found.sort((a, b) => this.#seen(a) - this.#seen(b));
    this.#counts.set(ask.ask, this.#seen(ask) + 1);
    return ask;
  }

  #tried(make: () => Ask, isMeant: (verdict: Verdict) => boolean): Ask | undefined {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const ask = make();
      if (isMeant(this.#model.judge(ask))) return ask;
    }
    return undefined;
  }

  #seen({ ask }: Ask): number {
    return this.#counts.get(ask) ?? 0;
  }

  /** Something that a program does. */
  act(): Act {
    const { id } = this;
    const content = this.#random.oneIn(3) ? undefined : `written ${this.#random.below(100)}`;
    return { container: id, path: this.#random.pick(paths), content };
  }

  /** A container. */
  get id(): string {
    return this.#random.pick(ids);
  }

  /** Each as often as it is to be asked. */
  readonly #makers: readonly (() => Ask)[] = [
    () => this.#policy(),
    () => this.#mountLayer(),
    () => this.#mountLayer(),
    () => this.#mountLayer(),
    () => this.#mountScratch(),
    () => this.#mountScratch(),
    () => this.#mountOverlay(),
    () => this.#mountOverlay(),
    () => this.#mountOverlay(),
    () => this.#unmount(),
    () => this.#unmount(),
    () => this.#create(),
    () => this.#create(),
    () => this.#create(),
    () => this.#start(),
    () => this.#start(),
    () => this.#execute(),
    () => this.#execute(),
    () => this.#signal(),
    () => this.#signal(),
    () => this.#end(),
    () => this.#wait(),
    () => ({ ask: "delete", container: this.id }),
    () => this.#changeMemory(),
    () => this.#mountFolder(),
    () => this.#unmountFolder(),
    () => ({ ask: "execute-outside", process: this.#process() }),
    () => this.#look(),
  ];

  /** What changes nothing, or is never allowed. */
  #look(): Ask {
    const random = this.#random;
    const { id: container } = this;
    const target = this.#layerPath();
    return random.pick<() => Ask>([
      () => ({ ask: "announce", container }),
      () => ({ ask: "list-processes", container }),
      () => ({ ask: "dump-stacks" }),
      () => ({
        ask: random.pick<"mount-device" | "unmount-device">(["mount-device", "unmount-device"]),
        slot: random.pick(slots),
        target,
      }),
    ])();
  }

  #wait(): Ask {
    const process = this.#random.below(this.#model.runs.length + 1);
    return { ask: "wait", container: this.#containerOf(process), process, timeoutMs: 1 };
  }

  /** Whose a process is, or now and then another. */
  #containerOf(process: number): string {
    const own = this.#random.oneIn(4) ? undefined : this.#model.runs[process]?.container;
    return own ?? (this.#random.oneIn(4) ? machine : this.id);
  }

  #changeMemory(): Ask {
    const random = this.#random;
    const target = this.#layerPath();
    const mounted = this.#model.mounts.get(target)?.source.replace("pmem ", "");
    const device = random.oneIn(2) && mounted?.length === 1 ? Number(mounted) : random.below(4);
    const ask = random.pick<"mount-memory" | "unmount-memory">(["mount-memory", "unmount-memory"]);
    return { ask, device, target, isPart: random.oneIn(10) };
  }

  #mountFolder(): Ask {
    const random = this.#random;
    return {
      ask: "mount-folder",
      target: this.#folderPath(),
      share: random.oneIn(8) ? random.pick(["", "1a", "../1", "-1", "１", "1/2"]) : random.pick(["0", "17"]),
      isReadOnly: random.oneIn(2),
    };
  }

  #unmountFolder(): Ask {
    return { ask: "unmount-folder", target: this.#folderPath(), share: "" };
  }

  #folderPath(): string {
    const random = this.#random;
    return random.pick(random.oneIn(6) ? otherFolderPaths : folderPaths);
  }

  #policy(): Ask {
    if (this.#random.oneIn(6)) return { ask: "load-fragment", fragment: "anybody's" };
    return {
      ask: "set-policy",
      enforcer: this.#random.oneIn(8) ? "open_door" : "rego",
      isAttested: !this.#random.oneIn(4),
    };
  }

  #mountLayer(): Ask {
    const random = this.#random;
    return {
      ask: "mount-layer",
      slot: random.pick(slots),
      target: this.#layerPath(),
      options: random.oneIn(8) ? random.pick([[], ["rw"], ["ro", "noexec"]]) : ["ro"],
      filesystem: random.oneIn(8) ? "xfs" : random.pick(["", "ext4"]),
    };
  }

  #mountScratch(): Ask {
    const random = this.#random;
    return {
      ask: "mount-scratch",
      slot: random.pick(slots),
      target: this.#scratchPath(),
      options: random.oneIn(8) ? ["ro"] : [],
      filesystem: random.oneIn(6) ? "vfat" : random.pick(["ext4", "xfs"]),
      encrypted: !random.oneIn(4),
      ensureFilesystem: !random.oneIn(8),
    };
  }

  #mountOverlay(): Ask {
    const random = this.#random;
    const container = this.id;
    const layers = Array.from({ length: 1 + random.below(3) }, () => random.pick(layerPaths));
    const owner = random.oneIn(10) ? this.id : container;
    const scratch = random.oneIn(3) ? "" : `${random.pick(scratchPaths)}/scratch/${owner}`;
    return { ask: "mount-overlay", container, target: this.#rootOf(container), layers, scratch };
  }

  #unmount(): Ask {
    const random = this.#random;
    const container = this.id;
    if (random.oneIn(20)) return { ask: "unplug", slot: random.pick(slots) };
    const [layer, scratch] = [this.#layerPath(), this.#scratchPath()];
    if (random.oneIn(4)) return { ask: "unmount-overlay", container, target: this.#rootOf(container) };
    return random.pick<Ask>([
      { ask: "unmount-layer", slot: this.#slotAt(layer), target: layer },
      { ask: "unmount-scratch", slot: this.#slotAt(scratch), target: scratch, encrypted: random.oneIn(2) },
    ]);
  }

  /** Seldom: what has ended is of little use to all other requests. */
  #end(): Ask {
    const { id: container } = this;
    if (!this.#random.oneIn(3)) return this.#execute();
    return { ask: this.#random.oneIn(2) ? "shutdown" : "kill", container };
  }

  /** The slot of the disk that is mounted there, or now and then another. */
  #slotAt(target: string): Slot {
    const mount = this.#random.oneIn(4) ? undefined : this.#model.mounts.get(target);
    return mount !== undefined && slots.includes(mount.source) ? mount.source : this.#random.pick(slots);
  }

  #create(): Ask {
    const folders = this.#random.oneIn(3) ? [this.#folderPath()] : [];
    return { ask: "create", container: this.id, sandbox: this.id, process: this.#process(), folders };
  }

  #start(): Ask {
    return { ask: "start", container: this.id };
  }

  #execute(): Ask {
    return { ask: "execute", container: this.id, process: this.#process() };
  }

  #signal(): Ask {
    const process = this.#random.below(this.#model.runs.length + 1);
    return {
      ask: "signal",
      container: this.#containerOf(process),
      process,
      signal: this.#random.pick([9, 15, 2]),
    };
  }

  /** The root of a container, or now and then of another. */
  #rootOf(container: string): string {
    return `${home}/${this.#random.oneIn(10) ? this.id : container}/rootfs`;
  }

  #process(): PlainProcess {
    const random = this.#random;
    if (!random.oneIn(4)) return random.pick(processes);
    return {
      command: random.pick(commands),
      environment: random.pick(variables),
      workingDirectory: random.oneIn(4) ? "/srv" : "/",
    };
  }

  #layerPath(): string {
    return this.#random.pick(this.#random.oneIn(12) ? scratchPaths : layerPaths);
  }

  #scratchPath(): string {
    return this.#random.pick(this.#random.oneIn(12) ? layerPaths : scratchPaths);
  }
}
