/** What explanations of denials say, point by point, and what none of them ever says. */
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { PolicyError } from "../../src/errors.ts";
import {
  type EnforcerOptions,
  openPolicy,
  PolicyDenial,
  type PolicyEnforcer,
} from "../../src/policy/index.ts";
import type { JsonObject } from "../../src/rego/index.ts";

const anyone = { pattern: "", strategy: "any" };
const none = { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] };

const container = {
  name: "app",
  command: ["/app"],
  env_rules: [{ pattern: "TOKEN=[a-z]+", strategy: "re2", required: false }],
  layers: ["aa", "bb"],
  mounts: [],
  exec_processes: [{ command: ["/sh"], signals: [2] }],
  signals: [9],
  user: { umask: "0022", user_idname: anyone, group_idnames: [anyone] },
  capabilities: none,
  seccomp_profile_sha256: "",
  allow_elevated: false,
  working_dir: "/",
  allow_stdio_access: true,
  no_new_privileges: false,
};

const constants = {
  api_version: "0.12.0",
  framework_version: "0.5.0",
  containers: [container],
  external_processes: [{ command: ["/probe"], env_rules: [], working_dir: "/", allow_stdio_access: false }],
  fragments: [{ issuer: "i", feed: "f", minimum_svn: "2", includes: ["containers"] }],
};

const points =
  "mount_device rw_mount_device mount_blockdev unmount_device rw_unmount_device mount_overlay unmount_overlay create_container exec_in_container exec_external shutdown_container signal_container_process plan9_mount plan9_unmount get_properties host_network load_fragment scratch_mount scratch_unmount reason";

function policyText(without: readonly string[] = [], own = ""): string {
  const lists = Object.entries(constants).map(([name, value]) => `${name} := ${JSON.stringify(value)}`);
  const delegated = points.split(" ").filter((point) => !without.includes(point));
  const rules = delegated.map((point) => `${point} := data.framework.${point}`);
  return ["package policy", ...lists, ...rules, own, ""].join("\n");
}

const device = { mountPathRegex: "/run/mounts/scsi/m[0-9]+" };
const process = {
  containerID: "c",
  argList: ["/app"],
  envList: ["TOKEN=abc"],
  workingDir: "/",
  noNewPrivileges: false,
  user: { id: "0", name: "root" },
  groups: [],
  umask: "0022",
  capabilities: none,
};
const create = {
  ...process,
  sandboxDir: "/s",
  hugePagesDir: "/h",
  mounts: [],
  devices: [],
  privileged: false,
  seccompProfileSHA256: "",
  isSandboxContainer: false,
};

/** An enforcer with a started container `c`, its devices, and an overlay. */
async function started(
  text = policyText(),
  options: EnforcerOptions = { layerNames: new Map([["bb", "busybox base"]]) },
): Promise<PolicyEnforcer> {
  const enforcer = (await openPolicy(text)).enforcer(options);
  for (const [i, deviceHash] of ["aa", "bb"].entries()) {
    enforcer.enforce("mount_device", { ...device, target: `/run/mounts/scsi/m${i}`, deviceHash });
  }
  const layerPaths = ["/run/mounts/scsi/m1", "/run/mounts/scsi/m0"];
  enforcer.enforce("mount_overlay", { containerID: "c", layerPaths, target: "/o" });
  return enforcer;
}

function denialOf(enforcer: PolicyEnforcer, point: string, input: JsonObject): PolicyDenial {
  try {
    enforcer.enforce(point, input);
  } catch (error) {
    if (error instanceof PolicyDenial) return error;
    throw error;
  }
  throw new Error("it was allowed");
}

const shareRoot = { rootPrefix: "/run/gcs/c", mountPathPrefix: "/mounts/m[0-9]+" };
const fragment = {
  issuer: "i",
  feed: "f",
  namespace: "n",
  fragment_loaded: false,
  has_header_svn: false,
  header_svn: null,
  receipts: [],
};
const signal = { containerID: "c", argList: ["/sh"], isInitProcess: false, signal: 9 };

test.each<readonly [point: string, input: JsonObject, summary: string]>([
  [
    "mount_device",
    { ...device, target: "/x", deviceHash: "bb" },
    "the layer bb (busybox base) is listed, but /x is no place for it: those match /run/mounts/scsi/m[0-9]+",
  ],
  [
    "mount_device",
    { ...device, target: "/x", deviceHash: "dd" },
    "none of the 2 layers that the policy lists is dd",
  ],
  [
    "rw_mount_device",
    { ...device, target: "/x", encrypted: false, ensureFilesystem: true, filesystem: "ext4" },
    "the request is for unencrypted scratch space, and the policy does not set allow_unencrypted_scratch",
  ],
  [
    "rw_mount_device",
    { ...device, target: "/x", encrypted: true, ensureFilesystem: false, filesystem: "ext4" },
    "the request does not ask that a file system be made on the device",
  ],
  [
    "rw_mount_device",
    { ...device, target: "/x", encrypted: true, ensureFilesystem: true, filesystem: "vfat" },
    "the file system vfat is none of ext4, xfs",
  ],
  ["mount_blockdev", { target: "/b" }, "no policy lets a block device be mounted as it is"],
  ["unmount_device", { unmountTarget: "/x" }, "a layer is not mounted at /x"],
  [
    "rw_unmount_device",
    { unmountTarget: "/run/mounts/scsi/m0" },
    "a writable device is not mounted at /run/mounts/scsi/m0, but a layer is",
  ],
  [
    "scratch_mount",
    { target: "/x", encrypted: false },
    "the request is for unencrypted scratch space, and the policy does not set allow_unencrypted_scratch",
  ],
  ["scratch_unmount", { unmountTarget: "/x" }, "scratch space is not mounted at /x"],
  ["unmount_overlay", { unmountTarget: "/x" }, "an overlay is not mounted at /x"],
  [
    "plan9_mount",
    { ...shareRoot, target: "/x" },
    "/x is none of the places /run/gcs/c/ID/mounts/m[0-9]+ of the containers with an overlay: c",
  ],
  ["plan9_unmount", { unmountTarget: "/x" }, "a 9p share is not mounted at /x"],
  ["get_properties", {}, "the policy does not set allow_properties_access"],
  ["host_network", {}, "the policy does not set allow_host_network"],
  ["dump_stacks", {}, "the policy has no rule for it"],
  [
    "mount_overlay",
    { containerID: "d", layerPaths: ["/run/mounts/scsi/m1", "/run/mounts/scsi/m1"], target: "/p" },
    "layer 1 of 2 of container 0 (app): the policy lists aa, the host offered bb (busybox base)",
  ],
  [
    "mount_overlay",
    { containerID: "d", layerPaths: ["/none", "/run/mounts/scsi/m0"], target: "/p" },
    "layer 2 of 2 of container 0 (app): the policy lists bb (busybox base), the host offered nothing (no device is mounted at /none)",
  ],
  [
    "exec_external",
    { argList: ["/probe", "-x"], envList: [], workingDir: "/" },
    'command of process 0: the policy lists ["/probe"], the host offered ["/probe","-x"]',
  ],
  [
    "signal_container_process",
    signal,
    'signals of ["/sh"] of container 0 (app): the policy lists 2, the host offered 9',
  ],
  [
    "signal_container_process",
    { ...signal, argList: ["/ls"] },
    'command of container 0 (app): the policy lists ["/sh"], the host offered ["/ls"]',
  ],
  [
    "signal_container_process",
    { ...signal, isInitProcess: true, signal: 15 },
    "signals of the first process of container 0 (app): the policy lists 9, the host offered 15",
  ],
  ["shutdown_container", { containerID: "x" }, "no container of this id was started"],
  [
    "load_fragment",
    { ...fragment, feed: "g" },
    "feed of fragment 0 (i, f): the policy lists f, the host offered g",
  ],
  [
    "load_fragment",
    { ...fragment, has_header_svn: true, header_svn: 1 },
    "svn of the header of fragment 0 (i, f): the policy lists 2 or more, the host offered 1",
  ],
])("%s is explained", async (point, input, summary) => {
  const enforcer = await started();
  enforcer.enforce("create_container", create);
  if (point === "dump_stacks") {
    expect(denialOf(enforcer, point, input).reasons).toEqual(["rule for dump_stacks is missing from policy"]);
    return;
  }
  const { explanation } = denialOf(enforcer, point, input);
  expect(explanation?.summary).toBe(summary);
  expect(explanation?.point).toBe(point);
});

test.each<readonly [own: string, summary: string, asksFramework: boolean]>([
  [
    'mount_device := data.framework.mount_device if input.target != "/run/mounts/scsi/m7"\ndefault mount_device := {"allowed": false}',
    "the policy's own rule mount_device denied (policy.rego:26:1): the framework's rule, which it asks for, would allow it",
    true,
  ],
  [
    'helper(t) := data.framework.mount_device if startswith(t, "/run")\nmount_device := helper(input.target)',
    "the policy's own rule mount_device denied (policy.rego:27:1): the framework's rule, which it asks for, denies it too, for deviceHash not found",
    true,
  ],
  [
    'mount_device := {"allowed": input.deviceHash in {"aa", "bb"}}',
    "the policy's own rule mount_device denied (policy.rego:26:1): the framework's rule, which it does not ask for, denies it too, for deviceHash not found",
    false,
  ],
])(
  "rules of a policy's own are explained by what is known of them: %s",
  async (own, summary, asksFramework) => {
    const enforcer = (await openPolicy(policyText(["mount_device"], own))).enforcer();
    const deviceHash = summary.includes("would allow") ? "aa" : "dd";
    const target = "/run/mounts/scsi/m7";
    const { explanation } = denialOf(enforcer, "mount_device", { ...device, target, deviceHash });
    expect(explanation?.summary).toBe(summary);
    expect(explanation?.ownRules?.asksFramework).toBe(asksFramework);
    expect(explanation?.candidates).toEqual([]);
  },
);

test("a denial that changed something is not explained by what is there afterwards", async () => {
  const own =
    'mount_device := {"allowed": false, "metadata": [{"name": "seen", "action": "update", "key": "k", "value": 1}]}';
  const enforcer = (await openPolicy(policyText(["mount_device"], own))).enforcer();
  const input = { ...device, target: "/run/mounts/scsi/m0", deviceHash: "aa" };
  expect(denialOf(enforcer, "mount_device", input).explanation).toBeUndefined();
});

const secret = "s3cr3t-value";
const own = [
  'create_container := x if { x := {split(env, "=")[1]: i | some i, env in input.envList} }',
  'create_container := data.framework.create_container if not input.envList[0] == "x"\nown := 1',
];

test.each(["", ...own])("values of variables are in no form of a denial: %s", async (rules) => {
  const enforcer = await started(policyText(rules === "" ? [] : ["create_container"], rules));
  const envList = [`TOKEN=${secret}`, `OTHER=${secret}=${secret}`, `OTHER=${secret}`];
  let error: unknown;
  try {
    enforcer.enforce("create_container", { ...create, envList });
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(PolicyError);
  const denial = error as PolicyDenial;
  const [, base64 = ""] = denial.message.split(" ");
  const forms = [
    inspect(denial, { depth: 20, showHidden: true, getters: true }),
    String(denial),
    denial.stack,
    JSON.stringify(denial),
    JSON.stringify([denial.decision, denial.explanation, denial.reasons]),
    inspect(denial.cause, { depth: 20 }),
    Buffer.from(base64, "base64").toString("utf8"),
  ];
  expect(forms.join("\n")).not.toContain("s3cr3t");
  expect(forms.join("\n")).toContain("TOKEN=<<redacted>>");
});
