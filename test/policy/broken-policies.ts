/** Policies that were broken: whatever they are, they are refused, or decide requests in good order. */
import { FormatError, PolicyError, StateError } from "../../src/errors.ts";
import { openPolicy, type PolicyEnforcer, policyPoints } from "../../src/policy/index.ts";
import type { JsonObject } from "../../src/rego/index.ts";
import { SeededRandom } from "../../src/testing/index.ts";
import { brokenText } from "../rego/policy-fuzz.ts";
import { randomScenario } from "./random-scenario.ts";

/** Rules of a policy's own, to be broken too. */
const ownRules: readonly string[] = [
  "",
  "",
  `
import future.keywords.in
mine(target) := {"allowed": true} { startswith(target, "/run/") }
default other := {"allowed": false}
other := data.framework.mount_device { not mine(input.target); count(containers) < 9 }
names[name] { name := split(input.envList[_], "=")[0] }
kept := [env | some env in input.envList; regex.match("^[A-Z]+=", env)]
`,
];

const everyInput: JsonObject = {
  ...{ target: "/run/mounts/scsi/m0", unmountTarget: "/run/mounts/scsi/m0", deviceHash: "aa" },
  ...{
    mountPathRegex: "/run/mounts/scsi/m[0-9]+",
    rootPrefix: "/run/gcs/c",
    mountPathPrefix: "/mounts/m[0-9]+",
  },
  ...{ encrypted: true, ensureFilesystem: true, filesystem: "ext4", layerPaths: ["/run/mounts/scsi/m0"] },
  ...{ containerID: "c1", argList: ["/a"], envList: ["A=1", "B=1"], workingDir: "/", umask: "0022" },
  ...{ noNewPrivileges: true, user: { id: "0", name: "root" }, groups: [{ id: "0", name: "root" }] },
  capabilities: { bounding: ["CAP_A"], effective: [], inheritable: [], permitted: [], ambient: [] },
  ...{ sandboxDir: "/s", hugePagesDir: "/h", mounts: [], devices: [], privileged: false },
  ...{ seccompProfileSHA256: "", isSandboxContainer: false, signal: 9, isInitProcess: true },
  ...{ issuer: "did:one", feed: "feed", namespace: "f1", fragment_loaded: false, receipts: [] },
  ...{ has_header_svn: false, header_svn: null },
};

const points = [...policyPoints.keys()];
/** Of a policy that is taken: by far most policies are much like others. */
const pointsAsked = 8;

/** How many of so many broken policies were taken. @throws what is no refusal. */
export async function enforceBroken(seed: number, count: number): Promise<number> {
  const random = new SeededRandom(seed);
  const policies = new Map<number, string>();
  let taken = 0;
  for (let i = 0; i < count; i++) {
    const number = random.below(1000);
    const policy = policies.get(number) ?? randomScenario(number, 5).policy;
    policies.set(number, policy);
    const text = brokenText(policy + random.pick(ownRules), random);
    try {
      const enforcer = (await openPolicy(text)).enforcer();
      taken += 1;
      for (let asked = 0; asked < pointsAsked; asked++) enforce(enforcer, random.pick(points));
    } catch (error) {
      const refused = error instanceof FormatError || error instanceof StateError;
      if (!refused) throw new Error(`policy ${i} of seed ${seed}:\n${text}`, { cause: error });
    }
  }
  return taken;
}

function enforce(enforcer: PolicyEnforcer, point: string): void {
  try {
    enforcer.enforce(point, everyInput);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw new Error(point, { cause: error });
  }
}
