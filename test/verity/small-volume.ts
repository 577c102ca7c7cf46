/** Small volumes in memory, to be broken by tests. */
import { fromHex } from "../../src/bytes/hex.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { formatVerity } from "../../src/verity/format.ts";
import { treeGeometry } from "../../src/verity/geometry.ts";
import type { VerityIdentity, VerityParameters } from "../../src/verity/identity.ts";
import { verifyVerity } from "../../src/verity/verify.ts";
import type { VerityReport } from "../../src/verity/verify-report.ts";
import { seedBytes } from "./golden.ts";

/** Blocks of 512 bytes: a deep tree over few bytes. */
export const small: VerityParameters = {
  hashType: 1,
  algorithm: "sha256",
  salt: fromHex("0123456789"),
  dataBlockSize: 512,
  hashBlockSize: 512,
};

/** A formatted volume in memory, its superblock at byte 0. */
export interface Volume {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly hash: Uint8Array<ArrayBuffer>;
  readonly identity: VerityIdentity;
}

/** A volume of that many blocks of seeded data. */
export async function makeVolume(blocks: number, parameters: VerityParameters = small): Promise<Volume> {
  const data = Uint8Array.from(seedBytes(blocks * parameters.dataBlockSize));
  const geometry = treeGeometry(parameters, blocks, 1);
  const hash = new Uint8Array(geometry.endBlock * parameters.hashBlockSize);
  const identity = await formatVerity({
    data: new MemoryDevice(data),
    hash: new MemoryDevice(hash),
    parameters,
  });
  return { data, hash, identity };
}

/** Verifies a volume; `change` goes over the options. */
export function verify({ data, hash, identity }: Volume, change: object = {}): Promise<VerityReport> {
  return verifyVerity({ data: new MemoryDevice(data), hash: new MemoryDevice(hash), identity, ...change });
}

/** The same tree, found without its superblock. */
export const noSuperblock = { placement: { hashOffsetBytes: 512, superblock: false } };
