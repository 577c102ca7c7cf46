/** The program of a thread that `startThreadedDigests` starts. */
import { serveJobs } from "../crypto/worker-jobs.ts";
import { workerThreadChannel } from "../crypto/worker-thread.node.ts";
import { FileDevice } from "../device/file-device.node.ts";
import { openDeviceHandle } from "../device/open-device-handle.ts";
import { digestJobs } from "./digest-job.ts";

serveJobs(
  workerThreadChannel(),
  digestJobs((handle) => openDeviceHandle(handle, (file) => FileDevice.reopen(file, { blocking: true }))),
);
