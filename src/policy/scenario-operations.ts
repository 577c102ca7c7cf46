/** A scenario's operations, put to a guest's requests. */
import type { JsonObject } from "../rego/index.ts";
import type { PolicyMount } from "./default-mounts.ts";
import type { PolicyEnforcer } from "./enforcer.ts";
import type { GuestRequests, PolicyIdentity, ProcessRequest } from "./guest-requests.ts";
import type { JsonFields } from "./json-fields.ts";
import type { CapabilityLists } from "./kept-values.ts";
import { scenarioText } from "./scenario-text.ts";

/** Does what an operation says, and gives what a process is granted by it. */
type Perform = (requests: GuestRequests, fields: JsonFields) => unknown;

const operations: ReadonlyMap<string, Perform> = new Map<string, Perform>([
  ["mount_device", (requests, op) => requests.mountDevice(op.text("target"), op.text("deviceHash"))],
  ["unmount_device", (requests, op) => requests.unmountDevice(op.text("unmountTarget"))],
  [
    "rw_mount_device",
    (requests, op) =>
      requests.mountWritableDevice(op.text("target"), {
        encrypted: op.flag("encrypted"),
        ensureFilesystem: op.flag("ensureFilesystem"),
        filesystem: op.text("filesystem"),
      }),
  ],
  ["rw_unmount_device", (requests, op) => requests.unmountWritableDevice(op.text("unmountTarget"))],
  ["mount_blockdev", (requests, op) => requests.mountBlockDevice(op.text("target"))],
  ["unmount_blockdev", (requests, op) => requests.unmountBlockDevice(op.text("unmountTarget"))],
  ["scratch_mount", (requests, op) => requests.mountScratch(op.text("target"), op.flag("encrypted"))],
  ["scratch_unmount", (requests, op) => requests.unmountScratch(op.text("unmountTarget"))],
  [
    "mount_overlay",
    (requests, op) =>
      requests.mountOverlay(op.text("containerID"), op.texts("layerPaths"), op.text("target")),
  ],
  ["unmount_overlay", (requests, op) => requests.unmountOverlay(op.text("unmountTarget"))],
  ["plan9_mount", (requests, op) => requests.mountPlan9(op.text("target"))],
  ["plan9_unmount", (requests, op) => requests.unmountPlan9(op.text("unmountTarget"))],
  ["get_properties", (requests) => requests.getProperties()],
  ["dump_stacks", (requests) => requests.dumpStacks()],
  ["runtime_logging", (requests) => requests.runtimeLogging()],
  ["host_network", (requests) => requests.hostNetwork()],
  [
    "create_container",
    (requests, op) =>
      requests.createContainer({
        ...processOf(op),
        sandboxId: op.text("sandboxID"),
        isSandboxContainer: op.flag("isSandboxContainer"),
        privileged: op.flag("privileged"),
        mounts: op.each("mounts").map(mountOf),
        devices: op.list("devices") ?? [],
        seccompProfileSha256: op.text("seccompProfileSHA256"),
      }),
  ],
  ["exec_in_container", (requests, op) => requests.execInContainer(processOf(op))],
  ["exec_external", (requests, op) => requests.execExternal(processOf(op))],
  ["shutdown_container", (requests, op) => requests.shutdownContainer(op.text("containerID"))],
  [
    "signal_container_process",
    (requests, op) =>
      requests.signalContainerProcess({
        containerId: op.text("containerID"),
        arguments: op.texts("argList"),
        signal: op.number("signal"),
        isInitProcess: op.flag("isInitProcess"),
      }),
  ],
  ["load_fragment", loadFragment],
]);

/**
 * Does what an operation says. One that no Linux guest asks is put to the policy as it is.
 *
 * @param operation `{"op": …}` and the request's fields, by the names that policies have for them.
 * @returns what a process is granted, where the operation is about one.
 * @throws {FormatError} `bad-field` for a field of another type; and as `GuestRequests`.
 */
export function performOperation(
  requests: GuestRequests,
  enforcer: PolicyEnforcer,
  operation: JsonObject,
  fields: JsonFields,
): object | undefined {
  const name = fields.text("op");
  const perform = operations.get(name);
  if (perform !== undefined) {
    const granted = perform(requests, fields);
    return typeof granted === "object" && granted !== null ? granted : undefined;
  }
  const { op: _, ...input } = operation;
  enforcer.enforce(name, input);
  return undefined;
}

function processOf(op: JsonFields): ProcessRequest {
  return {
    containerId: op.text("containerID"),
    arguments: op.texts("argList"),
    environment: op.texts("envList"),
    workingDirectory: op.text("workingDir"),
    noNewPrivileges: op.flag("noNewPrivileges"),
    user: identityOf(op.fields("user")),
    groups: op.each("groups").map(identityOf),
    umask: op.text("umask"),
    capabilities: op.has("capabilities") ? capabilitiesOf(op.fields("capabilities")) : null,
  };
}

function identityOf(fields: JsonFields): PolicyIdentity {
  return { id: fields.text("id"), name: fields.text("name") };
}

function capabilitiesOf(fields: JsonFields): CapabilityLists {
  return {
    bounding: fields.texts("bounding"),
    effective: fields.texts("effective"),
    inheritable: fields.texts("inheritable"),
    permitted: fields.texts("permitted"),
    ambient: fields.texts("ambient"),
  };
}

function mountOf(fields: JsonFields): PolicyMount {
  return {
    type: fields.text("type"),
    source: fields.text("source"),
    destination: fields.text("destination"),
    options: fields.texts("options") ?? [],
  };
}

function loadFragment(requests: GuestRequests, op: JsonFields): void {
  const headerSvn = op.value("header_svn");
  requests.loadFragment({
    issuer: op.text("issuer"),
    feed: op.text("feed"),
    text: scenarioText(op.object("fragment"), "the fragment"),
    receipts: op.list("receipts") ?? [],
    ...(headerSvn !== undefined && { headerSvn }),
  });
}
