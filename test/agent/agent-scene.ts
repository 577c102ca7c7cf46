/** A host with disks, a policy made for them, and the requests that a real host sends. */
import { createHash } from "node:crypto";
import { onTestFinished } from "vitest";
import {
  type DiskAddress,
  GuestAgent,
  type GuestAgentOptions,
  type HostDisk,
  type HostRequest,
  type ModificationRequest,
  type OciProcess,
  type ProcessParameters,
} from "../../src/agent/index.ts";
import { toHex } from "../../src/bytes/hex.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { buildLayer } from "../../src/layer/build-layer.ts";
import { MemoryTarget } from "../../src/layer/memory-target.ts";
import { policyPoints } from "../../src/policy/index.ts";
import { TarBuilder } from "../tar/tar-builder.ts";

/** An id of a container: 64 times the same digit. */
export function idOf(digit: string): string {
  return digit.repeat(64);
}

export const sandbox: string = idOf("5");
export const container: string = idOf("a");
export const scratchMount: string = `/run/gcs/c/${sandbox}`;

/** A layer as the host has it. */
export interface LayerImage {
  readonly bytes: Uint8Array;
  /** In hex. */
  readonly rootHash: string;
}

/** A layer of a tar. */
export async function imageOf(tar: TarBuilder): Promise<LayerImage> {
  const target = new MemoryTarget();
  const { rootHash } = await buildLayer([tar.end().bytes()], { target });
  return { bytes: target.bytes, rootHash: toHex(rootHash) };
}

type TwoImages = readonly [base: LayerImage, top: LayerImage];
let built: Promise<TwoImages> | undefined;

/** A base and what stands on it; nobody changes their bytes. */
export function twoImages(): Promise<TwoImages> {
  built ??= buildTwo();
  return built;
}

async function buildTwo(): Promise<TwoImages> {
  const base = new TarBuilder()
    .add({ name: "etc/", type: "5", mode: 0o755 })
    .file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n")
    .file("etc/group", "root:x:0:\napp:x:1000:app\nlog:x:4:\n")
    .file("etc/release", "old\n");
  const top = new TarBuilder().file("etc/release", "new!\n").file("bin/app", "#!");
  return [await imageOf(base), await imageOf(top)];
}

/** What a policy's container may have besides its layers. */
export interface PolicyContainer {
  readonly layers: readonly string[];
  readonly [field: string]: unknown;
}

/** The text of a policy, as tools write it. */
export function policyText(
  containers: readonly PolicyContainer[],
  constants: { readonly [name: string]: unknown } = {},
): string {
  const all = {
    api_version: "0.12.0",
    framework_version: "0.5.0",
    fragments: [],
    containers: containers.map(wholeContainer),
    allow_properties_access: true,
    allow_dump_stacks: false,
    allow_runtime_logging: false,
    allow_environment_variable_dropping: false,
    allow_unencrypted_scratch: false,
    allow_capability_dropping: false,
    ...constants,
  };
  const points = [...policyPoints.keys()];
  return [
    "package policy",
    ...Object.entries(all).map(([name, value]) => `${name} := ${JSON.stringify(value)}`),
    ...points.map((point) => `${point} := data.framework.${point}`),
    "reason := data.framework.reason",
    "",
  ].join("\n");
}

function wholeContainer(container: PolicyContainer): object {
  return {
    command: ["/bin/app"],
    env_rules: [{ pattern: "MODE=test", strategy: "string", required: false }],
    mounts: [],
    exec_processes: [{ command: ["/bin/sh"], signals: [9] }],
    signals: [9, 15],
    user: {
      user_idname: { pattern: "", strategy: "any" },
      group_idnames: [{ pattern: "", strategy: "any" }],
      umask: "0022",
    },
    capabilities: null,
    seccomp_profile_sha256: "",
    allow_elevated: false,
    working_dir: "/",
    allow_stdio_access: true,
    no_new_privileges: false,
    ...container,
  };
}

/** Starts an agent that is closed when the test ends. */
export async function startAgent(
  policy: string,
  disks: Iterable<readonly [DiskAddress, HostDisk]>,
  options: Partial<GuestAgentOptions> = {},
): Promise<GuestAgent> {
  const hostData = createHash("sha256").update(policy).digest();
  const agent = await GuestAgent.start({ evidence: { hostData }, disks, ...options });
  onTestFinished(() => agent.close().catch(() => undefined));
  return agent;
}

/** A scene: two layers and a scratch disk attached, and a policy for one container. */
export interface Scene {
  readonly agent: GuestAgent;
  readonly policy: string;
  readonly base: LayerImage;
  readonly top: LayerImage;
  readonly scratch: MemoryDevice;
  /** A disk of its own with a layer's bytes. */
  agentDisk(layer: "base" | "top"): MemoryDevice;
}

/** See `Scene`. The policy is not set yet. */
export async function scene(
  constants: { readonly [name: string]: unknown } = {},
  options: Partial<GuestAgentOptions> = {},
): Promise<Scene> {
  const [base, top] = await twoImages();
  const policy = policyText([{ layers: [base.rootHash, top.rootHash] }], constants);
  const images = { base, top };
  const agentDisk = (layer: "base" | "top"): MemoryDevice =>
    new MemoryDevice(images[layer].bytes.slice(), { name: layer });
  const scratch = new MemoryDevice(4 * 2 ** 20, { name: "scratch" });
  const agent = await startAgent(
    policy,
    [
      ["0:0", agentDisk("base")],
      ["0:1", agentDisk("top")],
      ["0:2", scratch],
    ],
    options,
  );
  return { agent, policy, base, top, scratch, agentDisk };
}

/** A modification of the guest. */
export function modify(request: ModificationRequest): HostRequest {
  return { Type: "ModifySettings", Request: request };
}

/** Sets a policy. */
export function setPolicy(text: string): HostRequest {
  const EncodedSecurityPolicy = Buffer.from(text).toString("base64");
  return modify({
    ResourceType: "SecurityPolicy",
    Settings: { EnforcerType: "rego", EncodedSecurityPolicy },
  });
}

/** Mounts or unmounts the layer at a slot. */
export function layerDisk(lun: number, n: number = lun, RequestType: "Add" | "Remove" = "Add"): HostRequest {
  return modify({
    ResourceType: "MappedVirtualDisk",
    RequestType,
    Settings: { MountPath: `/run/mounts/scsi/m${n}`, Lun: lun, ReadOnly: true, Options: ["ro"] },
  });
}

/** Mounts or unmounts scratch. */
export function scratchDisk(lun = 2, RequestType: "Add" | "Remove" = "Add", Encrypted = true): HostRequest {
  return modify({
    ResourceType: "MappedVirtualDisk",
    RequestType,
    Settings: { MountPath: scratchMount, Lun: lun, Encrypted, EnsureFilesystem: true, Filesystem: "xfs" },
  });
}

/** Mounts or unmounts a container's overlay. */
export function overlay(
  layers: readonly number[] = [1, 0],
  id: string = container,
  RequestType: "Add" | "Remove" = "Add",
): HostRequest {
  return modify({
    ResourceType: "CombinedLayers",
    RequestType,
    Settings: {
      ContainerID: id,
      ContainerRootPath: `/run/gcs/c/${id}/rootfs`,
      Layers: layers.map((n) => ({ Path: `/run/mounts/scsi/m${n}` })),
      ScratchPath: `${scratchMount}/scratch/${id}`,
    },
  });
}

/** Capabilities as containerd asks for them. */
export const unprivileged: NonNullable<OciProcess["capabilities"]> = (() => {
  const list =
    "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"
      .split(" ")
      .map((name) => `CAP_${name}`);
  return { bounding: list, effective: list, permitted: list, inheritable: [], ambient: [] };
})();

/** Makes a container. */
export function create(process: Partial<OciProcess> = {}, id: string = container): HostRequest {
  return {
    Type: "Create",
    ContainerId: id,
    ContainerConfig: JSON.stringify({
      SchemaVersion: { Major: 2, Minor: 1 },
      OciBundlePath: `/run/gcs/c/${id}`,
      ScratchDirPath: `${scratchMount}/scratch/${id}`,
      OciSpecification: {
        ociVersion: "1.1.0",
        process: { args: ["/bin/app"], cwd: "/", env: ["MODE=test"], capabilities: unprivileged, ...process },
        root: { path: `/run/gcs/c/${id}/rootfs` },
        annotations: {
          "io.kubernetes.cri.container-type": "container",
          "io.kubernetes.cri.sandbox-id": sandbox,
        },
        linux: {},
      },
    }),
  };
}

/** Starts a process: without any, the container's first. */
export function execute(OciProcess?: OciProcess, id: string = container): HostRequest {
  const parameters: ProcessParameters = OciProcess === undefined ? {} : { OciProcess };
  return {
    Type: "ExecuteProcess",
    ContainerId: id,
    Settings: { ProcessParameters: JSON.stringify(parameters) },
  };
}

/** Sets the policy and mounts layers, scratch and the overlay. */
export async function mountAll({ agent, policy }: Scene): Promise<void> {
  for (const request of [setPolicy(policy), layerDisk(0), layerDisk(1), scratchDisk(), overlay()]) {
    await agent.handle(request);
  }
}
