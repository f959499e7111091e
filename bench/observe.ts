import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Loaded before the server that is measured: tells how long its event loop kept others waiting. */
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
process.on('message', (message) => {
  if (message === 'reset') delay.reset();
  process.send?.({ loopDelayMs: delay.percentile(99) / 1e6 });
});
process.channel?.unref();
