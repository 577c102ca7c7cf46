/**
 * Verifying a whole device: every data block against its leaf, every hash
 * block against its parent, the top against the root hash, in one pass; all
 * errors are reported, not only the first.
 *
 * ## Security
 * A block counts as readable only if every digest from it to the root hash is
 * right and no spare area on the way holds anything: what `VerityDevice` would
 * return, and what the kernel would not answer with EIO.
 *
 * ## Performance
 * Data is hashed in batches while the next are being read. Memory is bounded
 * whatever the host does: the batches, levels × 256 KiB, and what is
 * kept of errors (1,000,000 ranges at most).
 */

import { equalBytes } from "../bytes/compare.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { singleThreadDigests } from "./block-digester.ts";
import type { UnreadBlock } from "./block-reads.ts";
import type { DataDigests, DigestBatch, VerityProgress } from "./data-digests.ts";
import { checkFits, type GeometryOptions, type TreeGeometry, treeGeometry } from "./geometry.ts";
import { checkIdentity, type VerityIdentity } from "./identity.ts";
import { defaultPlacement, firstHashBlock, type VerityPlacement } from "./placement.ts";
import type { BlockRepairer } from "./repair.ts";
import { checkedRepair } from "./repair-check.ts";
import { matchSuperblock, readSuperblock, type Superblock } from "./superblock.ts";
import { TreeWalk } from "./tree-walk.ts";
import { VerifyFindings, type VerityReport } from "./verify-report.ts";

/** What is verified. The identity and placement are the caller's; both devices are the host's. */
export interface VerityVerifyOptions extends GeometryOptions {
  readonly data: BlockDevice;
  readonly hash: BlockDevice;
  readonly identity: VerityIdentity;
  /** A superblock at byte 0 unless given. */
  readonly placement?: VerityPlacement;
  /** The superblock, where the caller has fetched and parsed it already: it is then not fetched again. */
  readonly superblock?: Superblock;
  /** Who hashes the data; this thread unless given. */
  readonly digests?: DataDigests;
  /** Forward error correction: bad blocks are offered to it, and what it returns is checked again. */
  readonly repairer?: BlockRepairer;
  readonly onProgress?: (progress: VerityProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Verifies a device. Blocks that are wrong or cannot be read are reported,
 * not thrown.
 *
 * @throws {UsageError} `invalid-argument` for an identity or placement that cannot be.
 * @throws {FormatError} for a malformed superblock; `does-not-fit` where data or tree are larger
 *   than their device, or meet on one.
 * @throws {IntegrityError} `identity-mismatch` for a superblock that is not the identity's.
 * @throws {DeviceError} when a device is gone or does not answer.
 * @throws the signal's reason after an abort.
 */
export async function verifyVerity(options: VerityVerifyOptions): Promise<VerityReport> {
  const { data, hash, identity, repairer, signal } = options;
  const placement = options.placement ?? defaultPlacement;
  checkIdentity(identity);
  signal?.throwIfAborted();
  const io = signal === undefined ? {} : { signal };
  if (placement.superblock) {
    const offsetBytes = placement.hashOffsetBytes;
    const superblock = options.superblock ?? (await readSuperblock(hash, offsetBytes, io));
    matchSuperblock(superblock, identity, { device: hash.name, offsetBytes });
  }
  const first = firstHashBlock(placement, identity.hashBlockSize);
  const geometry = treeGeometry(identity, identity.dataBlocks, first, options);
  checkFits(geometry, placement, data, hash);
  const findings = new VerifyFindings(geometry);
  const source = options.digests ?? singleThreadDigests;
  const { createHasher } = source;
  const walk = await TreeWalk.create({ hash, identity, geometry, findings, repairer, createHasher, signal });
  const verifier = new DataVerifier(identity, geometry, walk, findings, repairer, signal);
  try {
    const { dataBlocks } = identity;
    const request = { device: data, parameters: identity, dataBlocks, onReadError: "report", ...io } as const;
    for await (const batch of source.digests(request)) {
      await verifier.verify(batch);
      options.onProgress?.({ doneBlocks: batch.firstBlock + batch.count, totalBlocks: dataBlocks });
    }
    return findings.report();
  } finally {
    walk.close();
  }
}

/** Holds batches of data digests against the leaves. */
class DataVerifier {
  readonly #identity: VerityIdentity;
  readonly #geometry: TreeGeometry;
  readonly #walk: TreeWalk;
  readonly #findings: VerifyFindings;
  readonly #repairer: BlockRepairer | undefined;
  readonly #signal: AbortSignal | undefined;
  /** Whether a leaf holds its digests packed, with nothing between them. */
  readonly #packed: boolean;

  constructor(
    identity: VerityIdentity,
    geometry: TreeGeometry,
    walk: TreeWalk,
    findings: VerifyFindings,
    repairer: BlockRepairer | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#identity = identity;
    this.#geometry = geometry;
    this.#walk = walk;
    this.#findings = findings;
    this.#repairer = repairer;
    this.#signal = signal;
    this.#packed = geometry.slotSizeBytes === geometry.digestSizeBytes;
  }

  async verify(batch: DigestBatch): Promise<void> {
    const { digestsPerBlock, digestSizeBytes, slotSizeBytes } = this.#geometry;
    for (const { block, cause } of batch.unread) this.#findings.readFailed({ block, cause });
    if (this.#geometry.levels.length === 0) return await this.#verifyOnly(batch);
    const end = batch.firstBlock + batch.count;
    for (let block = batch.firstBlock; block < end; ) {
      const index = Math.floor(block / digestsPerBlock);
      const leaf = this.#walk.at(0, index) ?? (await this.#walk.walkTo(0, index));
      const slot = block % digestsPerBlock;
      const count = Math.min(end - block, digestsPerBlock - slot);
      const from = (block - batch.firstBlock) * digestSizeBytes;
      const digests = batch.digests.subarray(from, from + count * digestSizeBytes);
      const slots = leaf.bytes.subarray(slot * slotSizeBytes, (slot + count) * slotSizeBytes);
      const unread = batch.unread.length > 0;
      if (unread || !this.#packed || !equalBytes(digests, slots)) {
        await this.#verifyEach(block, digests, slots, leaf.good, batch.unread);
      }
      block += count;
    }
  }

  async #verifyEach(
    firstBlock: number,
    digests: Uint8Array,
    slots: Uint8Array,
    leafGood: boolean,
    unread: readonly UnreadBlock[],
  ): Promise<void> {
    const { digestSizeBytes, slotSizeBytes } = this.#geometry;
    const unreadBlocks = new Set(unread.map(({ block }) => block));
    for (let i = 0; i * digestSizeBytes < digests.length; i++) {
      const block = firstBlock + i;
      const digest = digests.subarray(i * digestSizeBytes, (i + 1) * digestSizeBytes);
      const expected = slots.subarray(i * slotSizeBytes, i * slotSizeBytes + digestSizeBytes);
      const isRead = !unreadBlocks.has(block);
      if (isRead && equalBytes(digest, expected)) continue;
      if (isRead) this.#findings.dataMismatch(block);
      // Under a bad leaf the block is unreadable already, and its digest unknown.
      if (leafGood) await this.#refuseOrRepair(block, expected);
    }
  }

  /** A single data block without a tree: its digest is the root hash. */
  async #verifyOnly(batch: DigestBatch): Promise<void> {
    const { rootHash } = this.#identity;
    if (batch.unread.length === 0 && equalBytes(batch.digests, rootHash)) {
      this.#findings.rootHashMatches();
    } else if (await this.#refuseOrRepair(0, rootHash)) {
      this.#findings.rootHashMatches();
    }
  }

  async #refuseOrRepair(block: number, expected: Uint8Array): Promise<boolean> {
    const rebuilt = await checkedRepair(
      (wanted) => this.#repairer?.repairDataBlock(block, wanted, this.#signal),
      (bytes) => this.#walk.digestOf(bytes),
      {
        wanted: expected,
        sizeBytes: this.#identity.dataBlockSize,
        onFailure: (cause) => this.#findings.readFailed({ block, cause }),
      },
    );
    if (rebuilt === undefined) this.#findings.unreadable(block);
    else this.#findings.repaired(block);
    return rebuilt !== undefined;
  }
}
