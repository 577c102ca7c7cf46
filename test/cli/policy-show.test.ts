/** `sealstone policy show` and `diff`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createPolicy, type PolicyOptions } from "../../src/policy/index.ts";
import { type Outcome, scratchFolder } from "./child-command.ts";
import { sealstone } from "./own-command.ts";

const layer = "ab".repeat(32);

function policyOf(options: PolicyOptions = {}): string {
  const configuration = { env: ["PATH=/bin"], entrypoint: ["/bin/app"], user: "7" };
  return createPolicy([{ name: "app", layers: [layer], configuration }], options);
}

/** Runs an action on policies, which are written to files a, b, … */
function policy(action: string, texts: readonly string[], ...options: readonly string[]): Promise<Outcome> {
  const folder = scratchFolder();
  const names = texts.map((_, index) => String.fromCharCode(97 + index));
  for (const [index, name] of names.entries()) writeFileSync(join(folder, name), texts[index] ?? "");
  return sealstone(folder, "policy", action, ...names, ...options);
}

async function warnings(text: string): Promise<string> {
  const { code, stdout, stderr } = await policy("show", [text]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.slice(stdout.lastIndexOf("\n\n") + 2);
}

describe("show", () => {
  test("says what each container is", async () => {
    const { code, stdout } = await policy("show", [policyOf()]);
    expect(code).toBe(0);
    for (const words of [
      "a: API 0.11.0, framework 0.2.3\ndigest ",
      'container 0 (app)\n  runs         ["/bin/app"] in /\n  as           user id 7, groups any, umask 0022\n',
      `  layers         1  ${layer}  (the base)\n`,
      "  variables    PATH=/bin (exactly)\n               TERM=xterm (exactly)\n",
      "  signals      SIGKILL, SIGTERM\n",
      "  the host     may connect standard streams\n",
      "container 1 (pause-container)",
      "mcr.microsoft.com/aci/aci-cc-infra-fragment of did:x509:",
      "  newer than the policy, so denied:\n    mount_blockdev",
      "  allow_unencrypted_scratch: no\n",
    ]) {
      expect(stdout).toContain(words);
    }
  });

  test("tells nothing of a text that is another package's, which no guest asks", async () => {
    const text = policyOf().replace("package policy", "package other");
    const { stdout } = await policy("show", [text]);
    expect(stdout).toContain("a: API missing, framework missing\n");
    expect(stdout).not.toContain("container 0");
    expect(await warnings(text)).toContain("its package is other, and a guest asks the package policy");
    expect((await policy("diff", [policyOf(), text])).code).toBe(1);
  });

  test.each(["show", "diff"])("%s names the file that is no policy", async (action) => {
    const texts = action === "show" ? [] : [policyOf()];
    const name = action === "show" ? "a" : "b";
    for (const [text, why] of [
      ["package policy\nx := {", `${name}:2:7: `],
      ["\ufeffpackage policy\n", `${name}:1:1: U+FEFF begins nothing\n`],
    ] as const) {
      const { code, stderr, stdout } = await policy(action, [...texts, text]);
      expect({ code, stdout, stderr }).toEqual({
        code: 1,
        stdout: "",
        stderr: expect.stringMatching(`^${why.replace("+", "\\+")}`),
      });
    }
  });

  test("as JSON", async () => {
    const { stdout } = await policy("show", [btoa(policyOf({ bare: true }))], "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      apiVersion: "0.11.0",
      containers: [{ name: "app", layers: [layer], signals: [9, 15] }],
      flags: { allow_dump_stacks: false },
      points: { mount_device: { kind: "framework" }, host_network: { kind: "default", allowed: false } },
      warnings: expect.arrayContaining([
        expect.objectContaining({ container: 0, kind: "allow_stdio_access" }),
      ]),
    });
  });

  const rule = (pattern: string): PolicyOptions => ({
    environmentRules: [{ pattern, strategy: "re2", required: false }],
  });

  test.each<readonly [string, string, string | undefined]>([
    [
      "a bar",
      policyOf(rule("A=x|y")),
      "A=x|y is taken as ^A=x|y$: it matches all that starts with A=x and all that ends with y",
    ],
    ["a bar in brackets", policyOf(rule("A=(x|y)[|]\\|")), undefined],
    ["anything", policyOf(rule(".*")), ".* matches anything"],
    [
      "unencrypted scratch",
      policyOf({ unencryptedScratch: true }),
      "scratch space that it can read and change",
    ],
    ["a privileged container", policyOf({ elevated: true }), "the host may make it privileged"],
    ["a shell", policyOf({ debugMode: true }), '["/bin/sh"] is a shell'],
    [
      "no version",
      policyOf().replace(/api_version.*\n/, ""),
      "api_version is missing: every request is denied",
    ],
    [
      "a version ahead",
      policyOf().replace('"0.2.3"', '"9.0.0"'),
      `layer ${layer} may be mounted, and no container uses it`,
    ],
    ["a layer in capitals", policyOf().replace(layer, layer.toUpperCase()), "can never be mounted"],
    [
      "everything allowed",
      `${policyOf().replace(/mount_overlay := .*/, 'mount_overlay := {"allowed": true}')}`,
      "mount_overlay: whatever is asked is allowed",
    ],
    [
      "a missing rule",
      policyOf().replace(/mount_overlay := .*/, ""),
      "no rule, so always denied: mount_overlay",
    ],
    [
      "writable disks that stay",
      policyOf(),
      "always denied: rw_unmount_device (a writable disk stays mounted until the guest ends)",
    ],
    [
      "rules of its own",
      `${policyOf()}\n\nmine if true\n`,
      "rules of its own, which say more than is shown here: mine (line",
    ],
  ])("warns of %s", async (_, text, words) => {
    const shown = await warnings(text);
    if (words === undefined) expect(shown).not.toContain("matches");
    else expect(shown).toContain(words);
  });

  test("refuses what no enforcer takes", async () => {
    const { code, stdout, stderr } = await policy("show", ["package policy\nx := {"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("a:2:7");
  });
});

describe("diff", () => {
  test("says nothing differs where only the text does", async () => {
    const { code, stdout } = await policy("diff", [policyOf(), `# mine\n${policyOf()}`]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: "both allow the same: other texts, so other digests\n",
    });
    expect((await policy("diff", [policyOf(), policyOf()])).stdout).toBe(
      "both allow the same: the same text\n",
    );
  });

  test("says what each has alone", async () => {
    const other = policyOf({ unencryptedScratch: true, command: ["/bin/other"], signals: [1], stdio: false });
    const { code, stdout } = await policy("diff", [policyOf(), other]);
    expect(code).toBe(1);
    expect(stdout).toBe(
      [
        "only b has:",
        '+ container 0 (app): runs ["/bin/other"]',
        "+ container 0 (app): may get SIGHUP",
        "+ allow_unencrypted_scratch",
        "only a has:",
        '- container 0 (app): runs ["/bin/app"]',
        "- container 0 (app): the host may connect standard streams",
        "- container 1 (pause-container): the host may connect standard streams",
        "",
      ].join("\n"),
    );
  });

  test("pairs containers, and names those that are alone", async () => {
    const { stdout } = await policy("diff", [policyOf(), policyOf({ bare: true })], "--json");
    const { same, onlyFirst, onlySecond } = JSON.parse(stdout);
    expect({ same, onlySecond }).toEqual({ same: false, onlySecond: [] });
    expect(onlyFirst).toContainEqual({ container: 1, field: "container", value: ["/pause"] });
    expect(onlyFirst).toContainEqual(expect.objectContaining({ container: 0, field: "mounts" }));
    expect(onlyFirst).toContainEqual(expect.objectContaining({ field: "fragments" }));
  });

  test("compares rules of its own as text", async () => {
    const text = (limit: number): string => `${policyOf()}\n\nmine if input.x < ${limit}\n`;
    const { code, stdout } = await policy("diff", [text(1), text(2)]);
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: "only b has:\n+ rule mine mine if input.x < 2\nonly a has:\n- rule mine mine if input.x < 1\n",
    });
  });
});
