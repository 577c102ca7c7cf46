/** `sealstone agent run`: requests in, decisions out. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type AgentFiles, writeAgentFiles, writeRequests } from "./agent-files.ts";
import { type Outcome, scratchFolder } from "./child-command.ts";
import { sealstone } from "./own-command.ts";

interface Working extends AgentFiles {
  readonly folder: string;
  /** Runs the agent on the folder's files, with more arguments. */
  readonly run: (...args: readonly string[]) => Promise<Outcome>;
}

async function working(): Promise<Working> {
  const folder = scratchFolder();
  const files = await writeAgentFiles(folder);
  const run = (...args: readonly string[]): Promise<Outcome> =>
    sealstone(folder, "agent", "run", ...files.args, "--requests", "requests.jsonl", ...args);
  return { ...files, folder, run };
}

describe("requests that a policy allows", () => {
  test("are done, and each is told of in a line", async () => {
    const { run, hostData } = await working();
    const { code, stdout, stderr } = await run();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`   1    policy set: SHA-256 ${hostData}\n`);
    expect(stdout).toMatch(/^ {3}2 {4}mounted \/run\/gcs\/c\/5a.*: scratch, sealed$/m);
    expect(stdout).toMatch(/^ {3}3 {4}policy: mount_device is allowed$/m);
    expect(stdout).toMatch(/^ {3}3 {4}mounted \/run\/mounts\/scsi\/m0: layer [0-9a-f]{64}$/m);
    expect(stdout).toMatch(/^ {3}6 {4}container c0c0c0c0c0c0 made$/m);
    expect(stdout).not.toContain("REFUSED");
    expect(stdout.split("\n").filter((line) => line.endsWith("  done"))).toHaveLength(6);
  });

  test("are the same as JSON lines", async () => {
    const { run, hostData } = await working();
    const { code, stdout } = await run("--json");
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1));
    expect(events).toContainEqual(expect.objectContaining({ kind: "policy-set", digest: hostData }));
    expect(events.filter(({ kind }) => kind === "done")).toHaveLength(6);
    expect(events.at(-1)).toMatchObject({ kind: "closed" });
  });

  test("need no --policy where they bring it", async () => {
    const { folder, hostData } = await working();
    const none = await sealstone(folder, "agent", "run", "--host-data", hostData, "--policy", "policy.rego");
    expect(none.code).toBe(0);
    expect(none.stdout).toContain("policy set");
  });
});

describe("what is refused ends with 1", () => {
  test("says why, and the rest is sent all the same", async () => {
    const { folder, requests, run } = await working();
    const [scratch, base, app, overlay, create] = requests;
    // The topmost layer comes first: this is the other way round.
    const text = JSON.stringify(overlay).replace(/m1(.*)m0/, "m0$1m1");
    writeRequests(folder, [scratch, base, app, JSON.parse(text), overlay, create] as typeof requests);
    const { code, stdout } = await run();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ {3}5 {4}REFUSED: PolicyDenial: mount_overlay denied: layer 1 of 2/m);
    expect(stdout).toMatch(/^ {3}7 {4}container c0c0c0c0c0c0 made$/m);
  });

  test("a policy that is not the attested one", async () => {
    const { run, folder } = await working();
    writeFileSync(join(folder, "policy.rego"), "package policy\n");
    const { code, stdout } = await run();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ {3}1 {4}REFUSED: AttestationError: /m);
    expect(stdout).not.toContain("mounted");
  });

  test("what is no request, and moves no cursor", async () => {
    const { run, folder } = await working();
    writeFileSync(join(folder, "requests.jsonl"), 'no JSON\n\n{"Type":"\\u001b[2J"}\n');
    const { code, stdout } = await run();
    expect(code).toBe(1);
    expect(stdout.match(/REFUSED: FormatError/g)).toHaveLength(2);
    expect(stdout).not.toContain("\u001b");
  });

  test("and says in which line, whatever else the file holds", async () => {
    const { folder, requests, run } = await working();
    const text = (request: unknown): string => JSON.stringify(request);
    const [scratch, base, app] = requests;
    const lines: readonly (readonly [line: string, refusal: RegExp | undefined])[] = [
      [`\ufeff${text(scratch)}\r`, undefined],
      ["\r", undefined],
      // No field is taken that Go would take for another, none that is not known, and none twice.
      [text(base).replace("Request", "request"), /FormatError: .*"request"/],
      [text(base).replace("MountPath", "mountPath"), /FormatError: .*"mountPath"/],
      [text(base).replace("{", '{"Extra":1,'), /FormatError: .*"Extra"/],
      [text(base).replace('"Lun":0', '"Lun":0,"Lun":1'), /FormatError: .*a field twice: "Lun"/],
      [text(base).replace('"Lun":0', '"Lun":0,"\\u004cun":1'), /FormatError: .*a field twice: "Lun"/],
      [text(base).replace('"Lun":0', '"Lun":"0"'), /FormatError: .*Lun is no integer from 0 to 255/],
      [text(base).replace('"Lun":0', '"Lun":256'), /FormatError: .*Lun is no integer/],
      [text(base).replace('"Lun":0', '"Lun":1e400'), /FormatError: .*not written as a whole one/],
      [text(base).replace('"Lun":0', '"Lun":18446744073709551616'), /FormatError: .*Lun is no integer/],
      [text(base).replace('"Lun":0', '"Lun":-1'), /FormatError: .*Lun is no integer/],
      [text(base).replace('"ReadOnly":true', '"ReadOnly":"true"'), /FormatError: .*neither true nor false/],
      [text({ ...base, Type: "ModifyServiceSettings" }), /FormatError: .*knows no request/],
      [`\ufeff${text(base)}`, /FormatError: the request is no JSON/],
      [`${text(base)}${text(base)}`, /FormatError: the request is no JSON/],
      [`${'{"Request":'.repeat(5000)}1${"}".repeat(5000)}`, /FormatError: .*more than 32/],
      [text({ ...base, ActivityId: "x".repeat(5 * 2 ** 20) }), /FormatError: .*at most 4194304 bytes/],
      ["", undefined],
      [text({ ...app, ActivityId: "\u2028" }).replace("\\u2028", "\u2028"), undefined],
      [text(base), undefined],
      [text(base), /PolicyDenial/],
    ];
    writeFileSync(join(folder, "requests.jsonl"), lines.map(([line]) => line).join("\n"));
    const { code, stdout } = await run();
    expect(code).toBe(1);
    const refused = stdout.split("\n").filter((line) => line.includes("REFUSED"));
    const expected = lines.flatMap(([, refusal], i) =>
      refusal === undefined ? [] : [[i + 1, refusal] as const],
    );
    expect(refused).toHaveLength(expected.length);
    for (const [i, [number, refusal]] of expected.entries()) {
      expect(refused[i]).toMatch(refusal);
      expect(refused[i]).toMatch(new RegExp(` \\(line ${number}\\)$`));
    }
    expect(stdout.match(/^ +[0-9]+ {4}mounted /gm)).toHaveLength(3);
    const { stdout: json } = await run("--json");
    const events = json
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.flatMap(({ line }) => line ?? [])).toEqual(expected.map(([number]) => number));
  });

  test("a process that nobody ends is waited for while the rest is sent", async () => {
    const { folder, requests, run } = await working();
    const ContainerId = "c0".repeat(32);
    const wait = (ProcessId: number) => ({ Type: "WaitForProcess", ContainerId, ProcessId });
    writeRequests(folder, [
      ...requests,
      { Type: "ExecuteProcess", ContainerId, Settings: { ProcessParameters: {} } },
      wait(1),
      { ...wait(1), TimeoutInMs: 1 },
      wait(7),
      { Type: "SignalProcess", ContainerId, ProcessId: 1, Options: { Signal: 9 } },
    ]);
    const { code, stdout, stderr } = await run();
    expect(code).toBe(1);
    expect(stdout).toMatch(/REFUSED: StateError: there is no process 7 \(line 9\)$/m);
    expect(stdout).toMatch(/process 1 of c0c0c0c0c0c0 ended with 137$/m);
    expect(stdout.match(/REFUSED/g)).toHaveLength(1);
    expect(stderr === "" || stderr.startsWith("Line 8 has waited in vain")).toBe(true);
  });

  test("a process that never ends holds up nobody", async () => {
    const { folder, requests, run } = await working();
    const ContainerId = "c0".repeat(32);
    writeRequests(folder, [
      ...requests,
      { Type: "ExecuteProcess", ContainerId, Settings: { ProcessParameters: {} } },
      { Type: "WaitForProcess", ContainerId, ProcessId: 1 },
    ]);
    expect((await run()).code).toBe(0);
  });

  test("files that are not there", async () => {
    const { run, folder } = await working();
    rmSync(join(folder, "requests.jsonl"));
    const missing = await run();
    expect(missing).toMatchObject({ code: 1, stderr: "Cannot read requests requests.jsonl.\n" });
    expect(await run("--disk", "0:3=gone.vhd")).toMatchObject({ code: 1, stdout: "" });
    expect(await run("--policy", "gone.rego")).toMatchObject({
      code: 1,
      stderr: "Cannot read policy gone.rego.\n",
    });
  });
});

describe("wrong usage ends with 2", () => {
  const hostData = "00".repeat(32);
  test.each([
    ["no host data", [], "--host-data"],
    ["host data that is none", ["--host-data", "12"], "64 hex digits"],
    ["a disk at no slot", ["--host-data", hostData, "--disk", "base.vhd"], "controller:slot=file"],
    ["a slot too high", ["--host-data", hostData, "--disk", "0:256=base.vhd"], "up to 255"],
    [
      "a slot taken",
      ["--host-data", hostData, "--disk", "0:1=a", "--disk", "00:1=b"],
      "two disks are at 0:1",
    ],
    ["an operand", ["--host-data", hostData, "requests.jsonl"], "too many arguments"],
  ])("%s", async (_, args, says) => {
    const { code, stdout, stderr } = await sealstone(scratchFolder(), "agent", "run", ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(says);
  });

  test("help says what there is", async () => {
    const { code, stdout } = await sealstone(scratchFolder(), "agent", "run", "--help");
    expect(code).toBe(0);
    for (const text of ["--disk <address=file[,rw]>", "Exit codes:", "Examples:", "SHA-256"]) {
      expect(stdout).toContain(text);
    }
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});
