/** `VerityDevice` keeps the contract of a `BlockDevice`, over our own devices and over others. */
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { VerityDevice, type VerityDeviceOptions } from "../../src/verity/device.ts";
import type { VerityParameters } from "../../src/verity/identity.ts";
import { type ContractSubject, describeBlockDeviceContract } from "../device/contract.ts";
import { HostileDevice } from "./hostile-device.ts";
import { makeVolume } from "./reference-volume.ts";

const kinds: [string, Partial<VerityParameters>, Partial<VerityDeviceOptions>][] = [
  ["blocks of 512", {}, {}],
  ["blocks of 512, in chunks of one block, hardly a cache", {}, { chunkBytes: 1, hashCacheBytes: 0 }],
  ["blocks of 4096", { dataBlockSize: 4096, hashBlockSize: 4096 }, { chunkBytes: 12_288 }],
  ["hash type 0 and sha1", { hashType: 0, algorithm: "sha1" }, { chunkBytes: 8192 }],
];

for (const [name, parameters, options] of kinds) {
  const dataBlockSize = parameters.dataBlockSize ?? 512;

  describeBlockDeviceContract(`a verity device of ${name}`, async (content): Promise<ContractSubject> => {
    const volume = makeVolume(content.length / dataBlockSize, parameters, content);
    const device = await VerityDevice.open({
      data: new MemoryDevice(volume.data),
      hash: new MemoryDevice(volume.hash),
      identity: volume.identity,
      ...options,
    });
    return {
      device,
      spoil: () => {
        volume.data.fill(0x13);
      },
    };
  });

  describeBlockDeviceContract(
    `a verity device of ${name} over another's devices`,
    async (content): Promise<ContractSubject> => {
      const volume = makeVolume(content.length / dataBlockSize, parameters, content);
      const kept: Uint8Array[] = [];
      const data = new HostileDevice(volume.data, ({ into, honest }) => {
        kept.push(into);
        honest();
      });
      const hash = new HostileDevice(volume.hash);
      const device = await VerityDevice.open({ data, hash, identity: volume.identity, ...options });
      return {
        device,
        ioCount: () => data.reads.length + hash.reads.length,
        spoil: () => {
          for (const buffer of kept) buffer.fill(0x13);
        },
      };
    },
  );
}
