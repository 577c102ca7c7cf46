/** What a host sends, as the real host shim sends it: plain JSON. */
import type {
  CombinedLayersSettings,
  HostRequest,
  MappedVirtualDiskSettings,
  OciProcess,
  OciSpecification,
} from "sealstone/node";

/** Where a layer is mounted. */
export function layerPath(number: number): string {
  return `/run/mounts/scsi/m${number}`;
}

/** Where a container's files are. */
export function bundlePath(container: string): string {
  return `/run/gcs/c/${container}`;
}

/** The policy, as the first request brings it. */
export function setPolicy(text: string): HostRequest {
  const EncodedSecurityPolicy = Buffer.from(text).toString("base64");
  const Settings = { EnforcerType: "rego", EncodedSecurityPolicy };
  return { Type: "ModifySettings", Request: { ResourceType: "SecurityPolicy", Settings } };
}

/** To mount a disk as a layer. */
export function mountLayer(number: number, changes: MappedVirtualDiskSettings = {}): HostRequest {
  return disk("Add", {
    MountPath: layerPath(number),
    Controller: 0,
    Lun: number,
    ReadOnly: true,
    Options: ["ro"],
    Filesystem: "ext4",
    ...changes,
  });
}

/** To unmount a layer's disk. */
export function unmountLayer(number: number): HostRequest {
  return disk("Remove", { MountPath: layerPath(number), Controller: 0, Lun: number, ReadOnly: true });
}

/** To make a disk the scratch space of a sandbox. */
export function mountScratch(
  sandbox: string,
  lun: number,
  changes: MappedVirtualDiskSettings = {},
): HostRequest {
  return disk("Add", {
    MountPath: bundlePath(sandbox),
    Controller: 0,
    Lun: lun,
    Encrypted: true,
    EnsureFilesystem: true,
    Filesystem: "xfs",
    ...changes,
  });
}

/**
 * To lay layers over each other.
 *
 * @param layers their numbers, **the topmost first**.
 * @param sandbox whose scratch space is to take what is written; without one the root cannot be written.
 */
export function combineLayers(container: string, layers: readonly number[], sandbox?: string): HostRequest {
  return overlay("Add", {
    ContainerID: container,
    ContainerRootPath: `${bundlePath(container)}/rootfs`,
    Layers: layers.map((number) => ({ Path: layerPath(number) })),
    ScratchPath: sandbox === undefined ? "" : `${bundlePath(sandbox)}/scratch/${container}`,
  });
}

/** To take a container's root away. */
export function removeOverlay(container: string): HostRequest {
  return overlay("Remove", {
    ContainerID: container,
    ContainerRootPath: `${bundlePath(container)}/rootfs`,
    Layers: [],
    ScratchPath: "",
  });
}

/** To make a container of a root that is mounted. */
export function createContainer(
  container: string,
  sandbox: string,
  { process, mounts }: Pick<OciSpecification, "process" | "mounts">,
): HostRequest {
  return {
    Type: "Create",
    ContainerId: container,
    ContainerConfig: {
      SchemaVersion: { Major: 2, Minor: 1 },
      OciBundlePath: bundlePath(container),
      OciSpecification: {
        process,
        root: { path: `${bundlePath(container)}/rootfs` },
        mounts: mounts ?? [],
        annotations: {
          "io.kubernetes.cri.container-type": "container",
          "io.kubernetes.cri.sandbox-id": sandbox,
        },
      },
      ScratchDirPath: `${bundlePath(sandbox)}/scratch/${container}`,
    },
  };
}

/** To run a process in a container that runs. */
export function execute(container: string, process: OciProcess): HostRequest {
  return {
    Type: "ExecuteProcess",
    ContainerId: container,
    Settings: { ProcessParameters: { OciProcess: process } },
  };
}

/** To start a container's first process. */
export function startContainer(container: string): HostRequest[] {
  return [
    { Type: "Start", ContainerId: container },
    { Type: "ExecuteProcess", ContainerId: container, Settings: { ProcessParameters: {} } },
  ];
}

function disk(RequestType: "Add" | "Remove", Settings: MappedVirtualDiskSettings): HostRequest {
  return { Type: "ModifySettings", Request: { ResourceType: "MappedVirtualDisk", RequestType, Settings } };
}

function overlay(RequestType: "Add" | "Remove", Settings: CombinedLayersSettings): HostRequest {
  return { Type: "ModifySettings", Request: { ResourceType: "CombinedLayers", RequestType, Settings } };
}
