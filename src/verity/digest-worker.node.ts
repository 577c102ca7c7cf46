/** The program of a thread that `startThreadedDigests` starts. */

import { createChosenHasher, type HasherChoice } from "../crypto/hasher-choice.node.ts";
import { serveJobs } from "../crypto/worker-jobs.ts";
import { workerThreadChannel, workerThreadData } from "../crypto/worker-thread.node.ts";
import { FileDevice } from "../device/file-device.node.ts";
import { openDeviceHandle } from "../device/open-device-handle.ts";
import { digestJobs } from "./digest-job.ts";

const hasher = workerThreadData() as HasherChoice;

serveJobs(
  workerThreadChannel(),
  digestJobs(
    (handle) => openDeviceHandle(handle, (file) => FileDevice.reopen(file, { blocking: true })),
    (options) => createChosenHasher(options, hasher),
  ),
);
