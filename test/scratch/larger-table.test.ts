/** The sealed device where the records of most sectors lie on the host's disk. */
import { MemoryDevice } from "../../src/device/index.ts";
import { SealedDevice } from "../../src/scratch/sealed-device.ts";
import { processSequence } from "../../src/scratch/write-sequence.ts";
import { describeWritableBlockDeviceContract } from "../device/writable-contract.ts";
import { largerDisk } from "./larger-table.ts";

const tables = [
  { levels: 1, recordsPerLeaf: 3, cachedLeaves: 2 },
  { levels: 2, recordsPerLeaf: 5, cachedLeaves: 3 },
] as const;

for (const table of tables) {
  describeWritableBlockDeviceContract(
    `SealedDevice with ${table.levels} levels of leaves`,
    async (content) => {
      const { sizeBytes, options, leaf } = largerDisk(content.length / 512, 512, table);
      const host = new MemoryDevice(sizeBytes);
      const device = await SealedDevice.createWithSequence(host, options, processSequence, leaf);
      await device.write(0, content);
      return { device };
    },
  );
}
