/**
 * Random operation lists: what a seed made, it makes again. Few names, so that
 * calls meet what earlier ones left; each call is made on a model as well, so
 * that most are of what is there.
 */
import { latin1FromBytes } from "../../../src/bytes/latin1.ts";
import type { NodeType } from "../../../src/tree/attributes.ts";
import { walkedPath, walkTree } from "../../../src/tree/walk.ts";
import type { WritableFileTree } from "../../../src/tree/writable-file-tree.ts";
import type { SeededRandom } from "../../verity/seeded-random.ts";
import { escaped } from "./operation.ts";
import { TreeExecutor } from "./tree-executor.ts";

/** What to make calls of. */
export interface GeneratorOptions {
  /** Names to choose from; characters up to U+00FF. */
  readonly names?: readonly string[];
  /**
   * `layer`: no handles that stay open, but whiteouts and opaque directories; `marked layer`: with whiteouts
   * that are extended attributes, of which all directories tell.
   */
  readonly purpose?: "calls" | "layer" | "marked layer";
  /** Files get content behind this offset now and then; 0 for never. */
  readonly farOffset?: number;
}

const usualNames = ["a", "b", "c", "d", "e f", "\xff\xfe", "n".repeat(255)];
const permissions = ["644", "755", "600", "0", "4755", "2775", "1777", "6711", "7777"];
const times = [
  "-",
  "0.000000000",
  "1.000000001",
  "-7.999999999",
  "1000000000.123456789",
  "1699999999.000000000",
  "2147483648.000000000",
  "4294967297.500000000",
];
const owners = ["0", "1", "1000", "65534", "65536", "4294967294", "4294967295"];
const sizes = [0, 1, 100, 4095, 4096, 4097, 8192, 12_000, 65_536, 100_001];
const xattrNames = ["user.a", "user.b", "trusted.a", "security.a", "trusted.overlay.b", "user.overlay.c"];
const openFlags = ["r", "r+", "r+", "w", "w+", "w+", "wx+", "wx", "a", "a+", "ax+"];

/** After as many lines the generator looks again at what is there. */
const linesPerLook = 6;

/** Makes one list after another, each going on where the one before ended. */
export class ListGenerator {
  readonly #random: SeededRandom;
  readonly #names: readonly string[];
  readonly #purpose: NonNullable<GeneratorOptions["purpose"]>;
  readonly #farOffset: number;
  readonly #model: TreeExecutor;
  readonly #there: Map<string, NodeType> = new Map();
  readonly #handles: string[] = [];
  #lastHandle = 0;

  /** @param model what lists begin with; each call is made on it as it is thought of. */
  constructor(random: SeededRandom, model: WritableFileTree, options: GeneratorOptions = {}) {
    this.#random = random;
    this.#model = new TreeExecutor(model);
    this.#names = options.names ?? usualNames;
    this.#purpose = options.purpose ?? "calls";
    this.#farOffset = options.farOffset ?? 0;
  }

  /** @returns `count` lines, or a few more. */
  async lines(count: number): Promise<string[]> {
    const lines: string[] = [];
    await this.#look();
    if (this.#purpose === "marked layer") lines.push("setxattr . trusted.overlay.opaque 78");
    for (let looked = 0; lines.length < count; ) {
      const step = this.#step();
      for (const line of step) await this.#follow(line);
      lines.push(...step);
      if (lines.length - looked < linesPerLook) continue;
      await this.#look();
      looked = lines.length;
    }
    return lines;
  }

  async #follow(line: string): Promise<void> {
    if (line === "remount") await this.#model.closeHandles();
    else await this.#model.answer(line);
  }

  async #look(): Promise<void> {
    this.#there.clear();
    for await (const walked of walkTree(this.#model.tree)) {
      this.#there.set(escaped(latin1FromBytes(walkedPath(walked))), walked.attributes.type);
    }
  }

  #step(): string[] {
    const random = this.#random;
    if (this.#purpose !== "calls") {
      const marks = this.#purpose === "layer" ? this.#layerMarks : this.#markedLayerMarks;
      return random.pick([...this.#makers, ...this.#changers, ...marks])();
    }
    const kind = random.below(100);
    if (kind < 34) return random.pick(this.#makers)();
    if (kind < 48) return random.pick(this.#changers)();
    if (kind < 58) return random.pick(this.#removers)();
    if (kind < 70) return this.#rename();
    if (kind < 80) return random.pick(this.#readers)();
    if (kind < 98) return this.#useHandle();
    return [kind === 98 ? "sync" : this.#remount()];
  }

  readonly #makers: readonly (() => string[])[] = [
    () => this.#mkdir(this.#permissions()),
    () => this.#mkdir("755"),
    () => this.#file(),
    () => this.#file(),
    () => this.#file(),
    () => this.#special(),
    () => this.#symlink(),
    () => this.#link(),
  ];

  readonly #changers: readonly (() => string[])[] = [
    () => [`chmod ${this.#old("file", "directory")} ${this.#permissions()}`],
    () => [`lchown ${this.#old()} ${this.#random.pick(owners)} ${this.#random.pick(owners)}`],
    () => [`utimens ${this.#old()} ${this.#random.pick(times)} ${this.#random.pick(times)}`],
    () => [`utimens ${this.#old("directory")} ${this.#random.pick(times)} ${this.#random.pick(times)}`],
    () => [`truncate ${this.#old("file")} ${this.#size()}`],
    () => this.#setxattr(),
    () => this.#setxattr(),
    () => [`removexattr ${this.#old("file", "directory")} ${this.#random.pick(xattrNames)}`],
  ];

  readonly #removers: readonly (() => string[])[] = [
    () => this.#remove("unlink", this.#old("file", "symlink", "fifo", "blockDevice")),
    () => this.#remove("unlink", this.#old("file", "symlink", "fifo", "blockDevice")),
    () => this.#remove("unlink", this.#old()),
    () => this.#remove("rmdir", this.#emptyDirectory()),
    () => this.#remove("rmdir", this.#emptyDirectory()),
    () => this.#remove("rmdir", this.#old("directory")),
  ];

  readonly #readers: readonly (() => string[])[] = [
    () => [`readdir ${this.#old("directory")}`],
    () => [`readdir ${this.#old("directory")}`],
    () => [`lstat ${this.#old()}`],
    () => [`lstat ${this.#new()}`],
    () => [`stat ${this.#old()}`],
    () => [`readlink ${this.#old("symlink")}`],
    () => [`listxattr ${this.#old()}`],
    () => [`getxattr ${this.#old()} ${this.#random.pick(xattrNames)}`],
  ];

  readonly #layerMarks: readonly (() => string[])[] = [
    () => [`mknod ${this.#new()} characterDevice 0 0 0`],
    () => [`mknod ${this.#new()} characterDevice 0 0 0`],
    () => [`setxattr ${this.#old("directory")} trusted.overlay.opaque 79`],
  ];

  readonly #markedLayerMarks: readonly (() => string[])[] = [
    () => this.#xattrWhiteout(),
    () => this.#xattrWhiteout(),
  ];

  #make(verb: string, kind: NodeType, ...args: readonly string[]): string[] {
    const path = this.#new();
    this.#there.set(path, kind);
    return [[verb, path, ...args].join(" ")];
  }

  #mkdir(mode: string): string[] {
    const path = this.#new();
    const made = `mkdir ${path} ${mode}`;
    this.#there.set(path, "directory");
    return this.#purpose === "marked layer" ? [made, `setxattr ${path} trusted.overlay.opaque 78`] : [made];
  }

  /** Made, written and closed. */
  #file(): string[] {
    const path = this.#random.below(4) === 0 ? this.#old("file") : this.#new();
    const handle = this.#newHandle();
    if (!this.#there.has(path)) this.#there.set(path, "file");
    const flags = this.#random.pick(["w", "wx", "w+", "a"]);
    return [
      `open ${handle} ${path} ${flags} ${this.#permissions()}`,
      `write ${handle} ${this.#offset()} ${this.#size()} ${this.#random.below(250)}`,
      `close ${handle}`,
    ];
  }

  #special(): string[] {
    const type = this.#random.pick(["fifo", "socket", "characterDevice", "blockDevice", "file"]);
    const numbers = type.endsWith("Device")
      ? [`${1 + this.#random.below(4095)}`, `${this.#random.below(2 ** 20)}`]
      : [];
    return this.#make("mknod", type as NodeType, type, this.#permissions(), ...numbers);
  }

  #symlink(): string[] {
    const random = this.#random;
    const target = random.pick([
      this.#old(),
      this.#name(),
      `../${this.#name()}`,
      `/${this.#old()}`,
      "x".repeat(random.pick([1, 59, 60, 61, 300])),
    ]);
    const path = this.#new();
    this.#there.set(path, "symlink");
    return [`symlink ${target} ${path}`];
  }

  #link(): string[] {
    const from = this.#old("file", "symlink", "fifo", "blockDevice", "file");
    const to = this.#new();
    return [`link ${from} ${to}`];
  }

  #setxattr(): string[] {
    const hex = Buffer.from(this.#random.bytes(this.#random.pick([0, 1, 4, 40, 200]))).toString("hex");
    const only = this.#random.pick(["", "", "", " create", " replace"]);
    const path = this.#random.below(5) === 0 ? this.#old() : this.#old("file", "directory");
    return [`setxattr ${path} ${this.#random.pick(xattrNames)} ${hex === "" ? "-" : hex}${only}`];
  }

  #remove(verb: string, path: string): string[] {
    return [`${verb} ${path}`];
  }

  #rename(): string[] {
    const random = this.#random;
    const from = random.below(8) === 0 ? this.#new() : this.#old();
    const to = random.below(3) === 0 ? this.#old() : this.#new();
    const how = random.pick(["", "", "", "", "", " refuse", " exchange", " exchange", " whiteout"]);
    if (how === " exchange") return [`rename ${from} ${this.#old()} exchange`];
    return [`rename ${from} ${to}${how}`];
  }

  #xattrWhiteout(): string[] {
    const path = this.#new();
    return [`mknod ${path} file 0`, `setxattr ${path} trusted.overlay.whiteout -`];
  }

  #useHandle(): string[] {
    const random = this.#random;
    if (this.#handles.length === 0 || (this.#handles.length < 6 && random.below(4) === 0)) {
      const handle = this.#newHandle();
      this.#handles.push(handle);
      const path = random.below(4) === 0 ? this.#new() : this.#old("file");
      if (!this.#there.has(path)) this.#there.set(path, "file");
      return [`open ${handle} ${path} ${random.pick(openFlags)} ${this.#permissions()}`];
    }
    const handle = random.pick(this.#handles);
    if (random.below(8) === 0) {
      this.#handles.splice(this.#handles.indexOf(handle), 1);
      return [`close ${handle}`];
    }
    const range = `${this.#offset()} ${1 + this.#size()}`;
    return [
      random.pick([
        `write ${handle} ${this.#offset()} ${this.#size()} ${random.below(250)}`,
        `write ${handle} ${this.#offset()} ${this.#size()} ${random.below(250)}`,
        `read ${handle} ${this.#offset()} ${random.pick([10, 5000])}`,
        `ftruncate ${handle} ${this.#size()}`,
        `allocate ${handle} ${range}${random.pick(["", " keep"])}`,
        `punch ${handle} ${range}`,
        `fstat ${handle}`,
        `fchmod ${handle} ${this.#permissions()}`,
        `fchown ${handle} ${random.pick(owners)} ${random.pick(owners)}`,
        `futimens ${handle} ${random.pick(times)} ${random.pick(times)}`,
        `fsync ${handle}`,
      ]),
    ];
  }

  #remount(): string {
    this.#handles.length = 0;
    return "remount";
  }

  #newHandle(): string {
    this.#lastHandle += 1;
    return `${this.#lastHandle}`;
  }

  #name(): string {
    return escaped(this.#random.pick(this.#names));
  }

  /** A path below a directory that is there; often nothing is at it yet. */
  #new(): string {
    const folders = [...this.#there].filter(([path, kind]) => kind === "directory" && depthOf(path) < 4);
    const folder = this.#random.pick([".", ...folders.map(([path]) => path)]);
    for (let tries = 0; ; tries++) {
      const path = folder === "." ? this.#name() : `${folder}/${this.#name()}`;
      if (tries === 2 || !this.#there.has(path)) return path;
    }
  }

  /** A path at which one of the kinds should be; whichever, where none is said. */
  #old(...kinds: readonly NodeType[]): string {
    const found = [...this.#there].filter(([, kind]) => kinds.length === 0 || kinds.includes(kind));
    return found.length === 0 || this.#random.below(30) === 0 ? this.#new() : this.#random.pick(found)[0];
  }

  #emptyDirectory(): string {
    const paths = [...this.#there.keys()];
    const empty = [...this.#there].filter(
      ([path, kind]) => kind === "directory" && !paths.some((other) => other.startsWith(`${path}/`)),
    );
    return empty.length === 0 ? this.#old("directory") : this.#random.pick(empty)[0];
  }

  #permissions(): string {
    return this.#random.pick(permissions);
  }

  #size(): number {
    return this.#random.below(3) === 0 ? this.#random.below(20_000) : this.#random.pick(sizes);
  }

  #offset(): number {
    const far = this.#farOffset > 0 && this.#random.below(20) === 0;
    return far ? this.#farOffset + this.#random.below(20_000) : this.#random.pick(sizes);
  }
}

function depthOf(path: string): number {
  return path.split("/").length;
}
