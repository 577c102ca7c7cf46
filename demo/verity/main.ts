/**
 * dm-verity on a real image: `npm run demo:verity`. Formats it, verifies it,
 * breaks it in several places, finds each, and rebuilds all of them by
 * forward error correction; beside `veritysetup` where that is installed.
 * `--json` prints the same for machines. Exits with 0 only if all of it holds.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toHex } from "sealstone/bytes";
import {
  type BlockDevice,
  encodeFec,
  FecRepairer,
  FileDevice,
  firstHashBlock,
  formatVerity,
  hashAreaEndBytes,
  type PooledDigests,
  paritySizeBytes,
  startThreadedDigests,
  treeGeometry,
  VerityDevice,
  type VerityIdentity,
  verifyVerity,
} from "sealstone/node";
import { archiveInstalledPackages } from "../../images/installed-packages.ts";
import { heedNoClosedOutput } from "../output.ts";
import { breakVolume, type Damage, expectedUnreadable } from "./damage.ts";
import { DemoReport } from "./report.ts";

const blockSize = 4096;
const roots = 2;
const placement = { hashOffsetBytes: 0, superblock: true };

/** The volume's files. */
interface Volume {
  readonly data: FileDevice;
  readonly hash: FileDevice;
  readonly parity: FileDevice;
}

const root = fileURLToPath(new URL("../../../", import.meta.url));
heedNoClosedOutput(process.stdout);
const report = new DemoReport(process.argv.includes("--json"));
const folder = await mkdtemp(join(tmpdir(), "sealstone-demo-"));
const digests = startThreadedDigests(Math.min(availableParallelism(), 8));
try {
  await demonstrate();
} finally {
  await digests.close();
  await rm(folder, { recursive: true });
}
process.exitCode = report.finish() ? 0 : 1;

async function demonstrate(): Promise<void> {
  const image = join(folder, "packages.img");
  const archive = await report.timed("archive the installed packages", 0, () =>
    archiveInstalledPackages(root, image, blockSize),
  );
  report.fact("files", archive.files);
  report.fact("sizeBytes", archive.sizeBytes);
  const { sizeBytes } = archive;
  const volume = await createVolume(image, sizeBytes);
  const content = await sha256Of(volume.data);

  const identity = await report.timed("format", sizeBytes, () => formatVerity({ ...volume, digests }));
  report.fact("rootHash", toHex(identity.rootHash));
  const fec = { roots, device: volume.parity, offsetBytes: 0 };
  await report.timed(`write parity (${roots} roots)`, sizeBytes, () =>
    encodeFec({ ...volume, parameters: identity, dataBlocks: identity.dataBlocks, fec }),
  );
  const clean = await report.timed("verify", sizeBytes, () => verifyVerity({ ...volume, identity, digests }));
  report.check("the image verifies", clean.ok);

  compareWithVeritysetup(image, sizeBytes, identity);

  const damage = await breakVolume(volume, identity);
  for (const { what } of damage) report.note(`broken: ${what}`);
  await findDamage(volume, identity, damage, digests);
  await repairDamage(volume, identity, content);
  for (const device of [volume.data, volume.hash, volume.parity]) await device.close();
}

async function createVolume(image: string, sizeBytes: number): Promise<Volume> {
  const parameters = {
    hashType: 1,
    algorithm: "sha256",
    salt: new Uint8Array(32),
    dataBlockSize: blockSize,
    hashBlockSize: blockSize,
  } as const;
  const geometry = treeGeometry(parameters, sizeBytes / blockSize, firstHashBlock(placement, blockSize));
  const hashBytes = hashAreaEndBytes(geometry, placement);
  const create = (path: string, bytes: number) =>
    FileDevice.open(path, { writable: true, create: true, sizeBytes: bytes });
  return {
    data: await FileDevice.open(image, { writable: true }),
    hash: await create(`${image}.hash`, hashBytes),
    parity: await create(`${image}.fec`, paritySizeBytes(roots, geometry, hashBytes)),
  };
}

async function findDamage(
  volume: Volume,
  identity: VerityIdentity,
  damage: readonly Damage[],
  source: PooledDigests,
): Promise<void> {
  const found = await report.timed("verify the broken image", identity.dataBlocks * blockSize, () =>
    verifyVerity({ ...volume, identity, digests: source }),
  );
  const wanted = expectedUnreadable(damage, identity);
  const seen = found.unreadableBlocks.numbers();
  report.check("the broken image is refused", !found.ok);
  report.check(
    `each of the ${wanted.length} blocks is found, and no other`,
    seen.length === wanted.length && seen.every((block, i) => block === wanted[i]),
  );
  const leaves = damage.flatMap(({ leaf }) => (leaf === undefined ? [] : [leaf]));
  report.check(
    "the broken hash block is named",
    leaves.every((leaf) => found.badHashBlocks.some(({ level, index }) => level === 0 && index === leaf)),
  );
}

async function repairDamage(volume: Volume, identity: VerityIdentity, content: string): Promise<void> {
  const options = { ...volume, identity, fec: { roots, device: volume.parity, offsetBytes: 0 } };
  const repaired: string[] = [];
  const repairer = FecRepairer.open({
    ...options,
    onRepair: ({ level, block }) => {
      repaired.push(level === undefined ? `data block ${block}` : `hash block ${block} of level ${level}`);
    },
  });
  await using device = await VerityDevice.open({ ...options, repairer });
  const read = await report.timed("read it whole, rebuilding what is broken", device.sizeBytes, () =>
    sha256Of(device),
  );
  report.note(`rebuilt: ${[...new Set(repaired)].join(", ")}`);
  report.check("what is read is the image as it was", read === content);
}

function compareWithVeritysetup(image: string, sizeBytes: number, identity: VerityIdentity): void {
  const files = [image, `${image}.peer`];
  const salt = `--salt=${toHex(identity.salt)}`;
  try {
    execFileSync("veritysetup", ["--version"], { stdio: "ignore" });
  } catch {
    report.note("veritysetup is not installed: nothing to compare with");
    return;
  }
  const text = report.timedSync("veritysetup format (one thread)", sizeBytes, () =>
    execFileSync("veritysetup", ["format", ...files, salt], { encoding: "utf8" }),
  );
  const peerRoot = /Root hash:\s+([0-9a-f]+)/.exec(text)?.[1];
  report.check("veritysetup finds the same root hash", peerRoot === toHex(identity.rootHash));
  report.timedSync("veritysetup verify (one thread)", sizeBytes, () =>
    execFileSync("veritysetup", ["verify", image, `${image}.hash`, toHex(identity.rootHash)]),
  );
}

async function sha256Of(device: BlockDevice): Promise<string> {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(2 ** 20);
  for (let at = 0; at < device.sizeBytes; at += chunk.length) {
    const part = chunk.subarray(0, Math.min(chunk.length, device.sizeBytes - at));
    await device.read(at, part);
    hash.update(part);
  }
  return hash.digest("hex");
}
