import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Every port of the local stack, with the one a person expects to find it at. */
export const familiarPorts = {
  postgres: 54320,
  temporal: 7233,
  temporalUi: 8233,
  api: 8080,
  sandbox: 8090,
  identity: 8091,
} as const;

export type PortName = keyof typeof familiarPorts;
export type Ports = Record<PortName, number>;

/** Whether nothing listens at that port on this machine. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '0.0.0.0'));
}

/**
 * A port for each part: the fixed one if given (an error if it is taken), else the first free one of `preferred`
 * and a random one.
 */
export async function choosePorts(
  preferred: Partial<Ports>,
  fixed: Partial<Ports> = {},
  log: (line: string) => void = () => {},
): Promise<Ports> {
  const chosen = {} as Ports;
  for (const name of Object.keys(familiarPorts) as PortName[]) {
    const demanded = fixed[name];
    if (demanded !== undefined && !(await isPortFree(demanded)))
      throw new Error(`Port ${demanded} (${name}) is taken. End what listens there or choose another.`);
    const kept = preferred[name];
    const keep = kept !== undefined && !Object.values(chosen).includes(kept) && (await isPortFree(kept));
    chosen[name] = demanded ?? (keep ? kept : await randomFreePort(Object.values(chosen)));
    if (demanded === undefined && kept !== undefined && !keep)
      log(`Port ${kept} (${name}) is taken; using ${chosen[name]}`);
  }
  return chosen;
}

/** Below the range that systems hand out for outgoing connections, so that none of those takes it before we listen. */
async function randomFreePort(taken: number[]): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(20_000, 32_000);
    if (!taken.includes(port) && (await isPortFree(port))) return port;
  }
  throw new Error('Found no free port between 20000 and 32000.');
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
