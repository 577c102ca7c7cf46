/** The text, its measure, and what enforcers remember. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { AttestationError, FormatError, PolicyError } from "../../src/errors.ts";
import { GuestRequests, openEncodedPolicy, openPolicy, type PolicyEnforcer } from "../../src/policy/index.ts";

const empty = 'package policy\napi_version := "0.12.0"\n';

async function enforcerOf(rules: string): Promise<PolicyEnforcer> {
  return (await openPolicy(`${empty}${rules}\n`)).enforcer();
}

test("a policy is held against HOST_DATA", async () => {
  const policy = await openEncodedPolicy(btoa(empty));
  const measured = createHash("sha256").update(empty).digest();
  expect(policy.checkHostData(measured)).toBeUndefined();
  measured[31] = (measured[31] ?? 0) ^ 1;
  expect(() => policy.checkHostData(measured)).toThrow(AttestationError);
  expect(() => policy.checkHostData(new Uint8Array())).toThrow(AttestationError);
});

test.each(["!", "YWI", "YW=", "YWJj=", "=", "YW Jj"])("%j is no base64", async (text) => {
  await expect(openEncodedPolicy(text)).rejects.toThrow(FormatError);
});

test("line ends in base64 count for nothing", async () => {
  const policy = await openEncodedPolicy(`${btoa(empty).slice(0, 8)}\r\n${btoa(empty).slice(8)}`);
  expect(new TextDecoder().decode(policy.bytes)).toBe(empty);
});

test("what is not Rego is refused where it stands", async () => {
  const at = { line: 2, column: 6 };
  await expect(openPolicy("package policy\nx := ]")).rejects.toMatchObject({ at });
  await expect(openPolicy(Uint8Array.of(0xff))).rejects.toThrow(FormatError);
});

test("the open door takes the empty policy alone", async () => {
  const requests = new GuestRequests((await openPolicy("", "open_door")).enforcer());
  expect(requests.mountDevice("/x", "y")).toBeUndefined();
  expect(requests.execExternal({ arguments: [], environment: ["A=1"], workingDirectory: "/" })).toEqual({
    environment: ["A=1"],
    stdioAccess: true,
  });
  await expect(openPolicy(empty, "open_door")).rejects.toThrow(FormatError);
});

test("operations before one that fails stay done, and a snapshot undoes them", async () => {
  const operations = [
    { name: "t", action: "add", key: "__proto__", value: 1 },
    { name: "s", type: "set", action: "add", value: { a: [1] } },
    { name: "s", type: "set", action: "add", value: { a: [1] } },
    { name: "t", action: "add", key: "__proto__", value: 2 },
    { name: "t", action: "add", key: "later", value: 3 },
  ];
  const enforcer = await enforcerOf(
    `mount_device := {"allowed": true, "metadata": ${JSON.stringify(operations)}}`,
  );
  const before = enforcer.snapshot();
  expect(() => enforcer.enforce("mount_device", {})).toThrow(PolicyError);
  expect(JSON.stringify(enforcer.metadata())).toBe(
    '{"operatingsystem":{"ostype":"linux"},"t":{"__proto__":1},"s":[{"a":[1]}]}',
  );
  const after = enforcer.snapshot();
  enforcer.restore(before);
  expect(JSON.stringify(enforcer.metadata())).toBe('{"operatingsystem":{"ostype":"linux"}}');
  expect(() => enforcer.enforce("mount_device", {})).toThrow(PolicyError);
  enforcer.restore(before);
  enforcer.restore(after);
  expect(() => enforcer.enforce("mount_device", {})).toThrow(PolicyError);
  expect(JSON.stringify(enforcer.metadata())).toBe(
    '{"operatingsystem":{"ostype":"linux"},"t":{"__proto__":1},"s":[{"a":[1]}]}',
  );
});

test.each([
  ["mount_device := true", "unable to load results object from Rego query"],
  ["mount_device := {}", "rule for mount_device is missing from policy"],
  ['mount_device := {"x": 1}', undefined],
  ['mount_device := {"allowed": "yes"}', "value for 'allowed' is not a boolean"],
  ['mount_device := {"allowed": true, "metadata": 1}', "error loading metadata array: invalid type"],
  [
    'mount_device := {"allowed": true, "metadata": [{"name": "t", "action": "sink", "key": "k", "value": 1}]}',
    "error applying metadata operations: unrecognized metadata action: sink",
  ],
  ['mount_device := {"allowed": x} if some x in [true, false]', expect.stringContaining("two values")],
])("%s is a denial", async (rules, policyError) => {
  const enforcer = await enforcerOf(rules);
  expect(() => enforcer.enforce("mount_device", {})).toThrow(
    expect.objectContaining({
      decision: expect.objectContaining({
        decision: "deny",
        ...(policyError !== undefined && { policyError }),
      }),
    }) as Error,
  );
});

test("a policy may have rules of its own around the framework's", async () => {
  const enforcer = await enforcerOf(`
framework_version := "0.5.0"
containers := [{"layers": ["aa"]}]
mount_device := data.framework.mount_device if input.target != "/run/mounts/scsi/m7"
reason := data.framework.reason`);
  const requests = new GuestRequests(enforcer);
  expect(requests.mountDevice("/run/mounts/scsi/m0", "aa")).toBeUndefined();
  expect(() => requests.mountDevice("/run/mounts/scsi/m7", "aa")).toThrow(PolicyError);
  expect(() => requests.mountDevice("/run/mounts/scsi/m1", "bb")).toThrow(
    expect.objectContaining({ reasons: ["deviceHash not found"] }) as Error,
  );
});

const loader = `framework_version := "0.5.0"
fragments := [{"issuer": "i", "feed": "f", "minimum_svn": "1", "includes": ["containers"], "parameters": {"p": "/given"}}]
load_fragment := data.framework.load_fragment
reason := data.framework.reason`;

test("a fragment is made once for each set of parameters, with defaults for what is not given", async () => {
  const enforcer = await enforcerOf(loader);
  const text = [
    "package f1",
    'svn := "1"',
    'framework_version := "0.5.0"',
    'parameters := {"p": {}, "q": {"default": "/default"}}',
    'containers := [{"command": [parameter("p"), parameter("q")]}]',
  ].join("\n");
  new GuestRequests(enforcer).loadFragment({ issuer: "i", feed: "f", text });
  expect(JSON.stringify(enforcer.metadata()["issuers"])).toBe(
    '{"i":{"feeds":{"f":[{"containers":[{"command":["/given","/default"]}]}]}}}',
  );
});

test.each([
  [
    '"env_list": "A"',
    "policy returned incorrect type for 'env_list', expected []interface{}, received string",
  ],
  ['"env_list": [1]', "members of env_list from policy must be strings, received json.Number"],
  ['"allow_stdio_access": 1', "value for 'allow_stdio_access' is not a boolean"],
])("an answer with %s is of no use", async (member, message) => {
  const enforcer = await enforcerOf(`exec_external := {"allowed": true, ${member}}`);
  const requests = new GuestRequests(enforcer);
  const ask = { arguments: [], environment: ["A=1"], workingDirectory: "/" };
  expect(() => requests.execExternal(ask)).toThrow(message);
});
