/** H33: before the policy nothing is allowed; it is set once, and is the one that was measured. */
import { expect, test } from "vitest";
import { GuestAgent, type GuestAgentOptions, type HostRequest } from "../../src/agent/index.ts";
import { AttestationError, FormatError, PolicyError } from "../../src/errors.ts";
import { openPolicy } from "../../src/policy/index.ts";
import {
  container,
  create,
  execute,
  layerDisk,
  modify,
  mountAll,
  overlay,
  policyText,
  scene,
  scratchDisk,
  setPolicy,
  startAgent,
} from "./agent-scene.ts";

test.each([
  ["none", undefined],
  ["none with host data", {}],
  ["host data that is too short", { hostData: new Uint8Array(31) }],
  ["host data as text", { hostData: "00".repeat(32) }],
])("an agent does not start on %s for evidence", async (_, evidence) => {
  const options = { evidence } as unknown as GuestAgentOptions;
  await expect(GuestAgent.start(options)).rejects.toThrow(AttestationError);
});

test("H33: a request before the policy is refused, and changes nothing", async () => {
  const { agent } = await scene();
  const before = agent.state();
  const requests: HostRequest[] = [
    layerDisk(0),
    layerDisk(0, 0, "Remove"),
    scratchDisk(),
    overlay(),
    overlay([], container, "Remove"),
    modify({ ResourceType: "SCSIDevice", RequestType: "Remove", Settings: { Lun: 1 } }),
    modify({
      ResourceType: "MappedDirectory",
      Settings: { MountPath: "/run/gcs/c/x/mounts/m0", ShareName: "1" },
    }),
    modify({ ResourceType: "SecurityPolicyFragment", Settings: { Fragment: "AAAA" } }),
    create(),
    execute(),
    { Type: "Start", ContainerId: container },
    { Type: "ShutdownForced", ContainerId: container },
    { Type: "DeleteContainerState", ContainerId: container },
    { Type: "SignalProcess", ContainerId: container, ProcessId: 1 },
    { Type: "WaitForProcess", ContainerId: container, ProcessId: 1 },
    { Type: "GetProperties", ContainerId: container },
    { Type: "DumpStacks" },
    { Type: "ExecuteProcess", Settings: { ProcessParameters: { CommandArgs: ["/bin/sh"] } } },
  ];
  for (const request of requests) {
    const what = JSON.stringify(request).slice(0, 80);
    await expect(agent.handle(request), what).rejects.toThrow(PolicyError);
    await expect(agent.handle(request), what).rejects.toThrow("no policy is set");
  }
  expect(agent.state()).toEqual(before);
});

test("H33: another policy than the measured one is refused, whatever its text is", async () => {
  const { agent, policy } = await scene();
  for (const text of [`${policy} `, "", "package policy", "{", policyText([])]) {
    await expect(agent.handle(setPolicy(text))).rejects.toThrow(AttestationError);
  }
  expect(agent.state().policyDigest).toBeUndefined();
  await agent.handle(setPolicy(policy));
  const { digest } = await openPolicy(policy);
  expect(agent.state().policyDigest).toBe(Buffer.from(digest).toString("hex"));
});

test("H33: a policy is set once, also if it is the same", async () => {
  const all = await scene();
  await mountAll(all);
  const before = all.agent.state();
  await expect(all.agent.handle(setPolicy(all.policy))).rejects.toThrow("already been set");
  await expect(all.agent.handle(setPolicy(policyText([])))).rejects.toThrow(PolicyError);
  expect(all.agent.state()).toEqual(before);
});

test.each(["open_door", "allow_all", "standard", "Rego"])(
  "the enforcer %s is refused",
  async (EnforcerType) => {
    const { digest } = await openPolicy("", "open_door");
    const agent = await GuestAgent.start({ evidence: { hostData: digest } });
    const request = modify({
      ResourceType: "SecurityPolicy",
      Settings: { EnforcerType, EncodedSecurityPolicy: "" },
    });
    await expect(agent.handle(request)).rejects.toThrow("EnforcerType");
    expect(agent.state().policyDigest).toBeUndefined();
  },
);

test("a measured text that is no policy is refused, and the next request is before the policy still", async () => {
  const text = "package policy\nthis is (";
  const { createHash } = await import("node:crypto");
  const agent = await GuestAgent.start({
    evidence: { hostData: createHash("sha256").update(text).digest() },
  });
  await expect(agent.handle(setPolicy(text))).rejects.toThrow(FormatError);
  await expect(agent.handle(layerDisk(0))).rejects.toThrow("no policy is set");
});

test("a policy that is not base64 is refused", async () => {
  const { agent } = await scene();
  const request = modify({ ResourceType: "SecurityPolicy", Settings: { EncodedSecurityPolicy: "%%%" } });
  await expect(agent.handle(request)).rejects.toThrow(FormatError);
});

const fragmentPolicy = policyText([], {
  fragments: [{ issuer: "did:x509:a", feed: "feed", minimum_svn: "1", includes: ["containers"] }],
});

function fragment(text: string): HostRequest {
  const Fragment = Buffer.from(text).toString("base64");
  return modify({ ResourceType: "SecurityPolicyFragment", Settings: { Fragment } });
}

test("a fragment is refused where nobody checks its signature", async () => {
  const agent = await startAgent(fragmentPolicy, []);
  await agent.handle(setPolicy(fragmentPolicy));
  const before = agent.state();
  await expect(agent.handle(fragment("signed"))).rejects.toThrow("signature");
  expect(agent.state()).toEqual(before);
});

test("a fragment adds containers once its signature was checked, and not otherwise", async () => {
  const [all, other] = [await scene(), "f".repeat(64)];
  const text = (layer: string): string =>
    `package infra\nsvn := "1"\nframework_version := "0.5.0"\ncontainers := ${JSON.stringify([
      JSON.parse(policyText([{ layers: [layer] }]).match(/containers := (.*)/)?.[1] ?? "")[0],
    ])}\n`;
  const asked: string[] = [];
  const agent = await startAgent(fragmentPolicy, [["0:0", all.agentDisk("base")]], {
    fragmentVerifier: {
      verify: async (bytes, mediaType) => {
        const signed = new TextDecoder().decode(bytes);
        asked.push(mediaType);
        if (signed === "forged") throw new PolicyError("bad signature", []);
        return { issuer: signed.includes(other) ? "did:x509:b" : "did:x509:a", feed: "feed", text: signed };
      },
    },
  });
  await agent.handle(setPolicy(fragmentPolicy));
  const before = agent.state();
  await expect(agent.handle(fragment("forged"))).rejects.toThrow("bad signature");
  await expect(agent.handle(fragment(text(other)))).rejects.toThrow(PolicyError);
  expect(agent.state()).toEqual(before);
  await expect(agent.handle(layerDisk(0))).rejects.toThrow(PolicyError);
  await agent.handle(fragment(text(all.base.rootHash)));
  await agent.handle(layerDisk(0));
  expect(agent.state().mounts).toHaveLength(1);
  expect(asked).toEqual(Array(3).fill("application/cose-x509+rego"));
});

test("a verifier that never answers holds nobody up for longer than a request may take", async () => {
  const agent = await startAgent(fragmentPolicy, [], {
    requestDeadlineMs: 50,
    fragmentVerifier: { verify: () => new Promise(() => {}) },
  });
  await agent.handle(setPolicy(fragmentPolicy));
  await expect(agent.handle(fragment("x"))).rejects.toMatchObject({ code: "device-timeout" });
  await expect(agent.handle({ Type: "DumpStacks" })).rejects.toThrow(PolicyError);
});
