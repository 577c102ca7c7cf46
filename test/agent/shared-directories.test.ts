/** Directories of the host's: decided on by the policy, their files the embedder's. */
import { expect, test } from "vitest";
import type { HostRequest, SharedDirectory } from "../../src/agent/index.ts";
import { TreeFiles, type WritableFileTree, WritableTreeFiles } from "../../src/tree/index.ts";
import {
  container,
  create,
  modify,
  mountAll,
  policyText,
  type Scene,
  scene,
  startAgent,
} from "./agent-scene.ts";

const path = `/run/gcs/c/${container}/mounts/m0`;

function share(
  ReadOnly: boolean,
  MountPath: string = path,
  RequestType: "Add" | "Remove" = "Add",
): HostRequest {
  const Settings = { MountPath, Port: 50_001, ShareName: "17", ReadOnly };
  return modify({ ResourceType: "MappedDirectory", RequestType, Settings });
}

/** A guest with a container's root; that root stands in for the host's directory. */
async function sharing(): Promise<Scene & { readonly asked: SharedDirectory[] }> {
  const asked: SharedDirectory[] = [];
  const all: Scene = await scene(
    {},
    {
      sharedFiles: (directory) => {
        asked.push(directory);
        return all.agent.files(`/run/gcs/c/${container}/rootfs`)?.tree;
      },
    },
  );
  await mountAll(all);
  return { ...all, asked };
}

test("the embedder's files are there as long as the directory is shared", async () => {
  const { agent, asked } = await sharing();
  await agent.handle(share(false));
  expect(asked).toEqual([{ path, shareName: "17", isReadOnly: false }]);
  expect(await agent.files(path)?.readFile("/etc/release", "utf8")).toBe("new!\n");
  expect(agent.files(path)).toBeInstanceOf(WritableTreeFiles);
  await agent.handle(share(false, path, "Remove"));
  expect(agent.files(path)).toBeUndefined();
  await agent.handle(share(true));
  expect(agent.files(path)).toBeInstanceOf(TreeFiles);
  expect(agent.files(path)).not.toBeInstanceOf(WritableTreeFiles);
});

test("a tree that cannot be written is one to read, whatever the host says", async () => {
  const all: Scene = await scene({}, { sharedFiles: () => all.agent.files("/run/mounts/scsi/m0")?.tree });
  await mountAll(all);
  await all.agent.handle(share(false));
  expect(all.agent.files(path)).not.toBeInstanceOf(WritableTreeFiles);
  expect(await all.agent.files(path)?.readFile("/etc/release", "utf8")).toBe("old\n");
});

test.each([
  ["of no container", `/run/gcs/c/${"b".repeat(64)}/mounts/m0`],
  ["at no place for one", `/run/gcs/c/${container}/mounts/x`],
  ["above itself", `/run/gcs/c/${container}/mounts/m0/..`],
])("nobody asks for the files of a directory %s", async (_, other) => {
  const { agent, asked } = await sharing();
  const before = agent.state();
  await expect(agent.handle(share(false, other))).rejects.toMatchObject({ name: "PolicyError" });
  expect(asked).toEqual([]);
  expect(agent.state()).toEqual(before);
});

test("an embedder that has no such files refuses the request by throwing", async () => {
  const sharedFiles = (): WritableFileTree => {
    throw new Error("no such directory");
  };
  const all = await scene({}, { sharedFiles });
  await mountAll(all);
  const before = all.agent.state();
  await expect(all.agent.handle(share(false))).rejects.toThrow("no such directory");
  expect(all.agent.state()).toEqual(before);
});

test("a container has a directory that was shared for it where its policy says so", async () => {
  const { base, top, agentDisk } = await scene();
  const mount = { destination: "/data", type: "bind", options: ["rbind"] };
  const mounts = [{ ...mount, source: "plan9://" }];
  const policy = policyText([{ layers: [base.rootHash, top.rootHash], mounts }]);
  const scratch = (await scene()).scratch;
  const agent = await startAgent(policy, [
    ["0:0", agentDisk("base")],
    ["0:1", agentDisk("top")],
    ["0:2", scratch],
  ]);
  await mountAll({ agent, policy, base, top, scratch, agentDisk });
  const request = create();
  const config = JSON.parse("ContainerConfig" in request ? String(request.ContainerConfig) : "");
  config.OciSpecification.mounts = [{ ...mount, source: path }];
  const withFolder = { ...request, ContainerConfig: JSON.stringify(config) } as HostRequest;
  await expect(agent.handle(withFolder)).rejects.toMatchObject({ reasons: ["invalid mount list: /data"] });
  await agent.handle(share(true));
  await agent.handle(withFolder);
  expect(agent.container(container)?.parts.mounts).toEqual([{ ...mount, source: path }]);
});
