/** Denials: their form where it is long, their explanations, and what never stands in them. */

import { expect, test } from "vitest";
import { type ContainerRequest, GuestRequests, openPolicy, PolicyDenial } from "../../src/policy/index.ts";

const anyone = { pattern: "", strategy: "any" };

const container = {
  name: "app",
  command: ["/app"],
  env_rules: [{ pattern: "TOKEN=[a-z]+", strategy: "re2", required: false }],
  layers: ["aa", "bb"],
  mounts: [],
  exec_processes: [],
  signals: [9],
  user: { umask: "0022", user_idname: anyone, group_idnames: [anyone] },
  capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
  seccomp_profile_sha256: "",
  allow_elevated: false,
  working_dir: "/",
  allow_stdio_access: true,
  no_new_privileges: false,
};

const request: ContainerRequest = {
  containerId: "c1",
  arguments: ["/app"],
  environment: ["TOKEN=s3cret-value=x"],
  workingDirectory: "/",
  noNewPrivileges: false,
  user: { id: "0", name: "root" },
  groups: [],
  umask: "0022",
  capabilities: container.capabilities,
  sandboxId: "s",
  isSandboxContainer: false,
  privileged: false,
  mounts: [],
  devices: [],
  seccompProfileSha256: "",
};

async function requestsFor(containers: readonly object[], longestMessage?: number): Promise<GuestRequests> {
  const points = ["mount_device", "mount_overlay", "create_container", "reason"];
  const policy = await openPolicy(
    [
      "package policy",
      'api_version := "0.12.0"',
      'framework_version := "0.5.0"',
      `containers := ${JSON.stringify(containers)}`,
      ...points.map((point) => `${point} := data.framework.${point}`),
      "",
    ].join("\n"),
  );
  return new GuestRequests(policy.enforcer(longestMessage === undefined ? {} : { longestMessage }));
}

function mountLayers(requests: GuestRequests, hashes: readonly string[]): readonly string[] {
  return hashes.map((hash, i) => {
    requests.mountDevice(`/run/mounts/scsi/m${i}`, hash);
    return `/run/mounts/scsi/m${i}`;
  });
}

function denialOf(ask: () => unknown): PolicyDenial {
  try {
    ask();
  } catch (error) {
    if (error instanceof PolicyDenial) return error;
    throw error;
  }
  throw new Error("it was allowed");
}

test("an overlay in the wrong order is explained by the layer that differs", async () => {
  const requests = await requestsFor([
    container,
    { ...container, name: "three", layers: ["aa", "bb", "cc"] },
  ]);
  const [base = "", top = ""] = mountLayers(requests, ["aa", "cc"]);
  const denial = denialOf(() => requests.mountOverlay("c1", [top, base], "/o"));
  expect(denial.reasons).toEqual(["no matching containers for overlay"]);
  expect(denial.explanation).toEqual({
    point: "mount_overlay",
    summary: "layer 2 of 2 of container 0 (app): the policy lists bb, the host offered cc",
    candidates: [
      {
        index: 0,
        name: "app",
        fulfilled: 2,
        failed: { aspect: "layer 2 of 2", expected: "bb", seen: "cc" },
      },
      {
        index: 1,
        name: "three",
        fulfilled: 0,
        failed: { aspect: "the number of layers", expected: "3", seen: "2" },
      },
    ],
  });
});

test("a container is explained by the nearest that was listed, without values of variables", async () => {
  const requests = await requestsFor([{ ...container, command: ["/other"] }, container]);
  const [base = "", top = ""] = mountLayers(requests, ["aa", "bb"]);
  requests.mountOverlay("c1", [top, base], "/o");
  const denial = denialOf(() => requests.createContainer(request));
  expect(denial.explanation?.summary).toBe(
    "environment variables of container 1 (app): the policy lists TOKEN=<<redacted>>, the host offered TOKEN=<<redacted>>",
  );
  expect(denial.explanation?.candidates.map(({ failed }) => failed.aspect)).toEqual([
    "command",
    "environment variables",
  ]);
  const shown = JSON.stringify([denial, denial.decision, denial.explanation, denial.reasons]);
  expect(shown).toContain("TOKEN=<<redacted>>");
  const [, base64 = ""] = denial.message.split(" ");
  expect(shown + atob(base64)).not.toContain("s3cret");
});

test.each([
  [3072, ["reason.error_objects"], "input"],
  [500, ["reason.error_objects", "input"], "reason"],
  [100, ["reason.error_objects", "input", "reason"], "decision"],
])("a message of at most %i characters leaves out %j", async (limit, truncated, left) => {
  const many = Array.from({ length: 8 }, (_, i) => ({ ...container, signals: [i] }));
  const requests = await requestsFor(many, limit);
  const [base = "", top = ""] = mountLayers(requests, ["aa", "bb"]);
  requests.mountOverlay("c1", [top, base], "/o");
  const denial = denialOf(() => requests.createContainer({ ...request, workingDirectory: "/<&>" }));
  const [mark, base64 = "", end] = denial.message.split(" ");
  expect([mark, end]).toEqual(["policyDecision<", ">policyDecision"]);
  const text = Buffer.from(base64, "base64").toString("utf8");
  expect(JSON.parse(text)).toEqual(denial.decision);
  expect(text).not.toMatch(/[<>&]/);
  expect(denial.decision["truncated"]).toEqual(truncated);
  expect(denial.decision).toHaveProperty(left);
  expect(denial.reasons).toContain("invalid working directory");
});

test("a message that fits to the character is whole; one more, and the next part goes", async () => {
  const many = Array.from({ length: 8 }, (_, i) => ({ ...container, signals: [i] }));
  const denied = async (limit: number): Promise<PolicyDenial> => {
    const requests = await requestsFor(many, limit);
    const [base = "", top = ""] = mountLayers(requests, ["aa", "bb"]);
    requests.mountOverlay("c1", [top, base], "/o");
    return denialOf(() => requests.createContainer({ ...request, workingDirectory: "/other" }));
  };
  const parts = ["reason.error_objects", "input", "reason"];
  let { message } = await denied(0);
  for (let gone = 0; gone < parts.length; gone++) {
    expect((await denied(message.length)).message).toBe(message);
    const shorter = await denied(message.length - 1);
    expect(shorter.decision["truncated"]).toEqual(parts.slice(0, gone + 1));
    expect(shorter.message.length).toBeLessThan(message.length);
    message = shorter.message;
  }
  const nothingLeft = await denied(1);
  expect(nothingLeft.message).toBe(message);
  expect(nothingLeft.decision).toEqual({ decision: "deny", truncated: parts });
});

test("a decision without a reason's objects says nothing of them", async () => {
  const policy = await openPolicy(
    'package policy\napi_version := "0.12.0"\nmount_device := {"allowed": false}\n',
  );
  const denied = (longestMessage: number): PolicyDenial =>
    denialOf(() => new GuestRequests(policy.enforcer({ longestMessage })).mountDevice("/x".repeat(99), "aa"));
  const whole = denied(0).message.length;
  expect(denied(whole - 1).decision).toMatchObject({ decision: "deny", truncated: ["input"] });
  expect(denied(1).decision).toEqual({ decision: "deny", truncated: ["input", "reason"] });
});

test.each([
  ["/run/mounts/scsi/m1", "cc", "none of the 2 layers that the policy lists is cc"],
  ["/run/mounts/scsi/m0", "bb", "the layer bb is listed, but /run/mounts/scsi/m0 has a device already"],
  ["/etc", "bb", "the layer bb is listed, but /etc is no place for it: those match /run/mounts/scsi/m[0-9]+"],
])("a device at %s of layer %s is explained", async (target, hash, summary) => {
  const requests = await requestsFor([container]);
  mountLayers(requests, ["aa"]);
  const denial = denialOf(() => requests.mountDevice(target, hash));
  expect(denial.explanation).toEqual({ point: "mount_device", summary, candidates: [] });
});
