/** The table of a device, from the memory at its top down to the records of its sectors. */
import type { SectorCipherFactory } from "../crypto/create-sector-cipher.ts";
import type { SealingSuite } from "../crypto/sector-cipher.ts";
import type { WritableBlockDevice } from "../device/block-device.ts";
import { LeafTable } from "./leaf-table.ts";
import { leafSlots } from "./leaf-transfer.ts";
import type { RecordFormat } from "./record-format.ts";
import type { SectorRecords } from "./sector-records.ts";
import { SectorStore, sectorAadSizeBytes } from "./sector-store.ts";
import { SectorTable } from "./sector-table.ts";
import type { TableLayout } from "./table-layout.ts";
import type { WriteSequence } from "./write-sequence.ts";

/** What the levels have in common. */
export interface RecordsParts {
  readonly below: WritableBlockDevice;
  readonly layout: TableLayout;
  readonly leafSizeBytes: number;
  readonly format: RecordFormat;
  readonly suite: SealingSuite;
  readonly createCipher: SectorCipherFactory;
  readonly sequence: WriteSequence;
  readonly instance: number;
}

/** Makes the table of an empty device. Each level of leaves has a key of its own. */
export async function openRecords(parts: RecordsParts): Promise<SectorRecords> {
  const { below, format, suite, createCipher, sequence, instance, leafSizeBytes } = parts;
  const { sectors, recordsPerLeaf, levels, cachedLeaves } = parts.layout;
  let records: SectorRecords = new SectorTable(levels.at(-1)?.leaves ?? sectors, format);
  try {
    for (let level = levels.length; level > 0; level--) {
      const { startBytes, leaves } = levels[level - 1] as (typeof levels)[number];
      const cipher = await createCipher({
        suite,
        sectorSizeBytes: leafSizeBytes,
        capacitySectors: leafSlots,
        aadSizeBytes: sectorAadSizeBytes,
        inPlace: true,
      });
      const table = records;
      const store = new SectorStore({ below, cipher, table, sequence, instance, level, startBytes });
      records = new LeafTable({
        deviceName: below.name,
        format,
        sectors: levels[level - 2]?.leaves ?? sectors,
        recordsPerLeaf,
        leaves,
        cachedLeaves,
        store,
        cipher,
        above: table,
      });
    }
  } catch (error) {
    records.close();
    throw error;
  }
  return records;
}
