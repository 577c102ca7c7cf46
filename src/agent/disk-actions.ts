/**
 * Mounting disks: a layer where it is read-only, sealed scratch where it is not.
 *
 * What of a disk the policy decides on is fetched once, and the same bytes are mounted. A disk is mounted once.
 */
import { toHex } from "../bytes/hex.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { FormatError, StateError } from "../errors.ts";
import { offeredLayer } from "../layer/offered-layer.ts";
import { mountScratch } from "../overlay/scratch-disk.ts";
import type { MountedThing, Turn } from "./guest.ts";
import { checkPath, refused } from "./guest-path.ts";
import type { DiskCommand, MemoryCommand } from "./host-command.ts";

/** Mounts or unmounts a disk. */
export async function changeDisk(turn: Turn, command: DiskCommand): Promise<void> {
  const { requests } = turn;
  checkPath(command.path, "MountPath");
  if (command.isBlockDevice) {
    if (command.isRemoval) requests.unmountBlockDevice(command.path);
    else requests.mountBlockDevice(command.path);
    throw refused("BlockDev: a disk is mounted, or not there at all", "BlockDev");
  }
  if (command.isRemoval) return await unmountDisk(turn, command);
  checkOptions(command);
  return command.isReadOnly ? await mountLayerDisk(turn, command) : await mountScratchDisk(turn, command);
}

/** Mounts or unmounts a layer on persistent memory. */
export async function changeMemory(turn: Turn, { path, device, isRemoval }: MemoryCommand): Promise<void> {
  const { guest, requests } = turn;
  checkPath(path, "MountPath");
  const source = `pmem ${device}`;
  if (!isRemoval) return await mountLayer(turn, path, source, guest.memoryDevices.at(String(device)));
  requests.unmountDevice(path);
  guest.mounts.removeReadOnly(path, source);
  await letGo(turn, path);
}

function checkOptions({ isReadOnly, options, filesystem }: DiskCommand): void {
  const expected = isReadOnly ? ["ro"] : [];
  if (options.length !== expected.length || options.some((option, i) => option !== expected[i])) {
    const wanted = isReadOnly ? '["ro"] for a read-only disk' : "none for a disk that is written";
    throw refused(`Options are not what they must be: ${wanted}`, "Options");
  }
  if (isReadOnly && filesystem !== "" && filesystem !== "ext4") {
    throw refused("Filesystem of a read-only disk must be ext4", "Filesystem");
  }
}

function mountLayerDisk(turn: Turn, { path, address }: DiskCommand): Promise<void> {
  return mountLayer(turn, path, address, turn.guest.disks.at(address));
}

async function mountLayer(turn: Turn, path: string, source: string, device: BlockDevice): Promise<void> {
  const { guest, requests, signal } = turn;
  const offer = await offeredLayer(device, { signal });
  const rootHash = toHex(offer.rootHash);
  requests.mountDevice(path, rootHash);
  checkUnused(turn, source);
  guest.mounts.addReadOnly(path, source);
  const layer = await offer.open({ signal });
  commit(turn, path, { kind: "layer", layer }, rootHash);
}

async function mountScratchDisk(turn: Turn, command: DiskCommand): Promise<void> {
  const { guest, requests, signal } = turn;
  const { path, address, isEncrypted, ensuresFilesystem, filesystem } = command;
  requests.mountWritableDevice(path, {
    encrypted: isEncrypted,
    ensureFilesystem: ensuresFilesystem,
    filesystem,
  });
  checkUnused(turn, address);
  guest.mounts.addWritable(path, address, isEncrypted);
  const { scratch = {}, now } = guest.options;
  const device = guest.disks.writableAt(address);
  const disk = await mountScratch(device, { ...scratch, ...(now && { now }), signal });
  commit(turn, path, { kind: "scratch", disk });
}

async function unmountDisk(turn: Turn, command: DiskCommand): Promise<void> {
  const { guest, requests } = turn;
  const { path, address, isReadOnly, isEncrypted } = command;
  if (isReadOnly) {
    requests.unmountDevice(path);
    guest.mounts.removeReadOnly(path, address);
  } else {
    requests.unmountWritableDevice(path);
    guest.mounts.removeWritable(path, address, isEncrypted);
  }
  await letGo(turn, path);
}

/** Under one address is one disk, whatever the host does behind it. */
function checkUnused({ guest }: Turn, source: string): void {
  const mount = guest.mounts.entries().find((entry) => entry.kind !== "Overlay" && entry.source === source);
  if (mount === undefined) return;
  throw new StateError("busy", `disk ${source} is mounted at ${mount.path} already`, {
    at: { path: mount.path },
  });
}

/** The last step of a mount: nothing can fail any more. */
export function commit({ guest, tell }: Turn, path: string, thing: MountedThing, rootHash?: string): void {
  guest.mounted.set(path, thing);
  const mount = guest.mounts.at(path);
  if (mount !== undefined) tell({ kind: "mounted", mount, ...(rootHash !== undefined && { rootHash }) });
}

/** The last step of an unmount: closes what was mounted. */
export async function letGo(turn: Turn, path: string): Promise<void> {
  const { guest, signal, tell } = turn;
  const thing = guest.mounted.get(path);
  if (thing === undefined) throw nothingMounted(path);
  signal.throwIfAborted();
  await turn.irrevocably(() => closeThing(thing));
  guest.mounted.delete(path);
  tell({ kind: "unmounted", path });
}

/** Closes what is mounted. */
export function closeThing(thing: MountedThing): Promise<void> {
  if (thing.kind === "layer") return thing.layer.close();
  return thing.kind === "scratch" ? thing.disk.close() : thing.overlay.close();
}

/** There is nothing to unmount or to build on. */
export function nothingMounted(path: string): FormatError {
  return new FormatError("missing-target", `nothing is mounted at ${path}`, { at: { path } });
}

/** Unplugs a disk that nobody uses. */
export function unplug(turn: Turn, address: string): void {
  const { guest, tell } = turn;
  turn.requirePolicy();
  const mount = guest.mounts.entries().find((entry) => entry.source === address);
  if (mount !== undefined) {
    throw new StateError("busy", `disk ${address} is mounted at ${mount.path}: unmount it first`, {
      at: { path: mount.path },
    });
  }
  // To fail where there is none.
  guest.disks.at(address);
  guest.disks.detach(address);
  tell({ kind: "disk-detached", address });
}
