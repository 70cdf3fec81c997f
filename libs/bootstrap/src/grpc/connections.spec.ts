import { EventEmitter } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { Connections } from './connections.ts';
import type { Socket } from 'node:net';

function aSocket(remotePort: number): Socket {
  return Object.assign(new EventEmitter(), { remoteAddress: '10.0.0.1', remotePort }) as unknown as Socket;
}

function aCall(port: number, service: string): { call: Parameters<Connections['callerOf']>[0]; read: () => number } {
  let reads = 0;
  const call = {
    getPeer: () => `10.0.0.1:${String(port)}`,
    getAuthContext: () => {
      reads++;
      return { sslPeerCertificate: { subjectaltname: `URI:spiffe://trent/service/${service}` } };
    },
  };
  return { call, read: () => reads };
}

describe('who calls on a connection', () => {
  test('is read from the certificate once', () => {
    const connections = new Connections('trent', ['service']);
    connections.add(aSocket(1));
    const { call, read } = aCall(1, 'policy');
    expect(connections.callerOf(call)).toMatchObject({ service: 'policy' });
    expect(connections.callerOf(call)).toMatchObject({ service: 'policy' });
    expect(read()).toBe(1);
  });

  test('is forgotten with the connection: the next one of the same port is somebody else', () => {
    const connections = new Connections('trent', ['service']);
    const socket = aSocket(1);
    connections.add(socket);
    expect(connections.callerOf(aCall(1, 'policy').call)).toMatchObject({ service: 'policy' });
    socket.emit('close');
    connections.add(aSocket(1));
    expect(connections.callerOf(aCall(1, 'gateway').call)).toMatchObject({ service: 'gateway' });
  });

  test('is never remembered while two connections share address and port', () => {
    const connections = new Connections('trent', ['service']);
    const second = aSocket(1);
    connections.add(aSocket(1));
    expect(connections.callerOf(aCall(1, 'policy').call)).toMatchObject({ service: 'policy' });
    connections.add(second);
    expect(connections.callerOf(aCall(1, 'gateway').call)).toMatchObject({ service: 'gateway' });
    expect(connections.callerOf(aCall(1, 'policy').call)).toMatchObject({ service: 'policy' });
    second.emit('close');
    expect(connections.size).toBe(1);
  });

  test('is nobody when its kind may not come here, or without a certificate', () => {
    const connections = new Connections('trent', ['account']);
    expect(connections.callerOf(aCall(1, 'policy').call)).toEqual({ kind: 'anonymous' });
    expect(connections.callerOf({ getPeer: () => 'x', getAuthContext: () => ({}) })).toEqual({ kind: 'anonymous' });
  });
});
