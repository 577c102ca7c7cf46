/** The framework's points of storage, natively: devices, scratch space, overlays, 9p, and those that a flag decides. */
import type { JsonObject } from "../../rego/index.ts";
import { layersKey } from "./candidates.ts";
import {
  adding,
  allowedIf,
  type Deciding,
  denied,
  errorSet,
  has,
  type NativePoint,
  removing,
} from "./deciding.ts";
import { type Container, either, isFlag, isNull, isText, objectOf, type Shape, texts } from "./shapes.ts";

/** A point whose input must be of a shape; `Input` is what it then is. */
function point<Input>(
  shape: Shape,
  decide: (input: Input, deciding: Deciding) => JsonObject | undefined,
  errors: (input: Input, deciding: Deciding) => readonly (readonly [string, boolean])[],
): NativePoint {
  const read = (deciding: Deciding): Input | undefined =>
    shape(deciding.input) ? (deciding.input as unknown as Input) : undefined;
  return {
    decide: (deciding) => {
      const input = read(deciding);
      return input && decide(input, deciding);
    },
    errors: (deciding) => {
      const input = read(deciding);
      return input && errorSet(errors(input, deciding));
    },
  };
}

interface Target {
  readonly target: string;
}

interface DeviceTarget extends Target {
  readonly deviceHash: string;
  readonly mountPathRegex: string;
}

interface WritableTarget extends Target {
  readonly encrypted: boolean;
  readonly ensureFilesystem: boolean;
  readonly filesystem: string;
  readonly mountPathRegex: string;
}

interface UnmountTarget {
  readonly unmountTarget: string;
}

/** Members of the input of an overlay. */
export interface OverlayInput extends Target {
  readonly containerID: string;
  readonly layerPaths: readonly string[] | null;
}

interface Plan9Target extends Target {
  readonly rootPrefix: string;
  readonly mountPathPrefix: string;
}

const isUnmountTarget = objectOf({ unmountTarget: isText });

function isMounted(deciding: Deciding, target: string): boolean {
  return has(deciding, "devices", target) || has(deciding, "rw_devices", target);
}

function isEncryptionOk({ encrypted }: { readonly encrypted: boolean }, { flag }: Deciding): boolean {
  return encrypted || flag("allow_unencrypted_scratch");
}

const mountDevice = point<DeviceTarget>(
  objectOf({ target: isText, deviceHash: isText, mountPathRegex: isText }),
  ({ target, deviceHash, mountPathRegex }, deciding) =>
    allowedIf(
      !isMounted(deciding, target) &&
        deciding.candidates.layers.has(deviceHash) &&
        deciding.patterns.matchesWhole(mountPathRegex, target),
      adding("devices", target, deviceHash),
    ),
  ({ target, deviceHash, mountPathRegex }, deciding) => [
    ["deviceHash not found", !deciding.candidates.layers.has(deviceHash)],
    ["device already mounted at path", isMounted(deciding, target)],
    ["mountpoint invalid", !deciding.patterns.matchesWhole(mountPathRegex, target)],
  ],
);

/** File systems that scratch space may have. */
export const writableFileSystems: readonly string[] = ["ext4", "xfs"];

const mountWritableDevice = point<WritableTarget>(
  objectOf({
    target: isText,
    encrypted: isFlag,
    ensureFilesystem: isFlag,
    filesystem: isText,
    mountPathRegex: isText,
  }),
  (input, deciding) =>
    allowedIf(
      !isMounted(deciding, input.target) &&
        isEncryptionOk(input, deciding) &&
        input.ensureFilesystem &&
        writableFileSystems.includes(input.filesystem) &&
        deciding.patterns.matchesWhole(input.mountPathRegex, input.target),
      adding("rw_devices", input.target, true),
    ),
  (input, deciding) => [
    ["device already mounted at path", isMounted(deciding, input.target)],
    ["mountpoint invalid", !deciding.patterns.matchesWhole(input.mountPathRegex, input.target)],
    [
      "unencrypted scratch not allowed, non-readonly mount request for SCSI disk must request encryption",
      !isEncryptionOk(input, deciding),
    ],
    ["ensureFilesystem must be set on rw device mounts", !input.ensureFilesystem],
    [
      "rw device mounts uses a filesystem that is not allowed",
      !writableFileSystems.includes(input.filesystem),
    ],
  ],
);

/** Unmounting of what one table holds, and what the other would hold instead. */
function unmountDevice(own: string, other: string, wrongKind: string): NativePoint {
  return point<UnmountTarget>(
    isUnmountTarget,
    ({ unmountTarget }, deciding) =>
      allowedIf(has(deciding, own, unmountTarget), removing(own, unmountTarget)),
    ({ unmountTarget }, deciding) => [
      ["no device at path to unmount", !isMounted(deciding, unmountTarget)],
      [wrongKind, !has(deciding, own, unmountTarget) && has(deciding, other, unmountTarget)],
    ],
  );
}

/** Unmounting of what one table holds. */
function unmount(table: string, error: string): NativePoint {
  return point<UnmountTarget>(
    isUnmountTarget,
    ({ unmountTarget }, deciding) =>
      allowedIf(has(deciding, table, unmountTarget), removing(table, unmountTarget)),
    ({ unmountTarget }, deciding) => [[error, !has(deciding, table, unmountTarget)]],
  );
}

const mountScratch = point<Target & { readonly encrypted: boolean }>(
  objectOf({ target: isText, encrypted: isFlag }),
  (input, deciding) =>
    allowedIf(
      !has(deciding, "scratch_mounts", input.target) && isEncryptionOk(input, deciding),
      adding("scratch_mounts", input.target, { encrypted: input.encrypted }),
    ),
  (input, deciding) => [
    ["scratch already mounted at path", has(deciding, "scratch_mounts", input.target)],
    ["unencrypted scratch not allowed", !isEncryptionOk(input, deciding)],
  ],
);

/** Containers whose layers are mounted where a request says, the topmost first. */
export function overlayContainers(
  layerPaths: readonly string[] | null,
  { candidates, world }: Deciding,
): readonly Container[] {
  if (layerPaths === null) return [];
  const layers = layerPaths.map((path) => world.metadata.get("devices", path)).reverse();
  return candidates.byLayers.get(layersKey(layers)) ?? [];
}

/** Whether an input asks for an overlay. */
export const isOverlayInput: Shape = objectOf({
  containerID: isText,
  target: isText,
  layerPaths: either(texts, isNull),
});

const mountOverlay = point<OverlayInput>(
  isOverlayInput,
  ({ containerID, layerPaths, target }, deciding) => {
    if (has(deciding, "matches", containerID) || has(deciding, "overlayTargets", target)) return denied;
    const containers = overlayContainers(layerPaths, deciding);
    return allowedIf(
      containers.length > 0,
      adding("matches", containerID, containers as unknown as JsonObject[]),
      adding("overlayTargets", target, true),
    );
  },
  ({ containerID, layerPaths }, deciding) => [
    ["overlay has already been mounted", has(deciding, "matches", containerID)],
    ["no matching containers for overlay", overlayContainers(layerPaths, deciding).length === 0],
  ],
);

const mountPlan9 = point<Plan9Target>(
  objectOf({ rootPrefix: isText, mountPathPrefix: isText, target: isText }),
  ({ rootPrefix, mountPathPrefix, target }, deciding) => {
    if (has(deciding, "p9mounts", target)) return denied;
    const ids = Array.from(deciding.world.metadata.entries("matches"), ([id]) => id).filter((id) =>
      deciding.patterns.matches(`^${rootPrefix}/${id}${mountPathPrefix}$`, target),
    );
    // Of several, none is more right than the others: Rego says what becomes of that.
    return ids.length > 1 ? undefined : allowedIf(ids.length === 1, adding("p9mounts", target, ids[0] ?? ""));
  },
  ({ target }, deciding) => [["device already mounted at path", has(deciding, "p9mounts", target)]],
);

/** A point that a flag decides, whatever the input. */
function flagged(name: string): NativePoint {
  return { decide: ({ flag }) => allowedIf(flag(name)), errors: () => [] };
}

const never: NativePoint = { decide: () => denied, errors: () => [] };

const neverBlockDevice: NativePoint = {
  decide: () => denied,
  errors: () => ["blockdev mounts are not supported"],
};

/** See the head of this file; by the names of the points. */
export const storagePoints: readonly (readonly [string, NativePoint])[] = [
  ["mount_device", mountDevice],
  ["rw_mount_device", mountWritableDevice],
  [
    "unmount_device",
    unmountDevice(
      "devices",
      "rw_devices",
      "received read-only unmount request, but device provided is read-write",
    ),
  ],
  [
    "rw_unmount_device",
    unmountDevice(
      "rw_devices",
      "devices",
      "received read-write unmount request, but device provided is read-only",
    ),
  ],
  ["mount_blockdev", neverBlockDevice],
  ["unmount_blockdev", neverBlockDevice],
  ["scratch_mount", mountScratch],
  ["scratch_unmount", unmount("scratch_mounts", "no scratch at path to unmount")],
  ["mount_overlay", mountOverlay],
  ["unmount_overlay", unmount("overlayTargets", "no overlay at path to unmount")],
  ["plan9_mount", mountPlan9],
  ["plan9_unmount", unmount("p9mounts", "no device at path to unmount")],
  ["get_properties", flagged("allow_properties_access")],
  ["dump_stacks", flagged("allow_dump_stacks")],
  ["runtime_logging", flagged("allow_runtime_logging")],
  ["host_network", flagged("allow_host_network")],
  ["mount_cims", never],
  ["registry_changes", never],
  ["log_provider", never],
  ["load_transparency_trust_list", never],
];
