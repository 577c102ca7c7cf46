/**
 * The `newc` cpio archive that Linux unpacks as its first root file system
 * (kernel `Documentation/driver-api/early-userspace/buffer-format.rst`): per
 * entry thirteen hex fields, the name and the content, each padded to 4 bytes.
 */

const kinds = { folder: 0o040755, file: 0o100755, characterDevice: 0o020600 } as const;

export class CpioArchive {
  readonly #parts: Buffer[] = [];
  readonly #names: Set<string> = new Set();

  /** Adds a file, and the folders above it that are not there yet. `path` is absolute; a path added twice is kept once. */
  addFile(path: string, content: Uint8Array): void {
    this.#addParents(path);
    this.#add(path, kinds.file, content);
  }

  addFolder(path: string): void {
    this.#addParents(path);
    this.#add(path, kinds.folder);
  }

  /** Adds a device node, whose numbers are Linux's own (`Documentation/admin-guide/devices.txt`). */
  addCharacterDevice(path: string, major: number, minor: number): void {
    this.#addParents(path);
    this.#add(path, kinds.characterDevice, undefined, [major, minor]);
  }

  /** The whole archive, with its trailer. */
  finish(): Buffer {
    this.#add("/TRAILER!!!", 0);
    return Buffer.concat(this.#parts);
  }

  #addParents(path: string): void {
    const names = path.split("/").slice(1, -1);
    for (let depth = 1; depth <= names.length; depth++) {
      this.#add(`/${names.slice(0, depth).join("/")}`, kinds.folder);
    }
  }

  #add(
    path: string,
    mode: number,
    content: Uint8Array = new Uint8Array(0),
    [major, minor]: readonly [number, number] = [0, 0],
  ): void {
    if (this.#names.has(path)) return;
    this.#names.add(path);
    const name = Buffer.from(`${path.slice(1)}\0`);
    const fields = [
      ...[this.#names.size, mode, 0, 0, 1, 0, content.length],
      ...[0, 0, major, minor, name.length, 0],
    ];
    const header = fields.map((field) => field.toString(16).padStart(8, "0")).join("");
    this.#parts.push(pad(Buffer.concat([Buffer.from(`070701${header}`), name])), pad(content));
  }
}

function pad(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
