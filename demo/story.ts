/** The good path: an image, its policy, a guest, and a container that reads and writes. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "sealstone/bytes";
import type { Deployment } from "./deployment.ts";
import { probedFile } from "./probed-file.ts";
import type { SimulatedHost } from "./simulated-host.ts";

/** One thing that was seen to be so, or not. */
export interface Step {
  readonly step: string;
  readonly holds: boolean;
}

const notes = "/home/attw/notes";
const text = "What the container knows and the host must not.\n";

/**
 * Runs a host that does what it should, and looks at what comes of it.
 *
 * @param root the repository's folder: what npm installed is held against what the container reads.
 */
export async function tellStory(host: SimulatedHost, root: string): Promise<Step[]> {
  const steps: Step[] = [];
  const check = (step: string, holds: boolean): void => void steps.push({ step, holds });
  const succeed = async (step: string, work: () => Promise<unknown>): Promise<void> => {
    await work();
    check(step, true);
  };
  await succeed("the guest takes the policy: its SHA-256 is what the machine was launched for", () =>
    host.setPolicy(),
  );
  await succeed("it mounts the scratch disk, sealed under a key of its own, and each layer", () =>
    host.mountDisks(),
  );
  await succeed("it lays the layers over each other, as the policy orders them", () => host.combineLayers());
  await succeed(`it makes the container: ${host.process.args?.join(" ")}`, async () => {
    await host.createContainer();
    await host.startContainer();
  });
  await readThroughLayers(host, root, check);
  await useScratch(host, check);
  return steps;
}

type Check = (step: string, holds: boolean) => void;

async function readThroughLayers({ files }: SimulatedHost, root: string, check: Check): Promise<void> {
  const read = async (path: string): Promise<string> => new TextDecoder().decode(await files.readFile(path));
  check("layer 1: /etc/os-release, by a symlink", (await read("/etc/os-release")).startsWith("ID=attw\n"));
  const installed = await readFile(join(root, probedFile.replace("/usr/lib/", "")), "utf8");
  check(`layer 2: a package's manifest, as npm installed it`, (await read(probedFile)) === installed);
  check("layer 3: the tool's own script", (await read("/usr/lib/attw/serve")).startsWith("#!/bin/sh\n"));
  check(
    "layer 4: the list of packages",
    (await read("/usr/share/doc/packages")).includes("@arethetypeswrong/core"),
  );
  const motd = await files.readFile("/etc/motd").catch((error: unknown) => error);
  check(
    "/etc/motd, which layer 4 takes away, is gone",
    motd instanceof Error && "code" in motd && motd.code === "ENOENT",
  );
}

async function useScratch({ files, scratch }: SimulatedHost, check: Check): Promise<void> {
  await files.writeFile(notes, text, { flush: true });
  const back = new TextDecoder().decode(await files.readFile(notes));
  check("what the container writes and syncs it reads back", back === text);
  const disk = new Uint8Array(scratch.sizeBytes);
  await scratch.read(0, disk);
  check("nothing of it can be found on the host's disk", !Buffer.from(disk.buffer).includes(text.trim()));
}

/** What is deployed, in lines. */
export function describeDeployment(image: string, { layers, policy, hostData }: Deployment): string[] {
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  return [
    `The image ${image}: ${layers.length} layers, base first, under their root hashes`,
    ...layers.map(
      ({ name, rootHash, bytes }) =>
        `    ${toHex(rootHash).slice(0, 16)}…  ${megabytes(bytes.length).padStart(8)}  ${name}`,
    ),
    `Its policy: ${policy.length} bytes, SHA-256 ${toHex(hostData).slice(0, 16)}…, which the attestation report holds as HOST_DATA`,
  ];
}
