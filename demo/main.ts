/**
 * `npm run demo`: an image becomes layers and a policy, a host starts a container of it, and then attacks it.
 * `--json` prints the same for machines; `--readme` also writes the table into README.md. Exits with 0 only
 * if the good path worked, every attack was refused with the right error, and the same requests without the
 * attack were allowed.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { demonstrate } from "./demonstration.ts";
import { heedNoClosedOutput, outputColumns } from "./output.ts";
import { paintFor } from "./paint.ts";
import { withGallery } from "./readme-block.ts";
import { demonstrationJson, deploymentText, galleryText, storyText, summaryText } from "./report.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const flag = { type: "boolean", default: false } as const;
const { json, readme } = parseArgs({ options: { json: flag, readme: flag } }).values;
heedNoClosedOutput(process.stdout);
const paint = paintFor(process.stdout);
const columns = outputColumns(process.stdout);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const sayInWords = (text: string): void => (json ? undefined : say(`${text}\n`));

const startMs = performance.now();
const shown = await demonstrate({
  root,
  onDeployed: (image, deployment) => sayInWords(deploymentText(image, deployment, paint, columns)),
  onStory: (story) => sayInWords(storyText(story, paint, columns)),
});
const seconds = (performance.now() - startMs) / 1000;
sayInWords(`${paint("bold", "Then it attacks")}\n\n${galleryText(shown, paint, columns)}`);
say(
  json
    ? demonstrationJson(shown, seconds)
    : `${summaryText(shown, paint, columns)} (${seconds.toFixed(1)} s)`,
);
if (readme) {
  const path = join(root, "README.md");
  await writeFile(path, withGallery(await readFile(path, "utf8"), shown.verdicts));
}
process.exitCode = shown.ok ? 0 : 1;
