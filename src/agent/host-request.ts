/**
 * What a host sends: the messages of hcsshim's bridge as JSON, with the kind of message, which there stands in a
 * binary header, as `Type`. Field names are the wire's (`internal/guest/prot`, `internal/protocol/guestresource`).
 *
 * All of it is the host's word. These types are for those who write a host; the guest reads each message field by
 * field, and refuses one that has a field too many, one of another type, or one that is not there.
 */

/** The id of the virtual machine itself, which requests that are not a container's are for. */
export const VM_ID = "00000000-0000-0000-0000-000000000000";

/** Add or remove; without any, add. */
export type ModifyRequestType = "Add" | "Remove";

/**
 * A disk at a controller and a slot, to be mounted or unmounted. Read-only: a layer. Else: scratch.
 * Absent fields are 0, false, or empty, as in Go.
 */
export interface MappedVirtualDiskSettings {
  /** `/run/mounts/scsi/m<N>` for a layer, `/run/gcs/c/<64 hex digits>` for scratch. */
  readonly MountPath?: string;
  readonly Controller?: number;
  readonly Lun?: number;
  /** Must be 0: a layer is a whole disk. */
  readonly Partition?: number;
  readonly ReadOnly?: boolean;
  /** What the policy is told. Scratch is sealed whatever it says. */
  readonly Encrypted?: boolean;
  /** `["ro"]` of a read-only disk, none of another. */
  readonly Options?: readonly string[] | null;
  readonly BlockDev?: boolean;
  readonly EnsureFilesystem?: boolean;
  /** `""` or `ext4` of a layer; what the policy is told of scratch. */
  readonly Filesystem?: string;
  /** Deprecated and ignored: the guest reads the disk itself. */
  readonly VerityInfo?: unknown;
}

/** A layer on a persistent memory device. Without a mapping, all of it. */
export interface MappedVPMemDeviceSettings {
  readonly DeviceNumber?: number;
  readonly MountPath?: string;
  readonly MappingInfo?: {
    readonly DeviceOffsetInBytes?: number;
    readonly DeviceSizeInBytes?: number;
  } | null;
  /** Deprecated and ignored. */
  readonly VerityInfo?: unknown;
}

/** Layers over each other: a container's root. */
export interface CombinedLayersSettings {
  readonly ContainerID?: string;
  /** `/run/gcs/c/<ContainerID>/rootfs` */
  readonly ContainerRootPath?: string;
  /** Where layers are mounted, **the topmost first**. */
  readonly Layers?: readonly { readonly Id?: string; readonly Path?: string }[] | null;
  /** `/run/gcs/c/<64 hex digits>/scratch/<ContainerID>`; empty for a root that cannot be written. */
  readonly ScratchPath?: string;
}

/** A folder of the host's, shared over 9p. */
export interface MappedDirectorySettings {
  /** `/run/gcs/c/<container>/mounts/m<N>` */
  readonly MountPath?: string;
  readonly Port?: number;
  /** Digits. */
  readonly ShareName?: string;
  readonly ReadOnly?: boolean;
}

/** The policy. */
export interface SecurityPolicySettings {
  /** `rego`, or empty for it. */
  readonly EnforcerType?: string;
  /** The policy's text in base64. */
  readonly EncodedSecurityPolicy?: string;
  readonly EncodedUVMReference?: string;
  readonly EncodedUVMHashEnvelopeReference?: string;
}

/** A part of a policy, signed. */
export interface SecurityPolicyFragmentSettings {
  /** COSE_Sign1 in base64. */
  readonly Fragment?: string;
  /** `application/cose-x509+rego`, or empty for it. */
  readonly MediaType?: string;
}

/** A disk to be unplugged. */
export interface ScsiDeviceSettings {
  readonly Controller?: number;
  readonly Lun?: number;
}

/** What is to be modified, and how. */
export type ModificationRequest =
  | {
      readonly ResourceType: "MappedVirtualDisk";
      readonly RequestType?: ModifyRequestType;
      readonly Settings: MappedVirtualDiskSettings;
    }
  | {
      readonly ResourceType: "VPMemDevice";
      readonly RequestType?: ModifyRequestType;
      readonly Settings: MappedVPMemDeviceSettings;
    }
  | {
      readonly ResourceType: "CombinedLayers";
      readonly RequestType?: ModifyRequestType;
      readonly Settings: CombinedLayersSettings;
    }
  | {
      readonly ResourceType: "MappedDirectory";
      readonly RequestType?: ModifyRequestType;
      readonly Settings: MappedDirectorySettings;
    }
  | {
      readonly ResourceType: "SecurityPolicy";
      readonly RequestType?: "Add";
      readonly Settings: SecurityPolicySettings;
    }
  | {
      readonly ResourceType: "SecurityPolicyFragment";
      readonly RequestType?: "Add";
      readonly Settings: SecurityPolicyFragmentSettings;
    }
  | {
      readonly ResourceType: "SCSIDevice";
      readonly RequestType: "Remove";
      readonly Settings: ScsiDeviceSettings;
    };

/** What every message has. */
interface MessageBase {
  /** 64 hex digits; the virtual machine's own id where nothing is said. */
  readonly ContainerId?: string;
  /** The host's own number for the message. Means nothing here. */
  readonly ActivityId?: string;
  /** What the host traces the message by. Means nothing here. */
  readonly ocsc?: object | null;
}

/** A mount of an OCI specification. */
export interface OciMount {
  readonly destination: string;
  readonly type?: string;
  readonly source?: string;
  readonly options?: readonly string[] | null;
}

/** A process of an OCI specification. */
export interface OciProcess {
  readonly terminal?: boolean;
  readonly user?: {
    readonly uid?: number;
    readonly gid?: number;
    readonly umask?: number | null;
    readonly additionalGids?: readonly number[] | null;
    /** `user`, `user:group`, by number or by name: looked up in the container's own files. */
    readonly username?: string;
  };
  readonly args?: readonly string[] | null;
  readonly env?: readonly string[] | null;
  readonly cwd?: string;
  readonly capabilities?: {
    readonly bounding?: readonly string[] | null;
    readonly effective?: readonly string[] | null;
    readonly inheritable?: readonly string[] | null;
    readonly permitted?: readonly string[] | null;
    readonly ambient?: readonly string[] | null;
  } | null;
  readonly noNewPrivileges?: boolean;
}

/** The parts of an OCI specification that this guest reads. Others are refused. */
export interface OciSpecification {
  readonly ociVersion?: string;
  readonly process: OciProcess;
  readonly root: { readonly path: string; readonly readonly?: boolean };
  readonly hostname?: string;
  readonly mounts?: readonly OciMount[] | null;
  readonly annotations?: { readonly [name: string]: string } | null;
  readonly linux?: {
    readonly devices?: readonly unknown[] | null;
    readonly seccomp?: unknown;
    /** Limits and namespaces are a runner's; they are carried to it unread. */
    readonly resources?: unknown;
    readonly namespaces?: unknown;
    readonly cgroupsPath?: string;
    readonly maskedPaths?: readonly string[] | null;
    readonly readonlyPaths?: readonly string[] | null;
  } | null;
}

/** What a container is made of. */
export interface ContainerConfig {
  readonly SchemaVersion: { readonly Major: number; readonly Minor: number };
  /** `/run/gcs/c/<ContainerId>` */
  readonly OciBundlePath: string;
  readonly OciSpecification: OciSpecification;
  /** `/run/gcs/c/<ContainerId or sandbox>/scratch/<ContainerId>` */
  readonly ScratchDirPath: string;
}

/** A process to be started; with neither `OciProcess` nor `CreateInUtilityVM`, the container's first. */
export interface ProcessParameters {
  readonly OciProcess?: OciProcess | null;
  /** A process beside the containers, described by the fields below. */
  readonly CreateInUtilityVm?: boolean;
  /** The same, as hcsshim's guest spells it. */
  readonly CreateInUtilityVM?: boolean;
  readonly CommandArgs?: readonly string[] | null;
  readonly WorkingDirectory?: string;
  readonly Environment?: { readonly [name: string]: string } | null;
  readonly EmulateConsole?: boolean;
  readonly CreateStdInPipe?: boolean;
  readonly CreateStdOutPipe?: boolean;
  readonly CreateStdErrPipe?: boolean;
}

/** Any message of a host's. Configurations within messages are texts of JSON on the wire; objects are taken too. */
export type HostRequest =
  | (MessageBase & { readonly Type: "ModifySettings"; readonly Request: ModificationRequest })
  | (MessageBase & { readonly Type: "Create"; readonly ContainerConfig: string | ContainerConfig })
  | (MessageBase & { readonly Type: "Start" })
  | (MessageBase & {
      readonly Type: "ExecuteProcess";
      readonly Settings: {
        readonly ProcessParameters: string | ProcessParameters;
        /** Ports of the standard streams: a runner's. */
        readonly VsockStdioRelaySettings?: {
          readonly StdIn?: number;
          readonly StdOut?: number;
          readonly StdErr?: number;
        };
      };
    })
  | (MessageBase & {
      readonly Type: "WaitForProcess";
      readonly ProcessId: number;
      readonly TimeoutInMs?: number;
    })
  | (MessageBase & {
      readonly Type: "SignalProcess";
      readonly ProcessId: number;
      readonly Options?: { readonly Signal?: number };
    })
  | (MessageBase & { readonly Type: "ShutdownGraceful" })
  | (MessageBase & { readonly Type: "ShutdownForced" })
  | (MessageBase & { readonly Type: "GetProperties"; readonly Query?: string })
  | (MessageBase & { readonly Type: "DumpStacks" })
  | (MessageBase & { readonly Type: "DeleteContainerState" });

/** The kinds of messages. */
export type HostRequestType = HostRequest["Type"];

/** What the guest answers where it did what was asked. What it refuses is an error. */
export interface AgentResponse {
  readonly type: HostRequestType;
  /** The request's number, as events have it. */
  readonly request: number;
  /** Of `ExecuteProcess`. */
  readonly processId?: number;
  /** Of `WaitForProcess`. */
  readonly exitCode?: number;
  /** Of `GetProperties`: the numbers of the container's processes. */
  readonly processes?: readonly number[];
}
