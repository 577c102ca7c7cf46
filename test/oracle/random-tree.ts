/**
 * Random trees on the disk, with all that Linux can keep in one, and archives
 * of them by GNU tar: what a seed made, it makes again. Needs root.
 */
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { SeededRandom } from "../verity/seeded-random.ts";
import { mustRun } from "./system-tools.ts";

/** The formats that GNU tar writes and a layer may come in. */
export type TarFormat = "gnu" | "posix" | "ustar";

/** What each format can say: names of any bytes and length, and owners above 2^21, are not for ustar. */
interface Limits {
  readonly nameBytes: number;
  readonly depth: number;
  readonly ownerEnd: number;
  readonly targets: readonly number[];
}

const limits: Readonly<Record<TarFormat, Limits>> = {
  gnu: {
    nameBytes: 255,
    depth: 12,
    ownerEnd: 2 ** 32 - 1,
    targets: [1, 58, 59, 60, 61, 100, 101, 255, 4095],
  },
  posix: {
    nameBytes: 255,
    depth: 12,
    ownerEnd: 2 ** 32 - 1,
    targets: [1, 58, 59, 60, 61, 100, 101, 255, 4095],
  },
  ustar: { nameBytes: 40, depth: 3, ownerEnd: 2 ** 21, targets: [1, 58, 59, 60, 61, 99] },
};

const fileSizes = [0, 1, 59, 60, 61, 136, 137, 511, 512, 513, 4095, 4096, 4097, 12_288, 70_000];

/** The longest path that GNU tar may be handed, and the kernel with the folder before it. */
const pathLimitBytes = 3000;

/** Makes one tree and archives it. */
export class RandomTree {
  readonly #random: SeededRandom;
  readonly #folder: string;
  readonly #limits: Limits;
  /** Paths below the folder, latin1, in order of creation. */
  readonly #paths: string[] = [];
  readonly #folders: { readonly path: string; readonly depth: number }[] = [{ path: "", depth: 0 }];
  readonly #linkable: string[] = [];
  readonly #attributes: string[] = [];

  /** @param folder an empty one, to be filled. */
  constructor(seed: number, folder: string, format: TarFormat) {
    this.#random = new SeededRandom(seed);
    this.#folder = folder;
    this.#limits = limits[format];
  }

  /** Fills the folder with `count` nodes of all kinds. */
  fill(count: number): void {
    for (let made = 0; made < count; made++) this.#addNode();
    const dump = join(this.#folder, "..", "attributes");
    writeFileSync(dump, Buffer.from(this.#attributes.join("\n"), "latin1"));
    mustRun("setfattr", ["--no-dereference", `--restore=${dump}`], this.#folder);
    // Last, from the deepest up: what is added to a folder changes its time.
    for (const path of [...this.#paths].reverse()) this.#setTime(path);
    this.#setTime("");
  }

  /**
   * Archives the tree, each name once.
   *
   * @param order `tree`: each folder before what is in it, and all of that before
   *   what comes after it; `shuffled`: an order that has nothing to do with the tree.
   */
  archive(file: string, format: TarFormat, options: { sparse: boolean; order: "tree" | "shuffled" }): void {
    // A slash sorts before all else: nothing comes between a folder and what is in it.
    const keys = this.#paths.map((path) => path.replaceAll("/", "\0")).sort();
    const paths = keys.map((key) => key.replaceAll("\0", "/"));
    const inOrder = options.order === "tree" ? paths : this.#shuffled(paths);
    const names = ["", ...inOrder].map((path) => `./${path}\0`);
    const list = join(this.#folder, "..", "names");
    writeFileSync(list, Buffer.from(names.join(""), "latin1"));
    const how = [`--format=${format}`, "--numeric-owner", ...(options.sparse ? ["--sparse"] : [])];
    const records = format === "posix" ? ["--xattrs", "--xattrs-include=*"] : [];
    const from = ["--null", "--verbatim-files-from", "--no-recursion", `--files-from=${list}`];
    mustRun("tar", ["--create", "--file", file, ...how, ...records, ...from], this.#folder);
  }

  #addNode(): void {
    const random = this.#random;
    const parent = random.pick(this.#folders);
    const path = this.#newPath(parent.path);
    if (path === undefined) return;
    const at = this.#at(path);
    const kind = random.below(20);
    if (kind < 4 && parent.depth < this.#limits.depth) {
      mkdirSync(at);
      this.#folders.push({ path, depth: parent.depth + 1 });
    } else if (kind < 6) {
      symlinkSync(Buffer.from(this.#bytes(random.pick(this.#limits.targets)), "latin1"), at);
      this.#linkable.push(path);
    } else if (kind < 9 && this.#linkable.length > 0) {
      linkSync(this.#at(random.pick(this.#linkable)), at);
    } else if (kind === 9) {
      this.#makeSpecial(at);
      this.#linkable.push(path);
    } else {
      this.#writeFile(at, kind === 10);
      this.#linkable.push(path);
    }
    this.#paths.push(path);
    this.#describe(path, at);
  }

  #writeFile(at: Buffer, sparse: boolean): void {
    const random = this.#random;
    const file = openSync(at, "wx");
    try {
      if (!sparse) {
        writeSync(file, random.bytes(random.pick(fileSizes)));
        return;
      }
      ftruncateSync(file, random.below(2 ** 20));
      for (let part = random.below(6); part > 0; part--) {
        writeSync(file, random.bytes(1 + random.below(9000)), 0, undefined, random.below(2 ** 20));
      }
    } finally {
      closeSync(file);
    }
  }

  #makeSpecial(at: Buffer): void {
    const random = this.#random;
    const type = random.pick(["p", "c", "b"]);
    // The shell hands on bytes that an argument of Node's cannot hold.
    const quoted = at.toString("latin1").replaceAll("'", "'\\''");
    const script = join(this.#folder, "..", "mknod");
    const numbers = type === "p" ? "" : ` ${random.below(4096)} ${random.below(2 ** 20)}`;
    writeFileSync(script, Buffer.from(`mknod -- '${quoted}' ${type}${numbers}\n`, "latin1"));
    mustRun("sh", [script]);
  }

  /** Owner, mode and attributes; where the node has other names too, for all of them. */
  #describe(path: string, at: Buffer): void {
    const random = this.#random;
    lchownSync(at, random.below(this.#limits.ownerEnd), random.below(this.#limits.ownerEnd));
    const stats = lstatSync(at);
    const isPlain = stats.isFile() || stats.isDirectory();
    if (!stats.isSymbolicLink()) chmodSync(at, random.below(2) === 0 ? 0o644 : random.below(0o10000));
    const names = isPlain ? ["user.", "trusted."] : ["trusted."];
    for (let count = Math.max(0, random.below(8) - 4); count > 0; count--) {
      const name = `${random.pick(names)}${this.#letters(1 + random.below(20))}`;
      const value = Buffer.from(random.bytes(1 + random.below(120))).toString("hex");
      this.#attributes.push(`# file: ${quote(path)}`, `${name}=0x${value}`, "");
    }
  }

  #setTime(path: string): void {
    const seconds = this.#random.below(2 ** 31) + this.#random.below(1_000_000) / 1_000_000;
    lutimesSync(this.#at(path), seconds, seconds);
  }

  #at(path: string): Buffer {
    return Buffer.from(path === "" ? this.#folder : `${this.#folder}/${path}`, "latin1");
  }

  #newPath(parent: string): string | undefined {
    const length =
      1 + (this.#random.below(8) === 0 ? this.#random.below(this.#limits.nameBytes) : this.#random.below(12));
    const name = this.#bytes(Math.min(length, this.#limits.nameBytes));
    const path = parent === "" ? name : `${parent}/${name}`;
    const taken = name === "." || name === ".." || name.startsWith(".wh.") || this.#paths.includes(path);
    return taken || path.length > pathLimitBytes ? undefined : path;
  }

  /** Any bytes that a name can have: no NUL, no slash. */
  #bytes(length: number): string {
    const plain = this.#random.below(3) > 0;
    if (plain) return this.#letters(length);
    return Buffer.from(this.#random.bytes(length))
      .toString("latin1")
      .replaceAll("\0", "_")
      .replaceAll("/", "-");
  }

  #letters(length: number): string {
    return Array.from({ length }, () => this.#random.pick([..."abcdefghijklmnopqrstuvwxyz-.0"])).join("");
  }

  #shuffled(items: readonly string[]): string[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.#random.below(last + 1);
      [shuffled[last], shuffled[other]] = [shuffled[other] ?? "", shuffled[last] ?? ""];
    }
    return shuffled;
  }
}

/** A path as setfattr reads it: octal for what could be mistaken. */
function quote(path: string): string {
  return path.replace(/[^a-z0-9/.-]/g, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, "0")}`);
}
