/** `sealstone image` with a real registry, and Docker's own configuration of who we are. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { goldenImage, goldenLayers } from "../image/golden-image.ts";
import { hasDockerRegistry, startDockerRegistry, user } from "../oci/docker-registry.ts";
import { digestOf } from "../oci/image-builder.ts";
import { scratchFolder } from "./child-command.ts";
import { sealstone } from "./own-command.ts";

const golden = goldenLayers(100_000).slice(0, 4);

/** Has commands find this password for the host. */
function logIn(folder: string, host: string, password: string): void {
  mkdirSync(join(folder, password));
  const auth = Buffer.from(`${user.username}:${password}`).toString("base64");
  writeFileSync(join(folder, password, "config.json"), JSON.stringify({ auths: { [host]: { auth } } }));
  const before = process.env["DOCKER_CONFIG"];
  process.env["DOCKER_CONFIG"] = join(folder, password);
  onTestFinished(() => {
    if (before === undefined) delete process.env["DOCKER_CONFIG"];
    else process.env["DOCKER_CONFIG"] = before;
  });
}

describe.skipIf(!hasDockerRegistry)(
  "docker-registry with a password (needs Debian's docker-registry)",
  () => {
    test("root hashes and layer images of a private image, and no word of the password", async () => {
      const folder = scratchFolder();
      const { host, push } = await startDockerRegistry("htpasswd");
      const builder = goldenImage(golden);
      for (const path of ["oci-layout", "index.json"]) builder.files.delete(path);
      const top = builder.addImage({ layers: golden.map(({ tar }) => ({ tar })) });
      await push("team/app", "1", builder, top);
      const roothash = () => sealstone(folder, "image", "roothash", `${host}/team/app:1`, "--debug");

      logIn(folder, host, user.password);
      const pulled = await roothash();
      expect(pulled.code).toBe(0);
      expect(pulled.stdout).toBe(
        golden.map(({ tar, rootHash }) => `${digestOf(tar)}  ${rootHash}\n`).join(""),
      );
      expect(pulled.stderr).not.toContain(user.password);
      expect((await sealstone(folder, "image", "build", `${host}/team/app:1`, "-o", "out")).code).toBe(0);
      expect(readdirSync(join(folder, "out"))).toContain("image.json");

      logIn(folder, host, "wrong-password");
      const refused = await roothash();
      expect(refused).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("401") });
      expect(refused.stderr).not.toContain("wrong-password");
    });
  },
);
