/**
 * Writes a compact ext4 image in one pass, byte for byte as hcsshim's
 * `compactext4` does (`ext4/internal/compactext4/compact.go` at 7c9ff7f48).
 * The image is read-only, has no journal and no checksums; what follows from
 * the order of the calls and the options alone is in it, and nothing else.
 *
 * Memory: about 35 bytes a file and its name, where the neighbours have nothing
 * unusual, and up to 200 bytes for a short link target, small content or
 * attributes. Content goes through.
 */
import { UsageError } from "../errors.ts";
import { finishContent } from "./compact-content.ts";
import { writeImageEnd } from "./compact-end.ts";
import { type CompactFile, compactFile } from "./compact-file.ts";
import { descriptorBlocks, diskSizeLimitBytes, FIRST_ORDINARY_INODE } from "./compact-layout.ts";
import type { CompactPath } from "./compact-path.ts";
import { CompactTree, type Place, refused } from "./compact-tree.ts";
import type { ImageOutput } from "./image-output.ts";
import { ImageStream } from "./image-stream.ts";
import { FILE_TYPE_MASK, fileTypeMode, inodeFlag, inodeNumber, MAX_LINKS } from "./inode.ts";
import { InodeFiles } from "./inode-files.ts";
import { inodeColumn } from "./inode-records.ts";

/** What changes an image besides its files. */
export interface CompactOptions {
  /**
   * A hard limit on what is written, and the size for which group descriptors
   * are set aside: it shows in the root hash. Absent or 0: 16 GiB; negative or
   * above 16 TiB: 16 TiB.
   */
  readonly maximumDiskSizeBytes?: number;
  /** Keep regular files of up to 136 bytes in their inodes. */
  readonly inlineData?: boolean;
}

/** What became of an image. */
export interface CompactImage {
  readonly sizeBytes: number;
  /** The number of the last inode in use. */
  readonly inodes: number;
  readonly groups: number;
}

const knownTypes: ReadonlySet<number> = new Set(Object.values(fileTypeMode));

/**
 * The writer. One call at a time, each awaited; after one that failed the image
 * is lost and the writer takes no more.
 */
export class CompactWriter {
  readonly #stream: ImageStream;
  readonly #tree = new CompactTree();
  readonly #descriptorBlocks: number;
  readonly #inlineData: boolean;
  readonly #files: InodeFiles;
  #started = false;
  /** The inode whose content is being written, its path, and how far it got; 0 for none. */
  #current = 0;
  #currentPath: CompactPath = [];
  #startBlock = 0;
  #writtenBytes = 0;
  #expectedBytes = 0;

  /** @param output takes the image; it is not closed by the writer. */
  constructor(output: ImageOutput, options: CompactOptions = {}) {
    const limitBytes = diskSizeLimitBytes(options.maximumDiskSizeBytes);
    this.#stream = new ImageStream(output, limitBytes);
    this.#descriptorBlocks = descriptorBlocks(limitBytes);
    this.#inlineData = options.inlineData ?? false;
    this.#files = new InodeFiles(this.#tree, this.#stream, this.#inlineData);
  }

  /**
   * Creates the directories above `path` that are not there, each with the mode,
   * the owner and the times of the directory it is in.
   *
   * @throws {FormatError} as `create`.
   */
  async makeParents(path: CompactPath): Promise<void> {
    const finishing = this.#finishFile();
    if (finishing) await finishing;
    let parent: number = inodeNumber.root;
    for (let i = 0; i < path.length - 1; i++) {
      const name = path[i] as string;
      let child = this.#tree.child(parent, name);
      if (child === undefined) {
        const place = this.#tree.placeIn(parent, name, path);
        const creating = this.#createAt(path, place, this.#files.metadata(parent));
        child = creating instanceof Promise ? await creating : creating;
      }
      parent = child;
    }
  }

  /**
   * Creates a file, or puts one in the place of another: a directory's metadata
   * is replaced; another file keeps its inode where it has one name, and must
   * have no data blocks then. Attributes in the old inode stay where the new file
   * does not name them; those in a block are lost. The content of a regular file
   * is to be written next, all of it.
   *
   * @throws {FormatError} `bad-name`, `missing-parent`, `cannot-replace`, `too-many-links`,
   *   `does-not-fit` (a file above 128 GiB, attributes), `disk-full`; `truncated` where the file
   *   before lacks content.
   */
  async create(path: CompactPath, file: CompactFile): Promise<void> {
    const finishing = this.#finishFile();
    if (finishing) await finishing;
    const creating = this.#createAt(path, this.#tree.lookup(path), file);
    if (creating instanceof Promise) await creating;
  }

  /**
   * Gives a file a further name.
   *
   * @throws {FormatError} `bad-name`, `missing-parent`, `missing-target`, `is-directory`,
   *   `cannot-replace`, `too-many-links`; `truncated` as `create`.
   */
  async link(target: CompactPath, path: CompactPath): Promise<void> {
    const finishing = this.#finishFile();
    if (finishing) await finishing;
    const tree = this.#tree;
    const place = tree.lookup(path);
    const existing = place.inode;
    if (existing !== undefined && (tree.isDirectory(existing) || tree.links(existing) < 2)) {
      throw refused("cannot-replace", path, "cannot orphan existing file or directory by a hard link");
    }
    const inode = tree.lookupExisting(target);
    if (tree.isDirectory(inode)) {
      throw refused("is-directory", path, "link target cannot be a directory");
    }
    if (existing !== inode && tree.links(inode) >= MAX_LINKS) {
      throw refused("too-many-links", path, `link target would exceed the maximum of ${MAX_LINKS} links`);
    }
    if (existing !== undefined) tree.addLinks(existing, -1);
    tree.addLinks(inode, 1);
    tree.setChild(place.directory, place.name, inode);
  }

  /**
   * What was written about a file, its times as the image keeps them and all
   * its attributes: enough to create it again.
   *
   * @throws {FormatError} `missing-target` and as `create`; `cannot-replace` for a link target that
   *   went into a block.
   */
  async stat(path: CompactPath): Promise<CompactFile> {
    const finishing = this.#finishFile();
    if (finishing) await finishing;
    return this.#files.describe(path, this.#tree.lookupExisting(path));
  }

  /**
   * Writes the next bytes of the regular file that was created last. They are the
   * caller's again when the call returns, or when its promise settles.
   *
   * @throws {FormatError} `does-not-fit` beyond the file's size, `disk-full`.
   */
  write(bytes: Uint8Array): void | Promise<void> {
    if (bytes.length === 0) return;
    const content = this.#inlineContent(bytes.length);
    if (content === undefined) return this.#stream.append(bytes);
    content.set(bytes);
  }

  /** The same for a run of zeros. */
  writeZeros(lengthBytes: number): void | Promise<void> {
    if (lengthBytes === 0) return;
    // Inline content is zero at first.
    if (this.#inlineContent(lengthBytes) === undefined) return this.#stream.appendZeros(lengthBytes);
  }

  /**
   * Writes the directories, the inodes, the bitmaps and the superblock.
   *
   * @throws {FormatError} `disk-full`; `truncated` as `create`.
   */
  async close(): Promise<CompactImage> {
    const finishing = this.#finishFile();
    if (finishing) await finishing;
    return writeImageEnd(this.#tree, this.#stream, {
      descriptorBlocks: this.#descriptorBlocks,
      inlineData: this.#inlineData,
    });
  }

  /** Counts what is written; gives where it goes if it stays in the inode. */
  #inlineContent(lengthBytes: number): Uint8Array | undefined {
    const offset = this.#writtenBytes;
    if (this.#current === 0 || offset + lengthBytes > this.#expectedBytes) {
      throw refused(
        "does-not-fit",
        this.#currentPath,
        `wrote too much: ${offset + lengthBytes} bytes instead of ${this.#expectedBytes}`,
      );
    }
    this.#writtenBytes += lengthBytes;
    const { inodes, arena } = this.#tree;
    if ((inodes.get(this.#current, inodeColumn.flags) & inodeFlag.inlineData) === 0) return undefined;
    const content = arena.at(inodes.get(this.#current, inodeColumn.place), this.#expectedBytes);
    return content.subarray(offset, offset + lengthBytes);
  }

  /** Writes what an image starts with: room for block 0 and the descriptors, the root, lost+found. */
  async #start(): Promise<void> {
    this.#started = true;
    await this.#stream.reserve(1 + this.#descriptorBlocks);
    const { inodes } = this.#tree;
    // Inode 1 is for bad blocks; those from 3 on are reserved for other things that are not here.
    inodes.add();
    const mode = fileTypeMode.directory | 0o755;
    await this.#files.store([], inodes.add(), mode, compactFile({ mode }));
    this.#tree.addLinks(inodeNumber.root, 2);
    while (inodes.count < FIRST_ORDINARY_INODE - 1) inodes.add();
    const path = ["lost+found"];
    const file = compactFile({ mode: fileTypeMode.directory | 0o700 });
    await this.#createAt(path, this.#tree.lookup(path), file);
  }

  #createAt(path: CompactPath, place: Place, file: CompactFile): number | Promise<number> {
    const type = file.mode & FILE_TYPE_MASK || fileTypeMode.regular;
    if (!knownTypes.has(type)) {
      throw new UsageError("invalid-argument", `mode 0o${file.mode.toString(8)} has no type of file`);
    }
    const tree = this.#tree;
    const reused = this.#reusedInode(path, place, type === fileTypeMode.directory);
    const inode = reused ?? tree.inodes.add();
    if (reused === undefined && type === fileTypeMode.directory) tree.addLinks(inode, 1);
    const storing = this.#files.store(path, inode, (file.mode & 0xfff) | type, file);
    const end = (): number => {
      if (reused === undefined) this.#enter(place, inode, type);
      if (type === fileTypeMode.regular) this.#startContent(path, inode, file.sizeBytes);
      return inode;
    };
    return storing ? storing.then(end) : end();
  }

  /** Puts a new inode where its path leads. */
  #enter({ directory, name, inode: existing }: Place, inode: number, type: number): void {
    const tree = this.#tree;
    if (existing !== undefined) tree.addLinks(existing, -1);
    tree.setChild(directory, name, inode);
    tree.addLinks(inode, 1);
    if (type === fileTypeMode.directory) tree.addLinks(directory, 1);
  }

  /** The inode that a new file takes over, or undefined where it gets one of its own. */
  #reusedInode(path: CompactPath, { directory, inode }: Place, forDirectory: boolean): number | undefined {
    const tree = this.#tree;
    if (inode === undefined) {
      if (forDirectory && tree.links(directory) >= MAX_LINKS) {
        throw refused("too-many-links", path, `exceeded the parent's maximum of ${MAX_LINKS} links`);
      }
      return undefined;
    }
    if (tree.isDirectory(inode)) {
      if (!forDirectory) throw refused("cannot-replace", path, "cannot replace a directory with a file");
      return inode;
    }
    if (forDirectory) throw refused("cannot-replace", path, "cannot replace a file with a directory");
    if (tree.links(inode) >= 2) return undefined;
    // Its blocks are written and cannot be given back.
    if ((tree.inodes.get(inode, inodeColumn.flags) & inodeFlag.extents) !== 0) {
      throw refused("cannot-replace", path, "cannot overwrite file with non-inline data");
    }
    return inode;
  }

  #startContent(path: CompactPath, inode: number, sizeBytes: number): void {
    this.#current = inode;
    this.#currentPath = path;
    this.#startBlock = this.#stream.block;
    this.#writtenBytes = 0;
    this.#expectedBytes = sizeBytes;
  }

  /** Ends the file whose content was written. Nothing to wait for where it had none. */
  #finishFile(): void | Promise<void> {
    if (!this.#started) return this.#start();
    if (this.#current === 0) return;
    const inode = this.#current;
    const writtenBytes = this.#writtenBytes;
    const expectedBytes = this.#expectedBytes;
    if (writtenBytes !== expectedBytes) {
      const why = `did not write the right amount: ${writtenBytes} bytes instead of ${expectedBytes}`;
      throw refused("truncated", this.#currentPath, why);
    }
    this.#current = 0;
    this.#writtenBytes = 0;
    this.#expectedBytes = 0;
    const isInline = (this.#tree.inodes.get(inode, inodeColumn.flags) & inodeFlag.inlineData) !== 0;
    if (expectedBytes !== 0 && !isInline)
      return finishContent(this.#tree, this.#stream, inode, this.#startBlock);
  }
}
