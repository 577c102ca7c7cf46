/**
 * What is mounted where, and how often it is used. Traces of hcsshim's `hostMounts` (`runtime/hcsv2/uvm_state.go`)
 * hold its order of checks and its words; the one thing that differs is that an entry whose mount failed is taken
 * back by its owner.
 *
 * A path is used by the mount with the longest path that contains it, by whole components.
 */
import { StateError } from "../errors.ts";
import { cleanPath, isWithin } from "./guest-path.ts";

/** What is mounted: a layer, scratch, or layers over each other. */
export type MountKind = "RO" | "RW" | "Overlay";

/** One mount, as data. */
export interface MountEntry {
  readonly path: string;
  readonly kind: MountKind;
  /** The device as Linux would call it; of an overlay its own path. */
  readonly source: string;
  /** What the host asked for: scratch is sealed in any case. */
  readonly encrypted: boolean;
  /** How many uses overlays make of it. */
  readonly usage: number;
  /** Of an overlay: paths of the mounts that it uses, as often as it does. */
  readonly references: readonly string[];
}

/** See the head of this file. */
export class MountTable {
  #mounts: ReadonlyMap<string, MountEntry> = new Map();

  /** All mounts, in the order of their paths. */
  entries(): MountEntry[] {
    return [...this.#mounts.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** The mount at a path. */
  at(path: string): MountEntry | undefined {
    return this.#mounts.get(cleanPath(path));
  }

  /** The mount that a path lies in. */
  containing(path: string): MountEntry | undefined {
    const clean = cleanPath(path);
    let longest: MountEntry | undefined;
    for (const mount of this.#mounts.values()) {
      if (isWithin(clean, mount.path) && mount.path.length > (longest?.path.length ?? -1)) longest = mount;
    }
    return longest;
  }

  /** Whether the mount that a path lies in is one that the host asked to have encrypted; false where it lies in none. */
  isEncrypted(path: string): boolean {
    return this.containing(path)?.encrypted ?? false;
  }

  /** Whether an overlay is mounted at a path. */
  hasOverlayAt(path: string): boolean {
    return this.at(path)?.kind === "Overlay";
  }

  /** @throws {StateError} `busy` where something is mounted there. */
  addReadOnly(path: string, source: string): void {
    this.#add({ path: cleanPath(path), kind: "RO", source, encrypted: false, usage: 0, references: [] });
  }

  /** @throws {StateError} `busy` where something is mounted there. */
  addWritable(path: string, source: string, encrypted: boolean): void {
    this.#add({ path: cleanPath(path), kind: "RW", source, encrypted, usage: 0, references: [] });
  }

  /**
   * Adds an overlay, and counts a use of every mount that a layer or the scratch lies in, also twice of one.
   * Paths in no mount count for nothing here: the policy is to refuse them.
   *
   * @param scratch empty for none.
   * @throws {StateError} `busy` where something is mounted there.
   */
  addOverlay(path: string, layers: readonly string[], scratch: string): void {
    const clean = cleanPath(path);
    const used = [...layers, scratch].map((each) => this.containing(each));
    const references = used.flatMap((mount) => (mount === undefined ? [] : [mount.path]));
    this.#add({ path: clean, kind: "Overlay", source: clean, encrypted: false, usage: 0, references });
    this.#count(references, 1);
  }

  /** Removes a layer; where nothing is mounted there, there is nothing to do. @throws as `#remove`. */
  removeReadOnly(path: string, source: string): void {
    this.#remove(path, { kind: "RO", source, encrypted: false });
  }

  /** Removes scratch; as `removeReadOnly`. */
  removeWritable(path: string, source: string, encrypted: boolean): void {
    this.#remove(path, { kind: "RW", source, encrypted });
  }

  /** Removes an overlay, and the uses that it makes; as `removeReadOnly`. */
  removeOverlay(path: string): void {
    const removed = this.#remove(path, { kind: "Overlay", source: cleanPath(path), encrypted: false });
    if (removed !== undefined) this.#count(removed.references, -1);
  }

  /** All that is mounted, to be handed to `restore`. */
  snapshot(): ReadonlyMap<string, MountEntry> {
    return this.#mounts;
  }

  /** Makes everything what it was. */
  restore(snapshot: ReadonlyMap<string, MountEntry>): void {
    this.#mounts = snapshot;
  }

  #add(mount: MountEntry): void {
    if (this.#mounts.has(mount.path)) {
      throw busy(mount.path, `device at mount path ${quoted(mount.path)} already exists`);
    }
    this.#mounts = new Map([...this.#mounts, [mount.path, mount]]);
  }

  #remove(path: string, expected: Pick<MountEntry, "kind" | "source" | "encrypted">): MountEntry | undefined {
    const mount = this.at(path);
    if (mount === undefined) return undefined;
    const { kind, source, encrypted } = expected;
    const refuse = (why: string): never => {
      throw busy(mount.path, why);
    };
    if (source !== mount.source) refuse(`wrong sourcePath ${source}, expected ${mount.source}`);
    if (kind !== mount.kind) refuse(`wrong device type ${kind}, expected ${mount.kind}`);
    if (encrypted !== mount.encrypted) {
      refuse(`encrypted flag wrong, provided ${encrypted}, expected ${mount.encrypted}`);
    }
    if (mount.usage > 0) refuse(`device at ${quoted(mount.path)} is still in use, can't unmount`);
    const left = new Map(this.#mounts);
    left.delete(mount.path);
    this.#mounts = left;
    return mount;
  }

  #count(paths: readonly string[], step: number): void {
    const counted = new Map(this.#mounts);
    for (const path of paths) {
      const mount = counted.get(path);
      if (mount !== undefined) counted.set(path, { ...mount, usage: mount.usage + step });
    }
    this.#mounts = counted;
  }
}

function busy(path: string, why: string): StateError {
  return new StateError("busy", why, { at: { path } });
}

/** As Go's `%q` has it; paths that come this far hold nothing that needs more. */
function quoted(path: string): string {
  return JSON.stringify(path);
}
