/**
 * The digests of a layer's blocks.
 *
 * ## Performance
 * Memory: 32 bytes a block, but for long runs of zero blocks, which an archive
 * can claim without holding them: 4096 of them are a reference to digests that
 * are there once, so that 16 TiB of holes take 8 MiB.
 */
import { equalBytes } from "../../bytes/compare.ts";
import { fromHex } from "../../bytes/hex.ts";
import { invariant } from "../../errors.ts";

const digestSize = 32;
const pieceLeaves = 4096;
const pieceBytes = pieceLeaves * digestSize;

/** SHA-256 of 32 zero bytes, the salt, and a block of 4096 of them. */
const zeroDigest: Readonly<Uint8Array> = fromHex(
  "2e534ef0107d592d1706ac38ad58596b85ef3375d360a6d669f974792df5cb5a",
  "digest",
);

/** See the head of this file. Digests come in order. */
export class LeafTable {
  /** Each of so many digests; the last one is filled up to `count`. */
  readonly #pieces: Uint8Array[] = [];
  #zeros: Uint8Array | undefined;
  #count = 0;

  /** A table of digests that lie packed. */
  static of(digests: Uint8Array): LeafTable {
    const table = new LeafTable();
    table.push(digests);
    return table;
  }

  /** How many digests there are. */
  get count(): number {
    return this.#count;
  }

  /** Adds digests, packed; copied. */
  push(digests: Uint8Array): void {
    invariant(digests.length % digestSize === 0, "leaves are whole digests");
    for (let taken = 0; taken < digests.length; ) {
      const at = (this.#count % pieceLeaves) * digestSize;
      if (at === 0) this.#pieces.push(new Uint8Array(pieceBytes));
      const piece = this.#pieces.at(-1) as Uint8Array;
      const part = digests.subarray(taken, taken + pieceBytes - at);
      piece.set(part, at);
      taken += part.length;
      this.#count += part.length / digestSize;
      if (at + part.length === pieceBytes && equalBytes(piece, this.#allZeros())) {
        this.#pieces[this.#pieces.length - 1] = this.#allZeros();
      }
    }
  }

  /** Adds so many digests of zero blocks. */
  pushZeros(count: number): void {
    const zeros = this.#allZeros();
    const head = Math.min(count, (pieceLeaves - (this.#count % pieceLeaves)) % pieceLeaves);
    this.push(zeros.subarray(0, head * digestSize));
    let left = count - head;
    for (; left >= pieceLeaves; left -= pieceLeaves) {
      this.#pieces.push(zeros);
      this.#count += pieceLeaves;
    }
    this.push(zeros.subarray(0, left * digestSize));
  }

  /** Replaces a digest. */
  set(leaf: number, digest: Uint8Array): void {
    const index = Math.floor(leaf / pieceLeaves);
    let piece = this.#piece(leaf);
    if (piece === this.#zeros) {
      piece = piece.slice();
      this.#pieces[index] = piece;
    }
    piece.set(digest, (leaf % pieceLeaves) * digestSize);
  }

  /** Whether a digest is the same as one of another table. */
  equals(leaf: number, other: LeafTable, otherLeaf: number): boolean {
    const [mine, theirs] = [this.#piece(leaf), other.#piece(otherLeaf)];
    const from = (leaf % pieceLeaves) * digestSize;
    const otherFrom = (otherLeaf % pieceLeaves) * digestSize;
    for (let i = 0; i < digestSize; i++) if (mine[from + i] !== theirs[otherFrom + i]) return false;
    return true;
  }

  /** Copies digests from one on, as many as there are and have room; gives how many bytes those are. */
  copy(firstLeaf: number, into: Uint8Array): number {
    const end = Math.min(this.#count, firstLeaf + Math.floor(into.length / digestSize));
    for (let leaf = firstLeaf; leaf < end; ) {
      const at = leaf % pieceLeaves;
      const count = Math.min(pieceLeaves - at, end - leaf);
      const part = this.#piece(leaf).subarray(at * digestSize, (at + count) * digestSize);
      into.set(part, (leaf - firstLeaf) * digestSize);
      leaf += count;
    }
    return Math.max(0, end - firstLeaf) * digestSize;
  }

  #piece(leaf: number): Uint8Array {
    invariant(leaf >= 0 && leaf < this.#count, `no leaf ${leaf} of ${this.#count}`);
    return this.#pieces[Math.floor(leaf / pieceLeaves)] as Uint8Array;
  }

  /** Digests of zero blocks, a piece of them. */
  #allZeros(): Uint8Array {
    if (this.#zeros === undefined) {
      this.#zeros = new Uint8Array(pieceBytes);
      for (let at = 0; at < pieceBytes; at += digestSize) this.#zeros.set(zeroDigest, at);
    }
    return this.#zeros;
  }
}
