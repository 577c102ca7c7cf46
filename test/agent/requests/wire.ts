/** Requests in the form in which a host sends them. */
import type { HostRequest, OciProcess } from "../../../src/agent/index.ts";
import { type Ask, machine, type Slot } from "../model/asks.ts";
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
    case "mount-memory":
    case "unmount-memory":
    case "mount-device":
    case "unmount-device":
    case "mount-folder":
    case "unmount-folder":
    case "unplug":
      return { Type: "ModifySettings", Request: modificationOf(ask, wire) } as HostRequest;
    case "create":
      return {
        Type: "Create",
        ContainerId: ask.container,
        ContainerConfig: JSON.stringify(configOf(ask)),
      };
    case "dump-stacks":
      return { Type: "DumpStacks" };
    default:
      return processMessageOf(ask, wire);
  }
}

function processMessageOf(ask: Ask, { processes }: Wire): HostRequest {
  switch (ask.ask) {
    case "start":
      return executionOf(ask.container, {});
    case "execute":
      return executionOf(ask.container, { OciProcess: processOf(ask.process) });
    case "execute-outside":
      return executionOf(machine, outsideOf(ask.process));
    case "signal":
      return {
        Type: "SignalProcess",
        ContainerId: ask.container,
        ProcessId: processes[ask.process] ?? nobody,
        Options: { Signal: ask.signal },
      };
    case "wait":
      return {
        Type: "WaitForProcess",
        ContainerId: ask.container,
        ProcessId: processes[ask.process] ?? nobody,
        TimeoutInMs: ask.timeoutMs,
      };
    case "announce":
      return { Type: "Start", ContainerId: ask.container };
    case "shutdown":
      return { Type: "ShutdownGraceful", ContainerId: ask.container };
    case "kill":
      return { Type: "ShutdownForced", ContainerId: ask.container };
    case "list-processes":
      return { Type: "GetProperties", ContainerId: ask.container, Query: processQuery };
    case "delete":
      return { Type: "DeleteContainerState", ContainerId: ask.container };
    default:
      throw new Error(`${ask.ask} is asked of no process`);
  }
}

const processQuery = '{"PropertyTypes":["ProcessList"]}';

/** Beside the containers: variables have names of their own there. */
function outsideOf({ command, environment, workingDirectory }: PlainProcess): object {
  const variables = environment.map((variable) => {
    const [name = "", ...value] = variable.split("=");
    return [name, value.join("=")];
  });
  return {
    CommandArgs: command,
    WorkingDirectory: workingDirectory,
    Environment: Object.fromEntries(variables),
    CreateInUtilityVm: true,
  };
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
      return otherModificationOf(ask);
  }
}

function otherModificationOf(ask: Ask): object {
  switch (ask.ask) {
    case "mount-memory":
    case "unmount-memory":
      return {
        ResourceType: "VPMemDevice",
        RequestType: ask.ask === "mount-memory" ? "Add" : "Remove",
        Settings: {
          DeviceNumber: ask.device,
          MountPath: ask.target,
          MappingInfo: ask.isPart ? { DeviceOffsetInBytes: 4096, DeviceSizeInBytes: 4096 } : null,
        },
      };
    case "mount-device":
    case "unmount-device":
      return {
        ResourceType: "MappedVirtualDisk",
        RequestType: ask.ask === "mount-device" ? "Add" : "Remove",
        Settings: { ...addressOf(ask.slot), MountPath: ask.target, BlockDev: true },
      };
    case "mount-folder":
    case "unmount-folder":
      return {
        ResourceType: "MappedDirectory",
        RequestType: ask.ask === "mount-folder" ? "Add" : "Remove",
        Settings: {
          MountPath: ask.target,
          Port: 50_000,
          ShareName: ask.share,
          ...(ask.ask === "mount-folder" && { ReadOnly: ask.isReadOnly }),
        },
      };
    default:
      throw new Error(`${ask.ask} modifies nothing`);
  }
}

function addressOf(slot: Slot): { readonly Controller: number; readonly Lun: number } {
  const [controller, lun] = slot.split(":");
  return { Controller: Number(controller), Lun: Number(lun) };
}

function configOf({ container, sandbox, process, folders }: Extract<Ask, { ask: "create" }>): object {
  const { mounts = folders?.map(folderMount), privileged } = recordedOf(process);
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

/** What the policy of the tests' world lets a container have. */
export const folderMountOptions: readonly string[] = ["rbind", "rprivate"];

function folderMount(source: string): object {
  return { destination: "/data", type: "bind", source, options: folderMountOptions };
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
