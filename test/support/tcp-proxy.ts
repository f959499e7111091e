import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between the program and its database. */
export type TcpProxy = {
  /** The database's URL with the proxy in place of its server. */
  readonly url: string;
  /** Cuts all connections and refuses new ones, as a server that is down does. */
  readonly down: () => void;
  readonly up: () => void;
  /** Lets no byte through in either direction and closes nothing, as a network that is gone does. */
  readonly silence: () => void;
  /** Lets through what clients say, and none of the answers. */
  readonly hush: () => void;
  /** Lets bytes through again, those that were held back first. */
  readonly speak: () => void;
  /** Answers all connections beyond this many as a server does that has no more to give. */
  readonly limit: (connections: number) => void;
  /** Sends new connections to another server. */
  readonly retarget: (url: string) => void;
  readonly close: () => Promise<void>;
};

/** The server's last words to a client that it has no connection for (SQLSTATE 53300). */
const tooManyClients = (() => {
  const fields = Buffer.from('SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0');
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.byteLength + 4, 1);
  return Buffer.concat([head, fields]);
})();

/** Starts a proxy before the server of this URL, on a port of its own that stays the same. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  let goal = new URL(target);
  let isDown = false;
  let isSilent = false;
  let most = Number.POSITIVE_INFINITY;
  const sockets = new Set<Socket>();
  const servers = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    if (isSilent) socket.pause();
  };
  const server = createServer((near) => {
    if (isDown) {
      near.resetAndDestroy();
      return;
    }
    if (sockets.size / 2 >= most) {
      near.on('error', () => {});
      near.once('data', () => near.end(tooManyClients));
      return;
    }
    const far = connect(Number(goal.port), goal.hostname);
    keep(near);
    keep(far);
    servers.add(far);
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => near.write(bytes));
    near.once('close', () => far.destroy());
    far.once('close', () => {
      servers.delete(far);
      near.destroy();
    });
    if (isSilent) for (const socket of [near, far]) socket.pause();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = new URL(target);
  url.host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const cutAll = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    url: url.href,
    down: () => {
      isDown = true;
      cutAll();
    },
    up: () => {
      isDown = false;
    },
    silence: () => {
      isSilent = true;
      for (const socket of sockets) socket.pause();
    },
    hush: () => {
      for (const socket of servers) socket.pause();
    },
    speak: () => {
      isSilent = false;
      for (const socket of sockets) socket.resume();
    },
    limit: (connections) => {
      most = connections;
    },
    retarget: (next) => {
      goal = new URL(next);
    },
    close: async () => {
      cutAll();
      server.close();
      await once(server, 'close');
    },
  };
}
