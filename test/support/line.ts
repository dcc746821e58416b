import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A line in front of a server that can be cut, or fall silent while it stays connected. */
export class Line {
  readonly #server: Server;
  readonly #target: { host: string; port: number };
  readonly #sockets = new Set<Socket>();
  #state: 'whole' | 'cut' | 'silent' = 'whole';

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer((near) => this.#join(near));
  }

  /** A line to `host:port` with an address of its own. */
  static async to(address: string): Promise<Line> {
    const [host, port] = address.split(':') as [string, string];
    const line = new Line({ host, port: Number(port) });
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Every connection breaks, and new ones break at once. */
  cut(): void {
    this.#state = 'cut';
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Connections stay, and new ones are taken, but nothing comes through any more. */
  silence(): void {
    this.#state = 'silent';
    for (const socket of this.#sockets) socket.unpipe();
  }

  /** New connections are whole again; those that fell silent break. */
  mend(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#state = 'whole';
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket): void {
    this.#keep(near);
    if (this.#state === 'cut') return void near.destroy();
    if (this.#state === 'silent') return void near.resume();
    const far = connect(this.#target);
    this.#keep(far);
    near.pipe(far).pipe(near);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
