/** The longest turn of an event loop, in milliseconds. */
export type Turn = {
  /** That the thread worked: what it costs, whatever else the machine does. */
  readonly worked: number;
  /** By the clock. */
  readonly lasted: number;
};

/**
 * Follows the turns of this thread's event loop, each with those of the millisecond before it. The returned function
 * ends that and gives the longest.
 */
export function watchTurns(): () => Turn {
  let longest: Turn = { worked: 0, lasted: 0 };
  let isOver = false;
  let [at, cpu] = [performance.now(), cpuMs()];
  const turn = () => {
    const [nowAt, nowCpu] = [performance.now(), cpuMs()];
    longest = {
      worked: Math.max(longest.worked, nowCpu - cpu),
      lasted: Math.max(longest.lasted, nowAt - at),
    };
    [at, cpu] = [nowAt, nowCpu];
    if (!isOver) setTimeout(turn, 1);
  };
  setTimeout(turn, 1);
  return () => {
    isOver = true;
    return longest;
  };
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
