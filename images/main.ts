/** The recipes as a command: `npm run image -- --help`. */
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError, Option } from "commander";
import { makeAttwImage } from "./attw-image.ts";
import { type DebianRootSize, writeDebianRootTar } from "./debian-root.ts";
import { writeImageTar, writeOciLayout } from "./recipe-image.ts";
import { readRecord, recordOf, writeRecord } from "./record.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const program = new Command("npm run image --").description(
  "Makes real images for tests, benchmarks and demonstrations, without Docker.",
);

program
  .command("attw")
  .description("A Node command-line tool in four layers, from the npm packages that the lockfile pins.")
  .option("-o, --output <folder>", "write it as an OCI layout into this folder")
  .option("-t, --tar <file>", "write it as the tar that docker save and docker load know")
  .option("--record", "write down its digests as the right ones, after the lockfile or the recipe changed")
  .action(makeAttw);

program
  .command("debian")
  .description("A Debian root file system as one tar; fetches packages with apt.")
  .argument("<file>", "the tar to write")
  .addOption(new Option("-s, --size <size>", "200 MB or 1.7 GB").choices(["small", "large"]).default("large"))
  .option("-c, --copies <number>", "archive it that many times", parseCopies, 1)
  .action(makeDebian);

await program.parseAsync();

async function makeAttw(options: {
  readonly output?: string;
  readonly tar?: string;
  readonly record?: boolean;
}): Promise<void> {
  const image = await makeAttwImage(root);
  const record = await recordOf(image);
  if (options.record === true) await writeRecord(root, image.name, record);
  if (options.output !== undefined) await writeOciLayout(image, options.output);
  if (options.tar !== undefined) await writeImageTar(image, options.tar);
  say(JSON.stringify(record, null, 2));
  if (JSON.stringify(record) !== JSON.stringify(await readRecord(root, image.name))) {
    process.stderr.write(
      "This is not the image that is written down: were the packages installed by npm ci?\n",
    );
    process.exitCode = 1;
  }
}

async function makeDebian(
  file: string,
  options: { readonly size: DebianRootSize; readonly copies: number },
): Promise<void> {
  const { sizeBytes, packages } = await writeDebianRootTar(file, options);
  say(`${file}: ${sizeBytes} bytes, ${packages} packages`);
}

function parseCopies(text: string): number {
  const copies = Number(text);
  if (!Number.isInteger(copies) || copies < 1)
    throw new InvalidArgumentError("a whole number from 1 is needed");
  return copies;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
