/** `sealstone policy create` and `check`, and `--policy` of the actions on merged layers: on small images. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openPolicy } from "../../src/policy/index.ts";
import { outlinePolicy, type PolicyOutline } from "../../src/policy/policy-outline.ts";
import { ImageBuilder } from "../oci/image-builder.ts";
import { TarBuilder } from "../tar/tar-builder.ts";
import { type Outcome, scratchFolder } from "./child-command.ts";
import { sealstone } from "./own-command.ts";

const base = new TarBuilder().file("etc/release", "1\n").end().bytes();
const top = new TarBuilder().file("bin/app", "#!\n").end().bytes();
const builder = new ImageBuilder();
const config = { Env: ["PATH=/bin"], Entrypoint: ["/bin/app"], Cmd: ["-v"], User: "7:8", WorkingDir: "/srv" };
const named = (image: object, tag: string): object => ({
  ...image,
  annotations: { "org.opencontainers.image.ref.name": tag },
});
const both = builder.addImage({ layers: [{ tar: base }, { tar: top }], configuration: { config } });
const turned = builder.addImage({ layers: [{ tar: top }, { tar: base }], configuration: { config } });
const silent = builder.addImage({ layers: [{ tar: base }] });
builder.layout(named(both, "1"), named(turned, "turned"), named(silent, "silent"));

interface Working {
  readonly folder: string;
  readonly run: (...args: readonly string[]) => Promise<Outcome>;
}

/** A folder with the images `oci:app:1`, the same with its layers turned round, and one without a command. */
function working(): Working {
  const folder = scratchFolder();
  mkdirSync(join(folder, "app"));
  builder.writeTo(join(folder, "app"));
  return {
    folder,
    run: (...args) => sealstone(folder, ...args, ...(args[0] === "image" ? [] : ["--threads", "1"])),
  };
}

function outlineOf(text: string): PolicyOutline {
  return outlinePolicy(new TextEncoder().encode(text));
}

describe("create", () => {
  test("writes a policy, and prints its digest", async () => {
    const { folder, run } = working();
    const { code, stdout, stderr } = await run("policy", "create", "oci:app:1", "-o", "policy.rego");
    const text = readFileSync(join(folder, "policy.rego"), "utf8");
    const digest = createHash("sha256").update(text).digest("hex");
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${digest}  policy.rego\n`, stderr: "" });
    const { containers, fragments } = outlineOf(text);
    expect(containers).toMatchObject([
      {
        command: ["/bin/app", "-v"],
        working_dir: "/srv",
        user: { user_idname: { pattern: "7", strategy: "id" } },
      },
      { name: "pause-container" },
    ]);
    const hashes = JSON.parse((await run("image", "roothash", "oci:app:1", "--json")).stdout);
    expect(containers[0]?.layers).toEqual(
      hashes.layers.map(({ rootHash }: { rootHash: string }) => rootHash),
    );
    expect(fragments).toHaveLength(1);
  });

  test("says all as JSON", async () => {
    const { run } = working();
    const { stdout } = await run("policy", "create", "oci:app:1", "oci:app:turned", "--bare", "--json");
    const { digest, base64, containers, fragments } = JSON.parse(stdout);
    const text = Buffer.from(base64, "base64").toString();
    expect(createHash("sha256").update(text).digest("hex")).toBe(digest);
    expect(containers).toHaveLength(2);
    expect(fragments).toEqual([]);
    const again = await run("policy", "create", "--with-containers", JSON.stringify(containers), "--bare");
    expect(again.stdout).toBe(`${text}\n`);
  });

  test("takes what is allowed besides", async () => {
    const { run } = working();
    const { stdout } = await run(
      ...[
        "policy",
        "create",
        "oci:app:silent",
        "--command",
        '["sh"]',
        "--omit-id",
        "--indented",
        "--rw-unmount",
      ],
      ...["--env", "A=1", "--env-re2", "B=[0-9]+", "--env", "PATH=/x"],
      ...["--mount", "/data=azureFile", "--mount", "/x=sandbox:///tmp/y/.+,ro"],
      ...["--signal", "SIGTERM", "--signal", "9", "--exec", '["ls", "-l"]'],
      ...["--disable-stdio", "--unencrypted-scratch", "--no-new-privileges", "--infrastructure-svn", "5"],
    );
    const outline = outlineOf(stdout);
    expect(outline.containers[0]).toMatchObject({
      command: ["sh"],
      mounts: [
        {
          destination: "/data",
          source: "sandbox:///tmp/atlas/azureFileVolume/.+",
          options: ["rbind", "rshared", "rw"],
        },
        { destination: "/x", source: "sandbox:///tmp/y/.+", options: ["rbind", "rshared", "ro"] },
        { destination: "/etc/resolv.conf" },
      ],
      exec_processes: [{ command: ["ls", "-l"], signals: [] }],
      allow_stdio_access: false,
      no_new_privileges: true,
    });
    expect(outline.containers[0]?.env_rules.slice(0, 3)).toEqual([
      { pattern: "A=1", strategy: "string", required: false },
      { pattern: "B=[0-9]+", strategy: "re2", required: false },
      { pattern: "PATH=/x", strategy: "string", required: false },
    ]);
    expect(outline.containers[0]).not.toHaveProperty("id");
    expect(outline.containers[0]?.signals.slice(0, 2)).toEqual([15, 9]);
    expect(outline.fragments[0]?.minimum_svn).toBe("5");
    expect(outline.flags.get("allow_unencrypted_scratch")).toBe(true);
    expect(stdout).toContain("containers := [\n");
    expect(stdout).toContain("rw_unmount_device := data.framework.rw_unmount_device");
    expect((await openPolicy(stdout)).bytes.length).toBe(stdout.length);
  });

  test.each<readonly [string, readonly string[], number, string]>([
    ["no image", [], 2, "name the images"],
    ["an image without a command", ["oci:app:silent"], 2, "says nothing of a command"],
    ["no such image", ["oci:app:none"], 2, "none"],
    ["a mount that is none", ["oci:app:1", "--mount", "data"], 2, "a mount is where it goes"],
    ["a signal that is none", ["oci:app:1", "--signal", "SIGX"], 2, "a signal is"],
    ["a command that is none", ["oci:app:1", "--command", "sh"], 2, "a command is a JSON list"],
    ["containers that are none", ["--with-containers", "{}"], 2, "containers are JSON"],
    ["a variable that is none", ["oci:app:1", "--env", "A"], 2, "a variable is"],
    ["nowhere to write", ["oci:app:1", "-o", "none/policy.rego"], 1, "none/policy.rego cannot be written"],
  ])("%s is refused", async (_, args, code, words) => {
    const { run } = working();
    const outcome = await run("policy", "create", ...args);
    expect({ code: outcome.code, stdout: outcome.stdout }).toEqual({ code, stdout: "" });
    expect(outcome.stderr).toContain(words);
    expect(outcome.stderr).not.toContain("internal error");
  });
});

describe("check", () => {
  /** The policy for `oci:app:1`, made once. */
  let made: string | undefined;
  async function withPolicy(): Promise<Working> {
    const where = working();
    made ??= (await where.run("policy", "create", "oci:app:1")).stdout;
    writeFileSync(join(where.folder, "p.rego"), made);
    return where;
  }

  test("an image of the policy would run", async () => {
    const { run } = await withPolicy();
    const { code, stdout, stderr } = await run("policy", "check", "p.rego", "oci:app:1");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      /^app:1: would run, as container 0 \(app:1\)\n {2}layer 1 {3}allowed {2}[0-9a-f]{64}\n/,
    );
    expect(stdout).toMatch(/\n {2}overlay {3}allowed\n {2}container allowed\n$/);
    expect(JSON.parse((await run("policy", "check", "p.rego", "oci:app:1", "--json")).stdout)).toMatchObject([
      {
        allowed: true,
        layers: [{ allowed: true }, { allowed: true }],
        containerIndex: 0,
        containerName: "app:1",
      },
    ]);
  });

  test("one with its layers in another order would not, and it says why", async () => {
    const { run } = await withPolicy();
    const { code, stdout } = await run("policy", "check", "p.rego", "oci:app:1", "oci:app:turned");
    expect(code).toBe(1);
    expect(stdout).toContain("app:1: would run");
    expect(stdout).toContain("app:turned: would not run");
    expect(stdout).toContain(
      "overlay   DENIED\n            no matching containers for overlay\n            layer 1 of 2 of container 0 (app:1)",
    );
    expect(stdout).toContain("the layers are those of container 0 (app:1) in the opposite order");
  });

  test("a layer that the policy does not list is named", async () => {
    const { folder, run } = await withPolicy();
    const text = readFileSync(join(folder, "p.rego"), "utf8");
    const [, second = ""] = outlineOf(text).containers[0]?.layers ?? [];
    writeFileSync(join(folder, "p.rego"), text.replace(second, "0".repeat(64)));
    const { code, stdout } = await run("policy", "check", "p.rego", "oci:app:1");
    expect(code).toBe(1);
    expect(stdout).toContain(`  layer 2   DENIED   ${second}`);
    expect(stdout).toContain("deviceHash not found\n            none of the 3 layers");
    expect(stdout).toContain("overlay   not tried");
    expect(stdout).toContain("container 0 (app:1) comes nearest: layer 2 of 2 is 0000");
  });

  test("what else the policy says is held against the image", async () => {
    const { folder, run } = await withPolicy();
    const text = readFileSync(join(folder, "p.rego"), "utf8");
    writeFileSync(
      join(folder, "p.rego"),
      text.replace('"command":["/bin/app","-v"]', '"command":["/bin/other"]'),
    );
    const { code, stdout } = await run("policy", "check", "p.rego", "oci:app:1");
    expect(code).toBe(1);
    expect(stdout).toContain(
      "container DENIED\n            invalid command\n            command of container 0 (app:1): the policy lists",
    );
    const other = await run(
      "policy",
      "check",
      "p.rego",
      "oci:app:1",
      "--command",
      '["/bin/other"]',
      "--env",
      "TERM=xterm",
    );
    expect(other.code).toBe(0);
  });

  test("a policy of its own rules is asked all the same", async () => {
    const { folder, run } = working();
    writeFileSync(
      join(folder, "own.rego"),
      'package policy\napi_version := "0.12.0"\nmount_device := {"allowed": input.target == "/run/mounts/scsi/m0"}\nreason := {"errors": ["mine"]}\n',
    );
    const { code, stdout } = await run("policy", "check", "own.rego", "oci:app:1");
    expect(code).toBe(1);
    expect(stdout).toMatch(/layer 1 {3}allowed.*\n {2}layer 2 {3}DENIED.*\n {12}mine\n/);
  });

  test.each([
    ["no image", ["p.rego"], 2, "name images after the policy"],
    ["no policy", ["none.rego", "oci:app:1"], 1, "Cannot read policy none.rego"],
  ] as const)("%s is refused", async (_, args, code, words) => {
    const { run } = working();
    expect(await run("policy", "check", ...args)).toMatchObject({
      code,
      stdout: "",
      stderr: expect.stringContaining(words),
    });
  });
});

describe("--policy", () => {
  test("lets layers through that it lists, and no others", async () => {
    const { folder, run } = working();
    await run("policy", "create", "oci:app:1", "-o", "p.rego");
    expect(await run("ls", "oci:app:1", "bin", "--policy", "p.rego")).toEqual({
      code: 0,
      stdout: "app\n",
      stderr: "",
    });
    const turnedRound = await run("cat", "oci:app:turned", "bin/app", "--policy", "p.rego");
    expect({ code: turnedRound.code, stdout: turnedRound.stdout }).toEqual({ code: 1, stdout: "" });
    expect(turnedRound.stderr).toContain("The order is upside down");
    writeFileSync(join(folder, "empty.rego"), 'package policy\napi_version := "0.12.0"\n');
    const empty = await run("stat", "oci:app:1", "--policy", "empty.rego");
    expect(empty).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("lists no containers"),
    });
  });
});
