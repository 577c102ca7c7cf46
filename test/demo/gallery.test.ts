/** The demonstration, with the real guest and with guests that are none. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FormatError, PolicyError } from "sealstone/errors";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type Demonstration,
  type Deployed,
  demonstrate,
  deployAttw,
  type StartGuest,
  startGuestAgent,
} from "../../demo/demonstration.ts";
import { containerAttacks } from "../../demo/gallery/container-attacks.ts";
import { layerAttacks } from "../../demo/gallery/layer-attacks.ts";
import { outsidePoint, parmaPoints } from "../../demo/parma.ts";
import { withGallery } from "../../demo/readme-block.ts";
import { demonstrationJson } from "../../demo/report.ts";
import type { Guest } from "../../demo/simulated-host.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A guest that gives every request the same answer, and has no containers. */
function shamGuest(handle: () => ReturnType<Guest["handle"]>): StartGuest {
  return async () => ({ handle, attachDisk: () => {}, container: () => undefined, close: async () => {} });
}

let deployed: Deployed;

beforeAll(async () => {
  deployed = await deployAttw(root);
}, 60_000);

describe("the real guest", () => {
  let shown: Demonstration;

  beforeAll(async () => {
    shown = await demonstrate({ root, deployed });
  }, 60_000);

  test("does all that the good path asks", () => {
    expect(shown.story.filter(({ holds }) => !holds)).toEqual([]);
    expect(shown.story.length).toBeGreaterThan(8);
  });

  test("refuses every attack as it must, and allows every twin", () => {
    expect(shown.verdicts.filter(({ holds }) => !holds)).toEqual([]);
    expect(shown.ok).toBe(true);
  });

  test("is shown every attack", () => {
    const names = shown.verdicts.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining([
        "altered layer byte",
        "altered hash block",
        "layer not in the policy",
        "layers in wrong order",
        "rogue layer added",
        "missing layer",
        "interior tree block as a device",
        "scratch byte flipped",
        "scratch sector replayed",
        "whole scratch disk rolled back",
        "sectors swapped",
        "unencrypted scratch asked for",
        "overlay at a used target",
        "changed command",
        "changed environment",
        "rogue mount",
        "request before the policy",
        "policy that is not the attested one",
        "unmount of a layer in use",
        "truncated disk",
        "disk that answers differently the second time",
      ]),
    );
  });

  test("meets each of Parma's points but the network", () => {
    const met = new Set(shown.verdicts.map(({ point }) => String(point)));
    expect(Object.keys(parmaPoints).filter((point) => !met.has(point))).toEqual([String(outsidePoint)]);
  });

  test("is the one of the README's table", () => {
    const readme = readFileSync(`${root}README.md`, "utf8");
    expect(withGallery(readme, shown.verdicts), "npm run demo -- --readme writes it anew").toBe(readme);
  });

  test("is told of as JSON", () => {
    const json = JSON.parse(demonstrationJson(shown, 1.5));
    expect(json).toMatchObject({ ok: true, image: "attw", seconds: 1.5 });
    expect(json.layers).toHaveLength(4);
    expect(json.layers[0].rootHash).toMatch(/^[0-9a-f]{64}$/);
    expect(json.hostData).toMatch(/^[0-9a-f]{64}$/);
    expect(json.attacks).toHaveLength(shown.verdicts.length);
    expect(json.attacks[0]).toMatchObject({
      name: "altered layer byte",
      point: 2,
      expected: "IntegrityError",
      said: { name: "IntegrityError", code: "block-mismatch" },
      holds: true,
    });
  });
});

describe("a guest that", () => {
  test("refuses everything fails: it allows no twin", async () => {
    const refuse = (): Promise<never> => Promise.reject(new PolicyError("no", ["no"]));
    const { ok, story, verdicts } = await demonstrate({
      root,
      deployed,
      startGuest: shamGuest(refuse),
    });
    expect(ok).toBe(false);
    expect(story).toEqual([{ step: "the good path ends: PolicyError: no", holds: false }]);
    expect(verdicts.filter(({ holds }) => holds)).toEqual([]);
    expect(verdicts.every(({ saidOfTwin }) => saidOfTwin?.name === "PolicyError")).toBe(true);
  });

  test("allows everything fails: it refuses no attack", async () => {
    const allow = (): ReturnType<Guest["handle"]> => Promise.resolve({ type: "Start", request: 1 });
    const { ok, verdicts } = await demonstrate({ root, deployed, startGuest: shamGuest(allow) });
    expect(ok).toBe(false);
    expect(verdicts.filter(({ holds }) => holds)).toEqual([]);
  });

  test("refuses with the wrong error fails, though the good path works", async () => {
    const startGuest: StartGuest = async (hostData) => {
      const guest = await startGuestAgent(hostData);
      const handle: Guest["handle"] = (request) =>
        guest.handle(request).catch(() => Promise.reject(new FormatError("bad-field", "no")));
      return {
        handle,
        attachDisk: (...disk) => guest.attachDisk(...disk),
        container: (id) => guest.container(id),
        close: () => guest.close(),
      };
    };
    const { ok, story, verdicts } = await demonstrate({
      root,
      deployed,
      startGuest,
      attackFamilies: [layerAttacks, containerAttacks],
    });
    expect(story.every(({ holds }) => holds)).toBe(true);
    expect(ok).toBe(false);
    const failed = verdicts.filter(({ holds }) => !holds).map(({ name }) => name);
    expect(failed).toContain("changed command");
    expect(failed).not.toContain("altered layer byte");
  });
});
