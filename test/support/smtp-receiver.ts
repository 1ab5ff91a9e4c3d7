import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import { onTestFinished } from 'vitest';

/** How a mail server treats one connection; what is not named here it takes. Numbers are the codes it answers. */
export interface SmtpManners {
  /** In place of its greeting. */
  readonly greeting?: number | 'hang' | 'close';
  readonly login?: number;
  readonly sender?: number;
  readonly recipients?: Readonly<Record<string, number>>;
  /** At the end of the mail; `took and closed`: it has the mail, and never says so. */
  readonly mail?: number | 'hang' | 'close' | 'took and closed';
  readonly afterMs?: number;
}

export interface ReceivedMail {
  readonly to: readonly string[];
  readonly raw: string;
  readonly isEncrypted: boolean;
  readonly user: string | undefined;
  /** False where the sender was never told that it was taken. */
  readonly isAnswered: boolean;
}

export interface SmtpReceiver {
  readonly port: number;
  /** All that was taken, in order. */
  readonly mails: readonly ReceivedMail[];
  readonly connections: () => number;
  /** Passwords that were said, right or wrong. */
  readonly passwords: readonly string[];
  /** Of the next connections, in order; after them what `otherwise` says. */
  answer(...manners: readonly SmtpManners[]): void;
  otherwise(manners: SmtpManners): void;
  down(): Promise<void>;
  up(): Promise<void>;
}

/** A real SMTP server on loopback that misbehaves as it is told. The password of every account is `t0p-s3cret`. Closed after the test. */
export async function smtpReceiver(options: SMTPServerOptions = {}): Promise<SmtpReceiver> {
  const mails: ReceivedMail[] = [];
  const passwords: string[] = [];
  const queue: SmtpManners[] = [];
  const sockets = new Set<Socket>();
  const manners = new Map<string, SmtpManners>();
  let usual: SmtpManners = {};
  let connections = 0;
  const of = ({ id }: SMTPServerSession) => manners.get(id) ?? {};
  const refusal = (responseCode: number) => Object.assign(new Error('this is how it is'), { responseCode });
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  const make = () => {
    const server = new SMTPServer({
      ...{ authOptional: true, disableReverseLookup: true, allowInsecureAuth: true, size: 2 ** 24, ...options },
      // A self-signed certificate comes with the package: who wants TLS brings one that can be checked.
      ...(options.key === undefined && { disabledCommands: ['STARTTLS'] }),
      onConnect(session, callback) {
        connections++;
        const now = queue.shift() ?? usual;
        manners.set(session.id, now);
        if (now.greeting === 'close') return hangUp();
        if (now.greeting === 'hang') return;
        const { greeting } = now;
        callback(greeting === undefined ? null : refusal(greeting));
      },
      onAuth({ username, password }, session, callback) {
        passwords.push(String(password));
        const { login } = of(session);
        if (login !== undefined) return callback(refusal(login));
        if (password !== 't0p-s3cret') return callback(refusal(535));
        callback(null, { user: username });
      },
      onMailFrom(_, session, callback) {
        const { sender } = of(session);
        callback(sender === undefined ? null : refusal(sender));
      },
      onRcptTo({ address }, session, callback) {
        const code = of(session).recipients?.[address];
        callback(code === undefined ? null : refusal(code));
      },
      onData(stream, session, callback) {
        const chunks: Buffer[] = [];
        const { mail, afterMs = 0 } = of(session);
        stream.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          if (mail === 'close') hangUp();
        });
        stream.on('error', () => undefined); // the sender gave up
        stream.on('end', () => {
          const take = (isAnswered: boolean) =>
            mails.push({
              to: session.envelope.rcptTo.map(({ address }) => address),
              raw: Buffer.concat(chunks).toString(),
              isEncrypted: session.secure,
              user: session.user,
              isAnswered,
            });
          if (mail === 'hang' || mail === 'close') return;
          if (typeof mail === 'number') return callback(refusal(mail));
          take(mail !== 'took and closed');
          if (mail === 'took and closed') return hangUp();
          setTimeout(() => callback(null), afterMs);
        });
      },
    });
    server.on('error', () => undefined); // connections that break, as they are made to
    server.server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    });
    return server;
  };
  let server = make();
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.server.close(() => resolve());
      hangUp();
    });
  await listen(0);
  onTestFinished(close);
  const { port } = server.server.address() as AddressInfo;
  return {
    ...{ port, mails, passwords },
    connections: () => connections,
    answer: (...next) => void queue.push(...next),
    otherwise: (next) => void (usual = next),
    down: close,
    up: () => {
      server = make();
      return listen(port);
    },
  };
}

/** Headers of a mail by lower-case name, unfolded, and its text and HTML. */
export function readMail(raw: string): { headers: Record<string, string>; text: string; html: string } {
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const headers = headersOf(head);
  const boundary = /boundary="([^"]+)"/.exec(headers['content-type'] ?? '')?.[1];
  const parts = boundary === undefined ? [] : rest.join('\r\n\r\n').split(`--${boundary}`).slice(1, -1).map(partOf);
  const content = (type: string) => parts.find((part) => part.type.startsWith(type))?.content ?? '';
  return { headers, text: content('text/plain'), html: content('text/html') };
}

function partOf(part: string): { type: string; content: string } {
  const [head = '', ...rest] = part.replace(/^\r\n/, '').split('\r\n\r\n');
  const headers = headersOf(head);
  const body = rest.join('\r\n\r\n').replace(/\r\n$/, '');
  const bytes = {
    base64: () => Buffer.from(body, 'base64'),
    'quoted-printable': () =>
      Buffer.from(
        body
          .replace(/=\r\n/g, '')
          .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      ),
  }[headers['content-transfer-encoding'] ?? ''];
  return { type: headers['content-type'] ?? '', content: (bytes?.().toString() ?? body).replaceAll('\r\n', '\n') };
}

function headersOf(head: string): Record<string, string> {
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    }),
  );
}
