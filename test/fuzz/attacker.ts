/** The attack in a thread of its own, so that the server's event loop is measured without it. */
import { parentPort, workerData } from 'node:worker_threads';
import { attack } from './attack.ts';

parentPort?.postMessage(await attack(workerData));
