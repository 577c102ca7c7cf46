/** What `sealstone agent run` is given: disks, a policy, and the requests that start a container. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../../src/bytes/hex.ts";
import { buildLayer, MemoryTarget } from "../../src/layer/index.ts";
import { policyContent, policyText } from "../../src/policy/index.ts";
import { TarBuilder } from "../tar/tar-builder.ts";

/** A request, as JSON. */
type Request = Readonly<Record<string, unknown>>;

/** What was written into the folder. */
export interface AgentFiles {
  /** SHA-256 of the policy in hex. */
  readonly hostData: string;
  /** The lines of `requests.jsonl`: scratch, base, app, overlay, container. */
  readonly requests: readonly Request[];
  /** Arguments that name the disks and the policy. */
  readonly args: readonly string[];
}

const container = "c0".repeat(32);
const sandbox = "5a".repeat(32);

/** Writes `base.vhd`, `app.vhd`, `scratch.img`, `policy.rego` and `requests.jsonl`. */
export async function writeAgentFiles(folder: string): Promise<AgentFiles> {
  const base = await writeLayer(join(folder, "base.vhd"), new TarBuilder().file("etc/release", "one\n"));
  const app = await writeLayer(join(folder, "app.vhd"), new TarBuilder().file("bin/app", "#!\n"));
  writeFileSync(join(folder, "scratch.img"), new Uint8Array(16 * 2 ** 20));
  const configuration = { env: ["PATH=/bin"], entrypoint: ["/bin/app"] };
  const content = policyContent([{ name: "app", layers: [base, app], configuration }], { bare: true });
  const policy = policyText(content);
  writeFileSync(join(folder, "policy.rego"), policy);
  const requests = containerRequests(content.containers[0]?.capabilities);
  writeRequests(folder, requests);
  const hostData = createHash("sha256").update(policy).digest("hex");
  const disks = ["0:0=base.vhd", "0:1=app.vhd", "0:2=scratch.img,rw"].flatMap((disk) => ["--disk", disk]);
  return { hostData, requests, args: ["--host-data", hostData, "--policy", "policy.rego", ...disks] };
}

/** Writes requests as JSON lines. */
export function writeRequests(folder: string, requests: readonly Request[]): void {
  const lines = requests.map((request) => `${JSON.stringify(request)}\n`);
  writeFileSync(join(folder, "requests.jsonl"), lines.join(""));
}

async function writeLayer(path: string, tar: TarBuilder): Promise<string> {
  const target = new MemoryTarget();
  const { rootHash } = await buildLayer([tar.end().bytes()], { target });
  writeFileSync(path, target.bytes);
  return toHex(rootHash);
}

function containerRequests(capabilities: unknown): Request[] {
  const ScratchPath = `/run/gcs/c/${sandbox}/scratch/${container}`;
  const ContainerRootPath = `/run/gcs/c/${container}/rootfs`;
  const Layers = [{ Path: "/run/mounts/scsi/m1" }, { Path: "/run/mounts/scsi/m0" }];
  return [
    disk(2, `/run/gcs/c/${sandbox}`, { Encrypted: true, EnsureFilesystem: true, Filesystem: "xfs" }),
    disk(0, "/run/mounts/scsi/m0", { ReadOnly: true, Options: ["ro"] }),
    disk(1, "/run/mounts/scsi/m1", { ReadOnly: true, Options: ["ro"] }),
    modify("CombinedLayers", { ContainerID: container, ContainerRootPath, Layers, ScratchPath }),
    {
      Type: "Create",
      ContainerId: container,
      ContainerConfig: {
        SchemaVersion: { Major: 2, Minor: 1 },
        OciBundlePath: `/run/gcs/c/${container}`,
        ScratchDirPath: ScratchPath,
        OciSpecification: {
          root: { path: ContainerRootPath },
          process: { args: ["/bin/app"], env: ["PATH=/bin"], cwd: "/", capabilities },
          annotations: {
            "io.kubernetes.cri.container-type": "container",
            "io.kubernetes.cri.sandbox-id": sandbox,
          },
        },
      },
    },
  ];
}

function disk(Lun: number, MountPath: string, settings: Request): Request {
  return modify("MappedVirtualDisk", { Controller: 0, Lun, MountPath, ...settings });
}

function modify(ResourceType: string, Settings: Request): Request {
  return { Type: "ModifySettings", Request: { ResourceType, RequestType: "Add", Settings } };
}
