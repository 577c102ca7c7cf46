/** What a container is given to show to whoever is to trust it. */
import { expect, test } from "vitest";
import type { HostRequest } from "../../src/agent/index.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import type { MountedOverlay } from "../../src/overlay/mounted-overlay.ts";
import { PolicyDenial } from "../../src/policy/index.ts";
import type { WritableTreeFiles } from "../../src/tree/index.ts";
import {
  container,
  create,
  idOf,
  layerDisk,
  modify,
  mountAll,
  overlay,
  policyText,
  type Scene,
  scene,
  scratchDisk,
  setPolicy,
  startAgent,
} from "./agent-scene.ts";

const reference = "cmVmZXJlbmNl";
const certificate = "Y2VydGlmaWNhdGU=";

/** As `mountAll`, with what the host says of the machine. */
async function mountWithReference({ agent, policy }: Scene): Promise<void> {
  const EncodedSecurityPolicy = Buffer.from(policy).toString("base64");
  const Settings = { EnforcerType: "rego", EncodedSecurityPolicy, EncodedUVMReference: reference };
  await agent.handle(modify({ ResourceType: "SecurityPolicy", Settings }));
  for (const request of [layerDisk(0), layerDisk(1), scratchDisk(), overlay()]) await agent.handle(request);
}

/** `create` with the host's certificate. */
function createWithCertificate(env: readonly string[] = ["MODE=test"]): HostRequest {
  const request = create({ env });
  const config = JSON.parse("ContainerConfig" in request ? String(request.ContainerConfig) : "");
  config.OciSpecification.annotations["io.microsoft.virtualmachine.lcow.amd-certificate"] = certificate;
  return { ...request, ContainerConfig: JSON.stringify(config) } as HostRequest;
}

function folderOf({ agent }: Scene): string {
  const environment = agent.container(container)?.parts.environment ?? [];
  const named = environment.filter((variable) => variable.startsWith("UVM_SECURITY_CONTEXT_DIR="));
  expect(named).toHaveLength(1);
  return named[0]?.split("=")[1] ?? "";
}

function rootOf({ agent }: Scene): MountedOverlay {
  return agent.container(container)?.root as MountedOverlay;
}

test("the policy, the reference and the host's certificate, as the host sent them", async () => {
  const all = await scene();
  await mountWithReference(all);
  await all.agent.handle(createWithCertificate());
  const [folder, root] = [folderOf(all), rootOf(all)];
  expect(folder).toMatch(/^\/security-context-\w{6}$/);
  expect((await root.stat(folder)).mode & 0o7777).toBe(0o755);
  const read = async (name: string): Promise<string> => {
    expect((await root.stat(`${folder}/${name}`)).mode & 0o7777).toBe(0o744);
    return await root.readFile(`${folder}/${name}`, "utf8");
  };
  expect((await root.readdir(folder)).sort()).toEqual([
    "host-amd-cert-base64",
    "reference-info-base64",
    "security-policy-base64",
  ]);
  expect(await read("security-policy-base64")).toBe(Buffer.from(all.policy).toString("base64"));
  expect(await read("reference-info-base64")).toBe(reference);
  expect(await read("host-amd-cert-base64")).toBe(certificate);
});

test("what the host does not send is no file", async () => {
  const all = await scene();
  await mountAll(all);
  await all.agent.handle(create());
  expect(await rootOf(all).readdir(folderOf(all))).toEqual(["security-policy-base64"]);
});

test("a folder that the host names itself is not the container's", async () => {
  const all = await scene();
  const env_rules = [{ pattern: "(MODE|UVM_SECURITY_CONTEXT_DIR)=.*", strategy: "re2", required: false }];
  const policy = policyText([{ layers: [all.base.rootHash, all.top.rootHash], env_rules }]);
  const agent = await startAgent(policy, [
    ["0:0", all.agentDisk("base")],
    ["0:1", all.agentDisk("top")],
    ["0:2", new MemoryDevice(4 * 2 ** 20)],
  ]);
  const own = { ...all, agent, policy };
  await mountAll(own);
  await agent.handle(createWithCertificate(["MODE=test", "UVM_SECURITY_CONTEXT_DIR=/srv"]));
  expect(folderOf(own)).toMatch(/^\/security-context-/);
});

test("a root that cannot be written has no folder, and its process no variable", async () => {
  const all = await scene();
  const { agent, policy } = all;
  for (const request of [setPolicy(policy), layerDisk(0), layerDisk(1)]) await agent.handle(request);
  const request = overlay() as Extract<HostRequest, { readonly Type: "ModifySettings" }>;
  const { Settings } = request.Request;
  await agent.handle({
    ...request,
    Request: { ...request.Request, Settings: { ...Settings, ScratchPath: "" } },
  } as HostRequest);
  await agent.handle(create());
  expect(agent.container(container)?.parts.environment).toEqual(["MODE=test"]);
  expect(await rootOf(all).readdir("/")).not.toContainEqual(expect.stringContaining("security"));
});

test("each container has one of its own, and a denied one none", async () => {
  const all = await scene();
  await mountAll(all);
  const before = await all.agent.files(`/run/gcs/c/${container}/rootfs`)?.readdir("/");
  await expect(all.agent.handle(create({ args: ["/evil"] }))).rejects.toThrow(PolicyDenial);
  expect(await all.agent.files(`/run/gcs/c/${container}/rootfs`)?.readdir("/")).toEqual(before);
  await all.agent.handle(create());
  const other = idOf("b");
  await all.agent.handle(overlay([1, 0], other));
  await all.agent.handle(create({}, other));
  const environments = all.agent.containers.map(({ parts }) => parts.environment.at(-1));
  expect(new Set(environments).size).toBe(2);
});

test("a disk without room for it refuses the container, and nothing of it is left", async () => {
  const all = await scene();
  await mountAll(all);
  const root = all.agent.files(`/run/gcs/c/${container}/rootfs`) as WritableTreeFiles;
  const blockBytes = 4096;
  await using file = await root.open("/full", "w");
  const block = new Uint8Array(blockBytes).fill(1);
  let blocks = 0;
  for (let isFull = false; !isFull; ) {
    isFull = await file.write(block, 0, blockBytes, blocks * blockBytes).then(
      ({ bytesWritten }) => bytesWritten < blockBytes,
      ({ code }) => code === "ENOSPC",
    );
    if (!isFull) blocks += 1;
  }
  const before = await root.readdir("/");
  let refused = 0;
  // One block more each time, until it is enough.
  for (let left = blocks; ; left -= 1) {
    await file.truncate(left * blockBytes);
    const error = await all.agent.handle(create()).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error === undefined) break;
    expect(error).toMatchObject({ name: "StateError", code: "exhausted" });
    expect(await root.readdir("/")).toEqual(before);
    expect(all.agent.state().containers).toEqual([]);
    refused += 1;
  }
  expect(refused).toBeGreaterThan(1);
  expect(await root.readdir(folderOf(all))).toEqual(["security-policy-base64"]);
});
