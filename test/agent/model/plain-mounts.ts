/** The guest's table of mounts, written from the facts about `hostMounts`. Paths are taken as they are: clean. */

/** One entry. */
export interface PlainMount {
  readonly kind: "layer" | "scratch" | "overlay";
  /** The slot of a disk; an overlay's own path. */
  readonly source: string;
  readonly encrypted: boolean;
  usage: number;
  /** Where an overlay's layers and scratch are, a path for each use. */
  readonly references: readonly string[];
}

/** What is mounted where. */
export class PlainMounts {
  readonly #mounts: Map<string, PlainMount> = new Map();

  get(path: string): PlainMount | undefined {
    return this.#mounts.get(path);
  }

  /** @returns false where something is there. */
  add(path: string, kind: "layer" | "scratch", source: string, encrypted: boolean): boolean {
    if (this.#mounts.has(path)) return false;
    this.#mounts.set(path, { kind, source, encrypted, usage: 0, references: [] });
    return true;
  }

  /** @param parts layers and scratch; one that stands there twice counts twice. */
  addOverlay(path: string, parts: readonly string[]): boolean {
    if (this.#mounts.has(path)) return false;
    const references = parts.flatMap((part) => this.over(part) ?? []);
    for (const reference of references) this.#count(reference, 1);
    this.#mounts.set(path, { kind: "overlay", source: path, encrypted: false, usage: 0, references });
    return true;
  }

  /** Whether an entry may go: it is of this kind, source and encryption, and nothing uses it. */
  isRemovable(path: string, kind: PlainMount["kind"], source: string, encrypted: boolean): boolean {
    const mount = this.#mounts.get(path);
    if (mount === undefined) return true;
    const isMeant = mount.kind === kind && mount.source === source && mount.encrypted === encrypted;
    return isMeant && mount.usage === 0;
  }

  remove(path: string): void {
    for (const reference of this.#mounts.get(path)?.references ?? []) this.#count(reference, -1);
    this.#mounts.delete(path);
  }

  /** The longest path of a mount that holds another path, by component. */
  over(path: string): string | undefined {
    const holding = [...this.#mounts.keys()].filter((each) => each === path || path.startsWith(`${each}/`));
    return holding.sort((a, b) => b.length - a.length)[0];
  }

  isEncrypted(path: string): boolean {
    return this.#mounts.get(this.over(path) ?? "")?.encrypted ?? false;
  }

  /** All of them, ordered by path. */
  entries(): readonly (readonly [path: string, mount: PlainMount])[] {
    return [...this.#mounts].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #count(path: string, by: number): void {
    const mount = this.#mounts.get(path);
    if (mount !== undefined) mount.usage += by;
  }
}
