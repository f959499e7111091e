/** One way of getting the same lines out. */
export type Contestant = {
  readonly name: string;
  /** Which limit it is compared with; null for a limit itself. */
  readonly against: string | null;
  /** Runs it once. */
  readonly run: () => Promise<Outcome>;
};

export type Outcome = {
  readonly lines: number;
  readonly seconds: number;
  /** sha256 of the lines, so that only equal work is compared; null where only a part is read. */
  readonly sha256: string | null;
  /** Of the process that does the work, where that is ours. */
  readonly cpuSeconds?: number;
  readonly peakMemoryMb?: number;
  /** 99th percentile of the event loop's delay. */
  readonly loopDelayMs?: number;
  /** From the mutation's answer to the first event that shows a worker at work. */
  readonly firstProgressMs?: number;
};
