/** How long an event loop was held up, in milliseconds. */
export type Stalls = {
  /** By the clock: also by other processes that had the processor. */
  readonly waited: Figures;
  /** By the work of this thread alone. */
  readonly worked: Figures;
};
export type Figures = {
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly over50: number;
};

const TICK_MS = 5;

/** Watches the event loop of this thread. The returned function ends that and tells what was seen. */
export function watchEventLoop(): () => Stalls {
  const waited: number[] = [];
  const worked: number[] = [];
  let at = performance.now();
  let cpu = cpuMs();
  const timer = setInterval(() => {
    const [nowAt, nowCpu] = [performance.now(), cpuMs()];
    waited.push(Math.max(0, nowAt - at - TICK_MS));
    worked.push(nowCpu - cpu);
    [at, cpu] = [nowAt, nowCpu];
  }, TICK_MS);
  return () => {
    clearInterval(timer);
    return { waited: figuresOf(waited), worked: figuresOf(worked) };
  };
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function figuresOf(values: readonly number[]): Figures {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(10 * (sorted[Math.ceil(share * sorted.length) - 1] ?? 0)) / 10;
  return { p99: at(0.99), p999: at(0.999), max: at(1), over50: sorted.filter((ms) => ms > 50).length };
}
