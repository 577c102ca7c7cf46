/** The way that a real host goes, from the policy to a container and back. */
import { expect, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import {
  container,
  create,
  execute,
  layerDisk,
  mountAll,
  overlay,
  scene,
  scratchDisk,
} from "./agent-scene.ts";

test.each([
  { requestDeadlineMs: 0 },
  { requestDeadlineMs: Number.POSITIVE_INFINITY },
  { maxWaitingRequests: Number.NaN },
  { diskDeadlineMs: -1 },
])("bounds that cannot be are the embedder's to mend: %o", async (options) => {
  await expect(scene({}, options)).rejects.toThrow(UsageError);
});

test("a host sets the policy, mounts, makes a container, and takes all down again", async () => {
  const all = await scene();
  const { agent } = all;
  await mountAll(all);
  await agent.handle(create({ user: { username: "app", additionalGids: [4] } }));
  const made = agent.container(container);
  expect(made?.parts).toMatchObject({
    environment: ["MODE=test", expect.stringMatching("^UVM_SECURITY_CONTEXT_DIR=")],
    arguments: ["/bin/app"],
    user: { id: "1000", name: "app" },
    groups: [
      { id: "1000", name: "app" },
      { id: "4", name: "log" },
    ],
  });
  expect(await made?.root.readFile("/etc/release", "utf8")).toBe("new!\n");
  await made?.root.writeFile("/etc/release", "changed\n");
  expect(await made?.root.readFile("/etc/release", "utf8")).toBe("changed\n");
  const { processId } = await agent.handle(execute());
  expect(made?.status).toBe("running");
  const waiting = agent.handle({ Type: "WaitForProcess", ContainerId: container, ProcessId: processId ?? 0 });
  await agent.handle({ Type: "ShutdownGraceful", ContainerId: container });
  expect(await waiting).toMatchObject({ exitCode: 143 });
  expect(made?.status).toBe("exited");
  await agent.handle(overlay([], container, "Remove"));
  await agent.handle({ Type: "DeleteContainerState", ContainerId: container });
  await agent.handle(layerDisk(0, 0, "Remove"));
  await agent.handle(layerDisk(1, 1, "Remove"));
  await agent.handle(scratchDisk(2, "Remove"));
  expect(agent.state()).toMatchObject({ mounts: [], containers: [] });
});
