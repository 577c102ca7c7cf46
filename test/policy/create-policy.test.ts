/** Policies made from images: what stands in them, and that they let those images run. */
import { describe, expect, test } from "vitest";
import { type PolicyError, UsageError } from "../../src/errors.ts";
import { defaultUnprivilegedCapabilities } from "../../src/policy/default-capabilities.ts";

import {
  containerOfImage,
  createPolicy,
  GuestRequests,
  type ImageProcess,
  openPolicy,
  PolicyDenial,
  type PolicyImage,
  type PolicyOptions,
  policyContent,
} from "../../src/policy/index.ts";
import { signalName, signalNumber } from "../../src/policy/signals.ts";

const base = "ab".repeat(32);
const top = "cd".repeat(32);
const group = "e".repeat(64);
const id = "1".repeat(64);

function image(configuration: Partial<ImageProcess> = {}, name = "registry.example/app:1"): PolicyImage {
  return {
    name,
    layers: [base, top],
    configuration: {
      env: ["PATH=/bin", "LANG=C"],
      entrypoint: ["/bin/app"],
      command: ["-v"],
      ...configuration,
    },
  };
}

/** Starts an image's container as a guest would be asked to, from its scratch disk on, and takes all down. */
async function runThrough(options: PolicyOptions, environment: readonly string[]): Promise<unknown> {
  const requests = new GuestRequests((await openPolicy(createPolicy([image()], options))).enforcer());
  const disk = `/run/gcs/c/${group}`;
  requests.mountWritableDevice(disk, { encrypted: true, ensureFilesystem: true, filesystem: "xfs" });
  requests.mountDevice("/run/mounts/scsi/m0", top);
  requests.mountDevice("/run/mounts/scsi/m1", base);
  requests.mountScratch(`${disk}/scratch/${id}`, true);
  requests.mountOverlay(id, ["/run/mounts/scsi/m0", "/run/mounts/scsi/m1"], `/run/gcs/c/${id}/rootfs`);
  const lists = [...defaultUnprivilegedCapabilities, "CAP_SYS_ADMIN"];
  const granted = requests.createContainer({
    containerId: id,
    sandboxId: group,
    arguments: ["/bin/app", "-v"],
    environment,
    workingDirectory: "/",
    noNewPrivileges: false,
    user: { id: "0", name: "root" },
    groups: [{ id: "0", name: "root" }],
    umask: "0022",
    capabilities: { bounding: lists, effective: lists, inheritable: [], permitted: lists, ambient: [] },
    isSandboxContainer: false,
    privileged: false,
    mounts: [],
    devices: [],
    seccompProfileSha256: "",
  });
  requests.signalContainerProcess({ containerId: id, signal: 15, isInitProcess: true, arguments: null });
  requests.shutdownContainer(id);
  requests.unmountOverlay(`/run/gcs/c/${id}/rootfs`);
  requests.unmountScratch(`${disk}/scratch/${id}`);
  requests.unmountDevice("/run/mounts/scsi/m0");
  if (options.writableUnmount) requests.unmountWritableDevice(disk);
  else expect(() => requests.unmountWritableDevice(disk)).toThrow(PolicyDenial);
  return granted;
}

describe("the text", () => {
  test("has the form of az confcom", () => {
    const text = createPolicy([image()]);
    expect(text.split("\n").slice(0, 7)).toEqual([
      "package policy",
      "",
      "import future.keywords.every",
      "import future.keywords.in",
      "",
      'api_version := "0.11.0"',
      'framework_version := "0.2.3"',
    ]);
    expect(text).toContain(
      '\n\ncontainers := [{"allow_elevated":false,"allow_stdio_access":true,"capabilities":{"ambient":[],',
    );
    expect(text).toContain(
      '"env_rules":[{"pattern":"PATH=/bin","required":false,"strategy":"string"},{"pattern":"LANG=C",',
    );
    expect(text).toContain('"minimum_svn": "4"\n  }\n]');
    expect(text).toContain("\nallow_unencrypted_scratch := false\n");
    expect(text.endsWith('reason := {"errors": data.framework.errors}')).toBe(true);
    expect(text).not.toContain("rw_unmount_device");
    expect(createPolicy([image()], { writableUnmount: true })).toContain(
      "rw_mount_device\nrw_unmount_device := data.framework.rw_unmount_device\n\nreason",
    );
    expect(createPolicy([image()], {}, "indented")).toContain(
      'containers := [\n  {\n    "allow_elevated": false,',
    );
  });

  test("is ASCII, whatever the image says", async () => {
    const text = createPolicy([image({ env: ['A="é"', "B=\u{1f600}\n"] })], { bare: true });
    expect(text).toMatch(/^[\n -~]*$/);
    expect(text).toContain('A=\\"\\u00e9\\"');
    expect((await openPolicy(text)).bytes.length).toBe(text.length);
  });
});

describe("a container", () => {
  test("is what the image says, and what the platform adds", () => {
    const container = containerOfImage(image({ user: "app:20", workingDir: "/srv", stopSignal: "SIGQUIT" }));
    expect(container).toMatchObject({
      id: "registry.example/app:1",
      name: "registry.example/app:1",
      command: ["/bin/app", "-v"],
      layers: [base, top],
      signals: [3],
      working_dir: "/srv",
      user: {
        umask: "0022",
        user_idname: { pattern: "app", strategy: "name" },
        group_idnames: [{ pattern: "20", strategy: "id" }],
      },
      mounts: [{ destination: "/etc/resolv.conf" }],
    });
    expect(container.env_rules.map((rule) => "pattern" in rule && rule.pattern)).toEqual([
      "PATH=/bin",
      "LANG=C",
      "TERM=xterm",
      "(?i)(FABRIC)_.+=.+",
      "HOSTNAME=.+",
      "T(E)?MP=.+",
      "FabricPackageFileName=.+",
      "HostedServiceName=.+",
      "IDENTITY_API_VERSION=.+",
      "IDENTITY_HEADER=.+",
      "IDENTITY_SERVER_THUMBPRINT=.+",
      "azurecontainerinstance_restarted_by=.+",
    ]);
    expect(container.capabilities?.bounding).toHaveLength(14);
  });

  test("is the image alone where it is bare", () => {
    const container = containerOfImage(image({ user: "", env: ["TERM=vt100"] }), {
      bare: true,
      omitId: true,
    });
    expect(container).not.toHaveProperty("id");
    expect(container).toMatchObject({
      env_rules: [{ pattern: "TERM=vt100", strategy: "string", required: false }],
      mounts: [],
      signals: [],
      user: { user_idname: { strategy: "any" }, group_idnames: [{ strategy: "any" }] },
    });
  });

  test("has what is asked for in place of the image's own", () => {
    const rule = { pattern: "LANG=.*", strategy: "re2", required: true };
    const mount = { type: "bind", source: "/x", destination: "/etc/resolv.conf", options: ["ro"] };
    const container = containerOfImage(image({ stopSignal: "9" }), {
      command: ["sh"],
      environmentRules: [rule],
      mounts: [mount],
      signals: [1, 2],
      debugMode: true,
      stdio: false,
      elevated: true,
      noNewPrivileges: true,
    });
    expect(container).toMatchObject({
      command: ["sh"],
      mounts: [mount],
      signals: [1, 2],
      exec_processes: [{ command: ["/bin/sh"] }, { command: ["/bin/bash"] }],
      allow_stdio_access: false,
      allow_elevated: true,
      no_new_privileges: true,
    });
    expect(container.env_rules.slice(0, 2)).toEqual([
      rule,
      { pattern: "PATH=/bin", strategy: "string", required: false },
    ]);
    expect(container.capabilities?.inheritable).toHaveLength(41);
  });

  test.each([
    ["no command", image({ entrypoint: undefined, command: [] }), "says nothing of a command"],
    ["a signal that is none", image({ stopSignal: "SIGSOON" }), "the stop signal SIGSOON"],
    ["a layer that is none", { ...image(), layers: [base.toUpperCase()] }, "is no root hash"],
  ])("%s is refused", (_, wrong, words) => {
    expect(() => containerOfImage(wrong)).toThrow(UsageError);
    expect(() => containerOfImage(wrong)).toThrow(words);
  });
});

describe("the whole", () => {
  test("has the pause container last, and the platform's fragment", () => {
    const other = containerOfImage(image({}, "other"));
    const { containers, fragments } = policyContent([image()], { containers: [other], stdio: false });
    expect(containers.map(({ name }) => name)).toEqual([
      "registry.example/app:1",
      "other",
      "pause-container",
    ]);
    expect(containers.at(-1)?.allow_stdio_access).toBe(false);
    expect(fragments.map(({ minimum_svn }) => minimum_svn)).toEqual(["4"]);
    expect(policyContent([image()], { infrastructureSvn: "7" }).fragments[0]?.minimum_svn).toBe("7");
    expect(policyContent([image()], { excludeDefaultFragments: true }).fragments).toEqual([]);
  });

  test("has neither where it is bare", () => {
    const { containers, fragments } = policyContent([image()], { bare: true, unencryptedScratch: true });
    expect({ names: containers.map(({ name }) => name), fragments }).toEqual({
      names: ["registry.example/app:1"],
      fragments: [],
    });
    expect(createPolicy([image()], { unencryptedScratch: true })).toContain(
      "allow_unencrypted_scratch := true\n",
    );
  });

  test("lets the image run, with what it does not list dropped", async () => {
    expect(await runThrough({}, ["PATH=/bin", "HOSTNAME=x", "LD_PRELOAD=/evil.so"])).toEqual({
      environment: ["PATH=/bin", "HOSTNAME=x"],
      capabilities: {
        bounding: defaultUnprivilegedCapabilities,
        effective: defaultUnprivilegedCapabilities,
        inheritable: [],
        permitted: defaultUnprivilegedCapabilities,
        ambient: [],
      },
      stdioAccess: true,
    });
    expect(
      await runThrough({ bare: true, stdio: false, writableUnmount: true }, ["PATH=/bin", "HOSTNAME=x"]),
    ).toMatchObject({
      environment: ["PATH=/bin"],
      stdioAccess: false,
    });
  });

  test("is decided natively, with an explanation, and gives no objects as its reason", async () => {
    const requests = new GuestRequests((await openPolicy(createPolicy([image()]))).enforcer());
    expect(() => requests.mountDevice("/run/mounts/scsi/m0", "00")).toThrow(
      expect.objectContaining({
        decision: expect.objectContaining({ reason: { errors: ["deviceHash not found"] } }),
        explanation: expect.objectContaining({ summary: expect.stringContaining("none of the 3 layers") }),
      }) as PolicyError,
    );
  });
});

test.each([
  ["SIGTERM", 15],
  ["term", 15],
  ["9", 9],
  ["SIGRTMIN+3", 37],
  ["RTMAX-1", 63],
  ["SIGIOT", 6],
  ["0", undefined],
  ["65", undefined],
  ["", undefined],
  ["SIGRTMAX+1", undefined],
  ["SIGNOPE", undefined],
])("signal %j is %s", (text, number) => {
  expect(signalNumber(text)).toBe(number);
});

test("signals have names", () => {
  expect([signalName(15), signalName(40)]).toEqual(["SIGTERM", "signal 40"]);
});
