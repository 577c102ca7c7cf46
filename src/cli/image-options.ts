/** The options that every `sealstone image` action takes. */
import { Option } from "commander";
import type { GroupOptions } from "./action-group.ts";
import { threadCount } from "./option-values.ts";

/** As commander hands them over. */
export interface ImageOptions extends GroupOptions {
  readonly platform?: string;
  readonly insecure?: boolean;
  readonly threads?: number;
}

/** What `build` takes besides. */
export interface ImageBuildOptions extends ImageOptions {
  readonly output?: string;
  readonly cache?: string;
  readonly uuid?: string;
}

/** What an image may be called, for the help. */
export const imageForms = `
<image> is one of:
  oci:DIR[:TAG]               an OCI layout in a folder
  oci-archive:FILE[:TAG]      an OCI layout in a tar
  docker-archive:FILE[:REF]   what \`docker save\` wrote
  PATH                        whichever of these it is
  HOST[:PORT]/NAME[:TAG][@DIGEST]
                              in a registry, also with docker:// before it; the host
                              is written out. Credentials are Docker's own
                              ($DOCKER_CONFIG/config.json and its helpers).`;

/** The options; made anew for each action. */
export function imageOptions(): Option[] {
  return [
    new Option("--platform <os/arch>", "os/architecture[/variant] (default: linux and this machine's)"),
    new Option("--insecure", "speak plain HTTP to the registry (this machine itself always is)"),
    new Option("--threads <count>", "layers at once (default: one a core)").argParser(threadCount),
  ];
}
