/** Reading what a host wants modified: `internal/protocol/guestresource`, field by field. */
import { FormatError } from "../errors.ts";
import type { JsonObject } from "../oci/json-document.ts";
import { quoted } from "../oci/quoted-text.ts";
import { refused } from "./guest-path.ts";
import type { HostCommand } from "./host-command.ts";

const mostU8 = 0xff;
/** Of one overlay, in Linux: `OVL_MAX_STACK`. */
const mostLayers = 500;
const mostU32 = 0xffff_ffff;

/** Reads `Request` of `ModifySettings`. @throws {FormatError} */
export function readModification(request: JsonObject): HostCommand {
  request.allowOnly("ResourceType", "RequestType", "Settings");
  const resource = request.text("ResourceType");
  const type = request.optionalText("RequestType") ?? "Add";
  if (type !== "Add" && type !== "Remove") {
    throw request.refuse("RequestType", `${quoted(type)}, neither Add nor Remove`);
  }
  const isRemoval = type === "Remove";
  const settings = request.object("Settings");
  switch (resource) {
    case "MappedVirtualDisk":
      return readDisk(settings, isRemoval);
    case "VPMemDevice":
      return readMemory(settings, isRemoval);
    case "CombinedLayers":
      return readOverlay(settings, isRemoval);
    case "MappedDirectory":
      return readDirectory(settings, isRemoval);
    case "SecurityPolicy":
    case "SecurityPolicyFragment":
      if (isRemoval) throw request.refuse("RequestType", `Remove, which a ${resource} has not`);
      return resource === "SecurityPolicy" ? readPolicy(settings) : readFragment(settings);
    case "SCSIDevice":
      if (!isRemoval) throw request.refuse("RequestType", "Add, which a SCSIDevice has not");
      return { kind: "unplug", address: readAddress(settings.allowOnly("Controller", "Lun")) };
    default:
      throw new FormatError("unsupported", `a guest does not modify ${quoted(resource)}`, {
        at: { field: "ResourceType" },
      });
  }
}

function readAddress(settings: JsonObject): string {
  return `${settings.count("Controller", mostU8)}:${settings.count("Lun", mostU8)}`;
}

function readDisk(settings: JsonObject, isRemoval: boolean): HostCommand {
  settings.allowOnly(
    "MountPath",
    "Lun",
    "Controller",
    "Partition",
    "ReadOnly",
    "Encrypted",
    "Options",
    "BlockDev",
    "VerityInfo",
    "EnsureFilesystem",
    "Filesystem",
  );
  if (settings.count("Partition", Number.MAX_SAFE_INTEGER) !== 0) {
    throw refused("Partition is not 0: a layer is a whole disk, and so is scratch", "Partition");
  }
  return {
    kind: "disk",
    isRemoval,
    path: settings.optionalText("MountPath") ?? "",
    address: readAddress(settings),
    isReadOnly: settings.flag("ReadOnly"),
    isEncrypted: settings.flag("Encrypted"),
    options: settings.optionalTexts("Options") ?? [],
    isBlockDevice: settings.flag("BlockDev"),
    ensuresFilesystem: settings.flag("EnsureFilesystem"),
    filesystem: settings.optionalText("Filesystem") ?? "",
  };
}

function readMemory(settings: JsonObject, isRemoval: boolean): HostCommand {
  settings.allowOnly("DeviceNumber", "MountPath", "MappingInfo", "VerityInfo");
  if (settings.has("MappingInfo")) {
    throw refused("MappingInfo: a layer has a memory device for itself", "MappingInfo");
  }
  return {
    kind: "memory",
    isRemoval,
    path: settings.optionalText("MountPath") ?? "",
    device: settings.count("DeviceNumber", mostU32),
  };
}

function readOverlay(settings: JsonObject, isRemoval: boolean): HostCommand {
  settings.allowOnly("ContainerID", "ContainerRootPath", "Layers", "ScratchPath");
  const layers = settings.optionalObjects("Layers") ?? [];
  if (layers.length > mostLayers) throw settings.refuse("Layers", `more than ${mostLayers} layers`);
  return {
    kind: "overlay",
    isRemoval,
    containerId: settings.optionalText("ContainerID") ?? "",
    path: settings.optionalText("ContainerRootPath") ?? "",
    layers: layers.map((layer) => layer.allowOnly("Id", "Path").optionalText("Path") ?? ""),
    scratch: settings.optionalText("ScratchPath") ?? "",
  };
}

function readDirectory(settings: JsonObject, isRemoval: boolean): HostCommand {
  settings.allowOnly("MountPath", "Port", "ShareName", "ReadOnly");
  settings.count("Port", mostU32);
  return {
    kind: "directory",
    isRemoval,
    path: settings.optionalText("MountPath") ?? "",
    shareName: settings.optionalText("ShareName") ?? "",
    isReadOnly: settings.flag("ReadOnly"),
  };
}

function readPolicy(settings: JsonObject): HostCommand {
  settings.allowOnly(
    "EnforcerType",
    "EncodedSecurityPolicy",
    "EncodedUVMReference",
    "EncodedUVMHashEnvelopeReference",
  );
  settings.optionalText("EncodedUVMHashEnvelopeReference");
  return {
    kind: "policy",
    enforcer: settings.optionalText("EnforcerType") ?? "rego",
    encoded: settings.optionalText("EncodedSecurityPolicy") ?? "",
    referenceInfo: settings.optionalText("EncodedUVMReference") ?? "",
  };
}

function readFragment(settings: JsonObject): HostCommand {
  settings.allowOnly("Fragment", "MediaType");
  return {
    kind: "fragment",
    encoded: settings.optionalText("Fragment") ?? "",
    mediaType: settings.optionalText("MediaType") ?? "application/cose-x509+rego",
  };
}
