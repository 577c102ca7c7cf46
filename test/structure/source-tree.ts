/** The repository's own sources, read and parsed once. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseSource, type SourceFile } from "./source-file.ts";

/** The repository's root folder, ending in `/`. */
export const rootFolder: string = fileURLToPath(new URL("../../", import.meta.url));

const folders = ["src", "assembly", "bench", "demo", "images", "test"];

/** Every file below the folders that hold sources, from the repository's root, sorted. */
export function listFiles(): string[] {
  return folders
    .filter((folder) => existsSync(rootFolder + folder))
    .flatMap(listBelow)
    .sort();
}

/** Every TypeScript file that a person wrote, parsed. */
export function loadSources(): SourceFile[] {
  return listFiles()
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".generated.ts"))
    .map((path) => parseSource(path, readFileSync(rootFolder + path, "utf8")));
}

function listBelow(folder: string): string[] {
  const entries = readdirSync(rootFolder + folder, { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? listBelow(path) : [path];
  });
}
