/** Random calls of `fs/promises` on paths of few names, so that they meet. */
import type { Call } from "./node-pair.ts";

const names = ["a", "b", "c", "d", "a", "b", "é", "n".repeat(255)];

/** A generator of calls; the same seed gives the same. */
export class RandomCalls {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  next(): Call {
    const kinds: readonly (readonly [weight: number, make: () => Call])[] = [
      [14, () => ["mkdir", this.#path(), this.#one([undefined, this.#mode(), { mode: this.#mode() }])]],
      [8, () => ["mkdir", this.#path(), { recursive: true, mode: this.#one([0o777, 0o700, "750"]) }]],
      [16, () => ["writeFile", this.#path(), this.#text(), this.#writeOptions()]],
      [6, () => ["appendFile", this.#path(), this.#text()]],
      [20, () => this.#handle()],
      [18, () => ["rename", this.#path(), this.#path()]],
      [8, () => ["link", this.#path(), this.#path()]],
      [10, () => ["symlink", this.#target(), this.#path()]],
      [6, () => ["unlink", this.#path()]],
      [5, () => ["rmdir", this.#path()]],
      [3, () => ["rm", this.#plain(), this.#one([undefined, { recursive: true }, { force: true }])]],
      [6, () => ["chmod", this.#path(), this.#mode()]],
      [5, () => [this.#one(["chown", "lchown"]), this.#path(), this.#owner(), this.#owner()]],
      [2, () => [this.#one(["utimes", "lutimes"]), this.#path(), this.#below(1e9), this.#below(1e9)]],
      [5, () => ["truncate", this.#path(), this.#below(9000)]],
      [6, () => ["copyFile", this.#path(), this.#path(), this.#one([0, 1])]],
      [5, () => ["cp", this.#plain(), this.#plain(), this.#copyOptions()]],
      [4, () => [this.#one(["stat", "lstat"]), this.#path()]],
      [4, () => ["readFile", this.#path()]],
      [4, () => ["readdir", this.#path(), this.#one([undefined, { withFileTypes: true }])]],
      [2, () => ["readdir", this.#plain(), { withFileTypes: true, recursive: true }]],
      [2, () => [this.#one(["readlink", "realpath", "access"]), this.#path()]],
    ];
    let at = this.#below(kinds.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, make] of kinds) {
      if (at < weight) return make();
      at -= weight;
    }
    throw new Error("unreachable");
  }

  #handle(): Call {
    const { O_RDWR, O_CREAT, O_NOFOLLOW, O_DIRECTORY, O_EXCL, O_TRUNC } = flagBits;
    const numbers = [
      O_NOFOLLOW,
      O_DIRECTORY,
      O_RDWR | O_CREAT | O_NOFOLLOW,
      O_CREAT | O_DIRECTORY,
      O_EXCL,
      O_TRUNC,
    ];
    const flags = this.#one(["r", "r+", "w", "wx", "w+", "a", "a+", "ax+", "as", ...numbers]);
    const steps: Call[] = [];
    for (let left = this.#below(5); left > 0; left--) steps.push(this.#step());
    return ["handle", this.#path(), flags, this.#mode(), ...steps];
  }

  #step(): Call {
    const position = this.#one([null, null, this.#below(6000)]);
    return this.#one<() => Call>([
      () => ["write", this.#text(), position],
      () => ["write", Buffer.from("0123456789"), 2, 5, position],
      () => ["writev", [Buffer.from("one"), Buffer.from("two")], position],
      () => ["read", { length: 5, position }],
      () => ["read", Buffer.alloc(9), 1, 7, position],
      () => ["readv", [Buffer.alloc(3), Buffer.alloc(4)], position],
      () => ["readFile", "utf8"],
      () => ["writeFile", this.#text()],
      () => ["appendFile", [this.#text(), "and more"]],
      () => ["truncate", this.#below(7000)],
      () => ["chmod", this.#mode()],
      () => ["chown", this.#owner(), this.#owner()],
      () => ["stat"],
      () => ["sync"],
    ])();
  }

  #writeOptions(): object {
    return { flag: this.#one(["w", "w", "wx", "a", "r+"]), mode: this.#mode() };
  }

  #copyOptions(): object {
    return {
      recursive: this.#one([true, true, false]),
      force: this.#one([true, false]),
      errorOnExist: this.#one([true, false]),
      verbatimSymlinks: this.#one([true, false]),
    };
  }

  /** A path as people write them, and as they should not. */
  #path(): string {
    const plain = this.#plain();
    const odd = this.#below(40);
    if (odd === 0) return `${plain}/`;
    if (odd === 1) return `${plain}/.`;
    if (odd === 2) return `${plain}/..`;
    if (odd === 3) return plain.replace(/\/([^/]*)$/u, "//./$1");
    if (odd === 4) return `${plain}/../${this.#name()}`;
    if (odd === 5) return `/${"n".repeat(256)}`;
    return plain;
  }

  #plain(): string {
    const depth = 1 + this.#one([0, 0, 0, 1, 1, 2]);
    return Array.from({ length: depth }, () => `/${this.#name()}`).join("");
  }

  #target(): string {
    return this.#one([this.#plain(), this.#name(), `${this.#name()}/${this.#name()}`, `${this.#name()}/`]);
  }

  #text(): string {
    return `${this.#below(1000)} `.repeat(this.#one([0, 1, 5, 1500]));
  }

  #owner(): number {
    return this.#one([-1, 0, 1, 70_000]);
  }

  #mode(): number {
    return this.#one([0o644, 0o755, 0o4755, 0o2775, 0o2644, 0o6711, 0o1777, 0, 0o7777]);
  }

  #name(): string {
    return this.#one(names);
  }

  #one<Item>(items: readonly Item[]): Item {
    return items[this.#below(items.length)] as Item;
  }

  /** mulberry32. */
  #below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let value = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) % limit;
  }
}

const flagBits = {
  O_RDWR: 2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_TRUNC: 0o1000,
  O_DIRECTORY: 0o200000,
  O_NOFOLLOW: 0o400000,
} as const;
