/** Requests in the form in which a host sends them. */
import type { HostRequest, OciProcess } from "../../../src/agent/index.ts";
import type { Ask, Slot } from "../model/asks.ts";
import type { PlainProcess } from "../model/plain-policy.ts";
import type { RecordedProcess } from "./scenario-policy.ts";

/** What the wire needs besides the request. */
export interface Wire {
  /** The attested policy, and another one, in base64. */
  readonly policies: { readonly attested: string; readonly other: string };
  /** Numbers of processes, in the order in which they were started. */
  readonly processes: readonly number[];
}

const home = "/run/gcs/c";
/** No process has it. */
const nobody = 9999;

/** The message for a request. */
export function messageOf(ask: Ask, wire: Wire): HostRequest {
  switch (ask.ask) {
    case "set-policy":
    case "load-fragment":
    case "mount-layer":
    case "unmount-layer":
    case "mount-scratch":
    case "unmount-scratch":
    case "mount-overlay":
    case "unmount-overlay":
    case "unplug":
      return { Type: "ModifySettings", Request: modificationOf(ask, wire) } as HostRequest;
    case "create":
      return {
        Type: "Create",
        ContainerId: ask.container,
        ContainerConfig: JSON.stringify(configOf(ask)),
      };
    case "start":
      return executionOf(ask.container, {});
    case "execute":
      return executionOf(ask.container, { OciProcess: processOf(ask.process) });
    case "signal":
      return {
        Type: "SignalProcess",
        ContainerId: ask.container,
        ProcessId: wire.processes[ask.process] ?? nobody,
        Options: { Signal: ask.signal },
      };
    case "shutdown":
      return { Type: "ShutdownGraceful", ContainerId: ask.container };
    case "delete":
      return { Type: "DeleteContainerState", ContainerId: ask.container };
  }
}

function modificationOf(ask: Ask, { policies }: Wire): object {
  switch (ask.ask) {
    case "set-policy":
      return {
        ResourceType: "SecurityPolicy",
        RequestType: "Add",
        Settings: {
          EnforcerType: ask.enforcer,
          EncodedSecurityPolicy: ask.isAttested ? policies.attested : policies.other,
        },
      };
    case "load-fragment":
      return {
        ResourceType: "SecurityPolicyFragment",
        RequestType: "Add",
        Settings: { Fragment: Buffer.from(ask.fragment).toString("base64") },
      };
    case "mount-layer":
    case "unmount-layer":
      return {
        ResourceType: "MappedVirtualDisk",
        RequestType: ask.ask === "mount-layer" ? "Add" : "Remove",
        Settings: {
          ...addressOf(ask.slot),
          MountPath: ask.target,
          ReadOnly: true,
          ...(ask.ask === "mount-layer" && { Options: ask.options, Filesystem: ask.filesystem }),
        },
      };
    case "mount-scratch":
    case "unmount-scratch":
      return {
        ResourceType: "MappedVirtualDisk",
        RequestType: ask.ask === "mount-scratch" ? "Add" : "Remove",
        Settings: {
          ...addressOf(ask.slot),
          MountPath: ask.target,
          ReadOnly: false,
          Encrypted: ask.encrypted,
          ...(ask.ask === "mount-scratch" && {
            Options: ask.options,
            Filesystem: ask.filesystem,
            EnsureFilesystem: ask.ensureFilesystem,
          }),
        },
      };
    case "mount-overlay":
      return {
        ResourceType: "CombinedLayers",
        RequestType: "Add",
        Settings: {
          ContainerID: ask.container,
          ContainerRootPath: ask.target,
          Layers: ask.layers.map((Path) => ({ Path })),
          ScratchPath: ask.scratch,
        },
      };
    case "unmount-overlay":
      return {
        ResourceType: "CombinedLayers",
        RequestType: "Remove",
        Settings: { ContainerID: ask.container, ContainerRootPath: ask.target },
      };
    case "unplug":
      return { ResourceType: "SCSIDevice", RequestType: "Remove", Settings: addressOf(ask.slot) };
    default:
      throw new Error(`${ask.ask} modifies nothing`);
  }
}

function addressOf(slot: Slot): { readonly Controller: number; readonly Lun: number } {
  const [controller, lun] = slot.split(":");
  return { Controller: Number(controller), Lun: Number(lun) };
}

function configOf({ container, sandbox, process }: Extract<Ask, { ask: "create" }>): object {
  const { mounts, privileged } = recordedOf(process);
  const annotations =
    sandbox === container
      ? { "io.kubernetes.cri.container-type": "sandbox" }
      : { "io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.sandbox-id": sandbox };
  return {
    SchemaVersion: { Major: 2, Minor: 1 },
    OciBundlePath: `${home}/${container}`,
    OciSpecification: {
      ociVersion: "1.1.0",
      process: processOf(process),
      root: { path: `${home}/${container}/rootfs` },
      ...(mounts !== undefined && { mounts }),
      annotations: {
        ...annotations,
        ...(privileged === true && { "io.microsoft.virtualmachine.lcow.privileged": "true" }),
      },
    },
    ScratchDirPath: `${home}/${sandbox}/scratch/${container}`,
  };
}

function executionOf(container: string, parameters: object): HostRequest {
  return {
    Type: "ExecuteProcess",
    ContainerId: container,
    Settings: { ProcessParameters: JSON.stringify(parameters) },
  };
}

/** What a container without listed capabilities has. */
const capabilities =
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"
    .split(" ")
    .map((name) => `CAP_${name}`);

/** Of a process that nothing more is said of. */
const plain = {
  user: { id: "0" },
  groups: [{ id: "0" }],
  umask: "0022",
  noNewPrivileges: false,
  capabilities: {
    bounding: capabilities,
    effective: capabilities,
    inheritable: [],
    permitted: capabilities,
    ambient: [],
  },
};

/** What more a recorded scenario says of a process. */
function recordedOf(process: PlainProcess): { readonly [name: string]: unknown } {
  return "op" in process ? (process as RecordedProcess).op : {};
}

function processOf(process: PlainProcess): OciProcess {
  const { command, environment, workingDirectory } = process;
  const {
    user,
    groups,
    umask,
    capabilities: lists,
    noNewPrivileges,
  } = { ...plain, ...recordedOf(process) } as typeof plain;
  const [gid = 0, ...additionalGids] = groups.map(({ id }) => Number(id));
  return {
    args: command,
    env: environment,
    cwd: workingDirectory,
    user: { uid: Number(user.id), gid, additionalGids, umask: Number.parseInt(umask, 8) },
    capabilities: lists,
    noNewPrivileges,
  };
}
