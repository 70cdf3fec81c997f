import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP relay that can be shut: then bytes neither pass nor bounce, as when a network is cut, until it is opened again. */
export class Valve implements AsyncDisposable {
  readonly #server: Server;
  /** Source → destination, both directions of every connection. */
  readonly #pipes = new Map<Socket, Socket>();
  #isShut = false;

  constructor(targetPort: number) {
    this.#server = createServer((inside) => {
      const outside = connect(targetPort, '127.0.0.1');
      for (const [source, destination] of [
        [inside, outside],
        [outside, inside],
      ] as const) {
        this.#pipes.set(source, destination);
        source.on('error', () => destination.destroy());
        source.on('close', () => {
          this.#pipes.delete(source);
          destination.destroy();
        });
        if (!this.#isShut) source.pipe(destination);
      }
    });
  }

  /** Starts to listen. @returns the port */
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  shut(): void {
    this.#isShut = true;
    for (const [source, destination] of this.#pipes) source.unpipe(destination);
  }

  open(): void {
    this.#isShut = false;
    for (const [source, destination] of this.#pipes) source.pipe(destination);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const source of this.#pipes.keys()) source.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
