/** Reading what a host wants of containers and processes: parts of the OCI runtime specification, field by field. */
import { FormatError } from "../errors.ts";
import { JsonObject } from "../oci/json-document.ts";
import type { CapabilityLists, PolicyMount } from "../policy/index.ts";
import type { JsonValue } from "../rego/index.ts";
import { refused } from "./guest-path.ts";
import type { ExecuteCommand, HostCommand, ProcessCommand } from "./host-command.ts";
import { parseText } from "./request-text.ts";
import { seccompDigest } from "./seccomp-digest.ts";

const mostU32 = 0xffff_ffff;

/** Fields of a specification that say what is not for Linux or not for storage: they must say nothing. */
const emptyFields = ["hooks", "domainname", "solaris", "vm", "zos", "freebsd"] as const;

/** An object that is there as such, or as a text of JSON. */
function nested(object: JsonObject, name: string): JsonObject {
  const value = object.any(name);
  const what = object.describe(name);
  return JsonObject.of(typeof value === "string" ? parseText(value, what) : value, what);
}

/** Reads `Create`. @throws {FormatError} */
export async function readCreate(message: JsonObject, containerId: string): Promise<HostCommand> {
  const config = nested(message, "ContainerConfig");
  config.allowOnly("SchemaVersion", "OciBundlePath", "OciSpecification", "ScratchDirPath");
  checkSchema(config);
  const spec = config.object("OciSpecification");
  spec.allowOnly(
    "ociVersion",
    "process",
    "root",
    "hostname",
    "mounts",
    "annotations",
    "linux",
    "windows",
    ...emptyFields,
  );
  const unwanted = emptyFields.find((name) => spec.has(name));
  if (unwanted !== undefined)
    throw refused(`${unwanted} of a container is not for a guest to take from its host`, unwanted);
  checkWindows(spec);
  const annotations = spec.textMap("annotations");
  const linux = spec.optionalObject("linux");
  const isSandbox = annotations.get("io.kubernetes.cri.container-type") === "sandbox";
  return {
    kind: "create",
    containerId,
    bundlePath: config.optionalText("OciBundlePath") ?? "",
    rootPath: readRoot(spec),
    scratchPath: config.optionalText("ScratchDirPath") ?? "",
    sandboxId: sandboxIdOf(annotations, containerId),
    isSandbox,
    privileged: annotations.get("io.microsoft.virtualmachine.lcow.privileged")?.toLowerCase() === "true",
    devices: linux === undefined ? [] : readLinux(linux),
    isRootReadOnly: spec.object("root").flag("readonly"),
    mounts: (spec.optionalObjects("mounts") ?? []).map(readMount),
    seccompSha256: await seccompDigest(linux?.any("seccomp")),
    hostCertificate: annotations.get("io.microsoft.virtualmachine.lcow.amd-certificate") ?? "",
    process: readProcess(spec.object("process")),
  };
}

function checkSchema(config: JsonObject): void {
  const version = config.object("SchemaVersion").allowOnly("Major", "Minor");
  const [major, minor] = [version.count("Major", mostU32), version.count("Minor", mostU32)];
  if (major > 2 || (major === 2 && minor >= 1)) return;
  throw new FormatError(
    "bad-version",
    `a container's configuration has schema 2.1 or newer, not ${major}.${minor}`,
  );
}

/** Windows hosts leave the name of a network there, and a list that is null. */
function checkWindows(spec: JsonObject): void {
  const windows = spec.optionalObject("windows")?.allowOnly("network", "layerFolders");
  if (windows?.has("layerFolders"))
    throw refused("windows.layerFolders is not for a Linux guest", "layerFolders");
  windows?.optionalObject("network")?.allowOnly("networkNamespace").optionalText("networkNamespace");
}

function readRoot(spec: JsonObject): string {
  const root = spec.object("root").allowOnly("path", "readonly");
  return root.optionalText("path") ?? "";
}

function sandboxIdOf(annotations: ReadonlyMap<string, string>, containerId: string): string {
  const type = annotations.get("io.kubernetes.cri.container-type");
  if (type === undefined || type === "sandbox") return containerId;
  if (type === "container") return annotations.get("io.kubernetes.cri.sandbox-id") ?? "";
  throw new FormatError("bad-field", "io.kubernetes.cri.container-type is neither sandbox nor container", {
    at: { field: "annotations" },
  });
}

/** The devices that are asked for. */
function readLinux(linux: JsonObject): JsonValue[] {
  linux.allowOnly(
    "devices",
    "seccomp",
    "resources",
    "namespaces",
    "cgroupsPath",
    "maskedPaths",
    "readonlyPaths",
  );
  linux.optionalTexts("maskedPaths");
  linux.optionalTexts("readonlyPaths");
  linux.optionalText("cgroupsPath");
  const devices = linux.any("devices") ?? [];
  if (!Array.isArray(devices)) throw linux.refuse("devices", "no list");
  return devices as JsonValue[];
}

function readMount(mount: JsonObject): PolicyMount {
  mount.allowOnly("destination", "type", "source", "options");
  return {
    destination: mount.optionalText("destination") ?? "",
    type: mount.optionalText("type") ?? "",
    source: mount.optionalText("source") ?? "",
    options: mount.optionalTexts("options") ?? [],
  };
}

function readProcess(object: JsonObject): ProcessCommand {
  object.allowOnly(
    "terminal",
    "consoleSize",
    "user",
    "args",
    "env",
    "cwd",
    "capabilities",
    "rlimits",
    "oomScoreAdj",
    "noNewPrivileges",
  );
  const user = object.optionalObject("user")?.allowOnly("uid", "gid", "umask", "additionalGids", "username");
  return {
    arguments: object.optionalTexts("args") ?? [],
    environment: object.optionalTexts("env") ?? [],
    workingDirectory: object.optionalText("cwd") ?? "",
    noNewPrivileges: object.flag("noNewPrivileges"),
    terminal: object.flag("terminal"),
    user: {
      uid: user?.count("uid", mostU32) ?? 0,
      gid: user?.count("gid", mostU32) ?? 0,
      additionalGids: user?.optionalCounts("additionalGids", mostU32) ?? [],
      username: user?.optionalText("username") ?? "",
    },
    umask: user?.has("umask") ? user.count("umask", 0o777).toString(8).padStart(4, "0") : "0022",
    capabilities: readCapabilities(object.optionalObject("capabilities")),
  };
}

function readCapabilities(lists: JsonObject | undefined): CapabilityLists | null {
  if (lists === undefined) return null;
  lists.allowOnly("bounding", "effective", "inheritable", "permitted", "ambient");
  return {
    bounding: lists.optionalTexts("bounding") ?? null,
    effective: lists.optionalTexts("effective") ?? null,
    inheritable: lists.optionalTexts("inheritable") ?? null,
    permitted: lists.optionalTexts("permitted") ?? null,
    ambient: lists.optionalTexts("ambient") ?? null,
  };
}

/** Reads `ExecuteProcess`. @throws {FormatError} */
export function readExecute(message: JsonObject, containerId: string, isMachine: boolean): ExecuteCommand {
  const settings = message.object("Settings").allowOnly("ProcessParameters", "VsockStdioRelaySettings");
  const ports = settings.optionalObject("VsockStdioRelaySettings")?.allowOnly("StdIn", "StdOut", "StdErr");
  for (const name of ["StdIn", "StdOut", "StdErr"]) ports?.count(name, mostU32);
  const parameters = nested(settings, "ProcessParameters");
  parameters.allowOnly(
    "CommandLine",
    "CommandArgs",
    "WorkingDirectory",
    "Environment",
    "EmulateConsole",
    "CreateStdInPipe",
    "CreateStdOutPipe",
    "CreateStdErrPipe",
    "CreateInUtilityVM",
    "CreateInUtilityVm",
    "ConsoleSize",
    "OciSpecification",
    "OciProcess",
  );
  for (const name of ["CreateStdInPipe", "CreateStdOutPipe", "CreateStdErrPipe"]) parameters.flag(name);
  if (parameters.optionalText("CommandLine") !== undefined) {
    // A line would be taken apart into words after the policy has judged it.
    throw refused("CommandLine is not taken: CommandArgs says which word is which", "CommandLine");
  }
  if (isExternal(parameters) || isMachine) {
    const external = {
      arguments: parameters.optionalTexts("CommandArgs") ?? [],
      environment: [...parameters.textMap("Environment")].map(([name, value]) => `${name}=${value}`),
      workingDirectory: parameters.optionalText("WorkingDirectory") ?? "",
      terminal: parameters.flag("EmulateConsole"),
    };
    return { kind: "execute-external", process: external };
  }
  const inside = parameters.optionalObject("OciProcess");
  if (inside === undefined) return { kind: "start-init", containerId };
  return { kind: "execute", containerId, process: readProcess(inside) };
}

/** Hosts write the field in one way and hcsshim's guest in another, which Go takes for the same. Both are refused. */
function isExternal(parameters: JsonObject): boolean {
  const names = parameters.entries().map(([name]) => name);
  return parameters.flag(names.includes("CreateInUtilityVm") ? "CreateInUtilityVm" : "CreateInUtilityVM");
}
