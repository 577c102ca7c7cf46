/** `VerityDevice` on a file in the page cache, beside plain reads of the same file. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BlockDevice,
  FileDevice,
  firstHashBlock,
  formatVerity,
  hashAreaEndBytes,
  treeGeometry,
  VerityDevice,
} from "sealstone/node";
import type { Contender } from "../measure/interleave.ts";
import { writeRandomFile } from "./random-file.ts";
import type { Prepared, Suite } from "./suite.ts";

const MiB = 2 ** 20;
const blockSize = 4096;
const sizeBytes = 256 * MiB;
const verified = "sealstone, verified";
const plain = "plain reads";

export const fileReads: Suite = {
  name: "file-reads",
  title: "Verified and plain reads of a file, 1 MiB each",
  about:
    "A file of 256 MiB in the page cache, read from end to end in steps of 1 MiB: through `VerityDevice`, and as it is.",
  pace: { rounds: 9, timeMs: 0 },
  prepare,
};

async function prepare(): Promise<Prepared> {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-bench-"));
  const path = join(folder, "data");
  writeRandomFile(path, sizeBytes);
  const placement = { hashOffsetBytes: 0, superblock: true };
  const shape = { hashType: 1, algorithm: "sha256", salt: new Uint8Array(32) } as const;
  const parameters = { ...shape, dataBlockSize: blockSize, hashBlockSize: blockSize };
  const geometry = treeGeometry(parameters, sizeBytes / blockSize, firstHashBlock(placement, blockSize));
  const data = await FileDevice.open(path);
  const hash = await FileDevice.open(join(folder, "hash"), {
    writable: true,
    create: true,
    sizeBytes: hashAreaEndBytes(geometry, placement),
  });
  const identity = await formatVerity({ data, hash, parameters });
  const device = await VerityDevice.open({ data, hash, identity });
  return {
    contenders: [reader(verified, device), reader(plain, data)],
    ratios: [{ of: verified, to: plain }],
    close: async () => {
      for (const open of [device, data, hash]) await open.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function reader(name: string, device: BlockDevice): Contender {
  const into = new Uint8Array(MiB);
  return {
    name,
    bytes: sizeBytes,
    run: async () => {
      for (let at = 0; at < sizeBytes; at += MiB) await device.read(at, into);
    },
  };
}
