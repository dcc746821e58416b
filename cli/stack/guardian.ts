/**
 * Runs beside a stack, in a session of its own, and does nothing until the stack's process is gone, however it went:
 * then it ends what that process had started and removes its temporary folders.
 */
import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export type GuardianMessage =
  | { kind: 'watch'; pid: number; stopSignal: NodeJS.Signals }
  | { kind: 'forget'; pid: number }
  | { kind: 'remove'; folder: string };

const watched = new Map<number, NodeJS.Signals>();
const folders: string[] = [];

process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('message', (message: GuardianMessage) => {
  if (message.kind === 'watch') watched.set(message.pid, message.stopSignal);
  if (message.kind === 'forget') watched.delete(message.pid);
  if (message.kind === 'remove') folders.push(message.folder);
});
process.on('disconnect', () => void clean());
process.send?.('ready');

async function clean(): Promise<void> {
  // The last started stops first, the database last, as in an orderly stop.
  for (const [pid, signal] of [...watched].reverse()) {
    send(pid, signal);
    for (let waited = 0; waited < 10_000 && runs(pid); waited += 100) await delay(100);
    if (runs(pid)) send(pid, 'SIGKILL');
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
}

/** A process that ended but that nobody has collected yet still takes signals; in some containers nobody ever does. */
function runs(pid: number): boolean {
  if (!send(pid, 0)) return false;
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return status.charAt(status.lastIndexOf(')') + 2) !== 'Z';
  } catch {
    return process.platform !== 'linux';
  }
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
